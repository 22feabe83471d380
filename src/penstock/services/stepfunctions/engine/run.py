"""An execution that goes on: its threads, what it recorded, and how it ends."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.clock import Timer
from penstock.base.errors import PenstockError
from penstock.base.telemetry import Trace
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.stepfunctions import store
from penstock.services.stepfunctions.asl.errors import DATA_LIMIT, RUNTIME, StateError
from penstock.services.stepfunctions.asl.model import Machine
from penstock.services.stepfunctions.engine import children, failure, flow
from penstock.services.stepfunctions.engine.states import CARRY_OUT
from penstock.services.stepfunctions.engine.thread import ABORTED, ENDED, ENTER, Thread
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.engine import Engine
    from penstock.services.stepfunctions.engine.logs import Log

log = logging.getLogger("penstock")

MAX_EVENTS = 25_000
MAX_BYTES = 262_144
_BURST = 200  # transitions until others on the loop have their turn
# What is recorded of a thread that others' failure ends.
_ABORTED = {kind: f"{kind}StateAborted" for kind in ("Map", "Parallel", "Task", "Wait")}
Ended = Callable[["Run"], None]


class Run:
    __slots__ = (
        "_ready",
        "_text",
        "account",
        "arn",
        "context",
        "document",
        "done",
        "durable",
        "ended",
        "engine",
        "events",
        "last",
        "log",
        "machine",
        "machine_arn",
        "map_run_arn",
        "next_thread",
        "number",
        "output",
        "recording",
        "region",
        "result",
        "started_at",
        "status",
        "stopped_at",
        "threads",
        "timer",
        "touched",
    )

    def __init__(self, engine: "Engine", number: int, arn: str, machine: Machine, document: Json, started_at: float):
        """`document`: what `executions.begin` puts together. Express executions keep no rows."""
        parsed = Arn.parse(arn)
        self.engine = engine
        self.number = number
        self.arn = arn
        self.region, self.account = parsed.region, parsed.account
        self.machine = machine
        self.machine_arn: str = document["machine"]
        self.document = document
        self.started_at = started_at
        self.durable = not document.get("express")
        self.log: Log | None = None
        self.recording = self.durable
        self.map_run_arn: str = document.get("mapRun", "")
        self.threads: dict[int, Thread] = {}
        self.next_thread = 1
        self.last = 0
        self.events: list[tuple[int, float, str, int, Json]] = []
        self.touched: dict[int, Thread] = {}
        self.status = "RUNNING"
        self.stopped_at = 0.0
        self.result: Json = {}
        self.output: Any = None
        self.ended: Ended | None = None
        self.timer: Timer | None = None
        self.done = False
        self._ready: deque[Callable[[], None]] = deque()
        self._text: tuple[Any, str] = (self, "")
        self.context = self._context(orjson.loads(document["input"]))

    def _context(self, given: Any) -> Json:
        execution = {
            "Id": self.arn,
            "Input": given,
            "Name": self.document["name"],
            "RoleArn": self.document["role"],
            "StartTime": iso(self.started_at),
            "RedriveCount": self.document.get("redrives", 0),
        }
        if "redrivenAt" in self.document:
            execution["RedriveTime"] = iso(self.document["redrivenAt"])
        machine = {"Id": self.machine_arn, "Name": self.machine_arn.rpartition(":")[2]}
        return {"Execution": execution, "StateMachine": machine}

    @property
    def input(self) -> Any:
        return self.context["Execution"]["Input"]

    # -- turns --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.watch()
        self.turn(self._start)

    def _start(self) -> None:
        thread = self.thread(self.machine, None, 0)
        thread.input = self.input
        details = {"input": self.document["input"], "inputDetails": {"truncated": False}}
        details["roleArn"] = self.document["role"]
        for name, key in (("stateMachineAliasArn", "alias"), ("stateMachineVersionArn", "version")):
            if self.document.get(key):
                details[name] = self.document[key]
        self.record(thread, "ExecutionStarted", details)
        thread.event = 0
        self.ready(flow.enter, thread)

    def watch(self) -> None:
        """The execution's own time limit."""
        limit = self.machine.timeout if self.machine.timeout else None
        if not self.durable:
            limit = min(limit or 300.0, 300.0)
        if limit is not None:
            since = self.document.get("redrivenAt", self.started_at)
            self.timer = self.engine.clock.call_at(since + limit, partial(self.turn, self.time_out))

    def turn(self, work: Callable[..., None], *arguments: Any) -> None:
        """Does `work` and all that can go on after it, and writes it; where nothing can be written, later again."""
        if self.done:
            return
        try:
            with self.engine.store.savepoint():
                work(*arguments)
                self._drain()
                self._flush()
        except PenstockError as error:
            log.error("%s: %s", self.arn, error)
            self.engine.postpone(self)

    def ready(self, step: Callable[[Thread], None], thread: Thread) -> None:
        """Has a step of a thread carried out in this turn, guarded."""
        self._ready.append(partial(self.guard, thread, step, thread))

    def guard(self, thread: Thread, step: Callable[..., None], *arguments: Any) -> None:
        """Carries out a step; an error in it is the state's."""
        try:
            step(*arguments)
        except StateError as error:
            self._fail(thread, error)
        except PenstockError:
            raise
        except Exception as error:
            log.exception("%s failed in the state %s", self.arn, thread.name)
            self._fail(thread, StateError(RUNTIME, f"{type(error).__name__}: {error}"))

    def _fail(self, thread: Thread, error: StateError) -> None:
        """The state's handlers may themselves fail; then nothing of this state is tried any more."""
        if self.done or thread.phase in ENDED:
            return
        try:
            failure.handle(thread, error)
        except StateError as second:
            failure.propagate(thread, failure.told(thread, second))

    def _drain(self) -> None:
        budget = _BURST
        while self._ready and not self.done:
            if budget == 0:
                self.engine.kernel.spawn(self._go_on(), f"stepfunctions: {self.arn}")
                return
            self._ready.popleft()()
            budget -= 1

    async def _go_on(self) -> None:
        with self.engine.clock.work():
            await asyncio.sleep(0)
            self.turn(lambda: None)

    # -- threads ------------------------------------------------------------------------------------------

    def thread(self, machine: Machine, parent: Thread | None, index: int) -> Thread:
        thread = Thread(self, self.next_thread, machine, parent, index)
        self.next_thread += 1
        self.threads[thread.id] = thread
        if parent is not None:
            parent.children[index] = thread
            parent.open += 1
            thread.event = parent.event
        self.touched[thread.id] = thread
        return thread

    def touch(self, thread: Thread) -> None:
        self.touched[thread.id] = thread

    def carry_out(self, thread: Thread) -> None:
        CARRY_OUT[thread.state.type](thread)

    def branch_ended(self, thread: Thread) -> None:
        children.ended(thread)

    def drop_children(self, thread: Thread) -> None:
        for child in thread.children.values():
            self.drop_children(child)
            child.rest()
            del self.threads[child.id]
            self.touched.pop(child.id, None)
            if child.stored:
                self.engine.store.run(store.DROP_THREAD, self.number, child.id)
        thread.children, thread.open = {}, 0

    def abort(self, thread: Thread) -> None:
        """Ends a thread and all below it, because something around it has ended."""
        for child in thread.children.values():
            self.abort(child)
        if thread.phase in ENDED:
            return
        thread.rest()
        self.engine.tasks.abandon(thread)
        self.engine.maps.abandon(thread)
        kind = _ABORTED.get(thread.state.type)
        if kind is not None and thread.parent is not None and thread.phase != ENTER:
            self.record(thread, kind)
        thread.phase = ABORTED
        self.touch(thread)

    # -- history ------------------------------------------------------------------------------------------

    def record(self, thread: Thread, kind: str, details: Json | None = None) -> None:
        """Adds an event behind the thread's last. Raises StateError where there are too many."""
        self.last += 1
        if self.recording:
            self.events.append((self.last, self.engine.clock.now(), kind, thread.event, details or {}))
            if self.last == MAX_EVENTS:
                cause = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
                raise StateError(RUNTIME, cause)
        thread.event = self.last

    def text(self, value: Any, what: str = "") -> str:
        """JSON text of what goes from state to state. Raises StateError where it is too large."""
        if value is self._text[0]:
            return self._text[1]
        raw = orjson.dumps(value)
        if len(raw) > MAX_BYTES:
            cause = (
                f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service "
                "limit."
            )
            raise StateError(DATA_LIMIT, cause)
        text = raw.decode()
        self._text = (value, text)
        return text

    def _flush(self) -> None:
        if self.log is not None and self.events:
            self.log.write(self, self.events)
        if not self.durable:
            self.events.clear()
            self.touched.clear()
            return
        db = self.engine.store
        if self.document.get("history", True) and self.events:
            first, last = self.events[0][0], self.events[-1][0]
            db.run(store.INSERT_EVENTS, self.number, first, last, orjson.dumps(self.events).decode())
        self.events.clear()
        if self.status == "SUCCEEDED":
            if any(thread.stored for thread in self.threads.values()):
                db.run(store.DROP_THREADS, self.number)
        elif self.touched:
            db.many(store.PUT_THREAD, [(self.number, t.id, t.document().decode()) for t in self.touched.values()])
            for thread in self.touched.values():
                thread.stored = True
        self.touched.clear()

    # -- the end ------------------------------------------------------------------------------------------

    def succeed(self, thread: Thread, output: Any) -> None:
        self.output = output
        text = self.text(output)
        self.record(thread, "ExecutionSucceeded", {"output": text, "outputDetails": {"truncated": False}})
        self._end("SUCCEEDED", {"output": text})

    def fail(self, thread: Thread, error: StateError) -> None:
        result = _told(error.error or None, error.cause or None)
        self._end_recorded(thread, "ExecutionFailed", result)
        self._end("FAILED", result)

    def stop(self, error: str | None, cause: str | None) -> None:
        result = _told(error, cause)
        self._abort_all("ExecutionAborted", result)
        self._end("ABORTED", result)

    def time_out(self) -> None:
        self._abort_all("ExecutionTimedOut", {})
        self._end("TIMED_OUT", {})

    def _abort_all(self, kind: str, details: Json) -> None:
        root = self.threads[1]
        self.abort(root)
        root.event = 0
        self._end_recorded(root, kind, details)

    def _end_recorded(self, thread: Thread, kind: str, details: Json) -> None:
        self.last = min(self.last, MAX_EVENTS - 2)
        self.record(thread, kind, details)

    def _end(self, status: str, result: Json) -> None:
        self.status, self.result, self.done = status, result, True
        self.stopped_at = self.engine.clock.now()
        for thread in self.threads.values():
            thread.rest()
        if self.timer is not None:
            self.timer.cancel()
        self._ready.clear()
        self.engine.ended(self)

    # -- who acts -----------------------------------------------------------------------------------------

    def caller(self, role: str = "") -> Context:
        """The execution's role, calling."""
        principal: Principal = self.engine.sessions.principal(
            role or self.document["role"], self.context["StateMachine"]["Name"]
        )
        trace = Trace.parse(self.document.get("trace", ""))
        return Context(self.engine.kernel, self.account, self.region, principal, trace, ids.uuid())


def _told(error: str | None, cause: str | None) -> Json:
    return {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}

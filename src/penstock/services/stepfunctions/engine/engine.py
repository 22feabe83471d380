"""The engine: every execution that goes on, begun, ended, and taken up after a restart."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from penstock.base.clock import Clock
from penstock.base.signals import Signals
from penstock.base.store import Row, Store
from penstock.call import Context, Kernel
from penstock.compute.sessions import RoleSessions
from penstock.services.stepfunctions import metrics, notices, store
from penstock.services.stepfunctions.asl.parse import machine_of
from penstock.services.stepfunctions.engine import failure, flow, states
from penstock.services.stepfunctions.engine.logs import Log
from penstock.services.stepfunctions.engine.maps import Maps
from penstock.services.stepfunctions.engine.run import Run
from penstock.services.stepfunctions.engine.tasks import Tasks
from penstock.services.stepfunctions.engine.thread import (
    ABORTED,
    ACTIVITY,
    CALL,
    CHILDREN,
    DONE,
    ENTER,
    FAILED,
    JOB,
    MAP_RUN,
    RETRY,
    RUN,
    TOKEN,
    WAIT,
    Thread,
)
from penstock.services.stepfunctions.machine import Revision
from penstock.wire.model import Json

_PAUSE = 60.0  # seconds until an execution is taken up that a full disk stopped


class Engine:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.store: Store = kernel.store
        self.clock: Clock = kernel.clock
        self.signals: Signals = kernel.signals
        self.sessions = RoleSessions(kernel)
        self.tasks = Tasks(self)
        self.maps = Maps(self)
        self.runs: dict[str, Run] = {}  # those that go on
        self.revisions: dict[tuple[str, str], Revision] = {}
        self.machines: dict[str, Json] = {}  # documents of state machines, by ARN
        last = kernel.store.one(store.LAST_NUMBER)
        self._numbers = itertools.count(((last and last[0]) or 0) + 1)

    @staticmethod
    def json(value: Any) -> str:
        return orjson.dumps(value).decode()

    def revision(self, machine_arn: str, revision_id: str) -> Revision:
        """What a state machine was at a revision."""
        key = (machine_arn, revision_id)
        if key not in self.revisions:
            document = store.DOCUMENTS.get(self.store, machine_arn, "revision", revision_id)
            assert document is not None  # revisions stay as long as executions may need them
            self.revisions[key] = Revision.of(document)
        return self.revisions[key]

    # -- beginning ----------------------------------------------------------------------------------------

    def run(self, number: int, arn: str, document: Json, started_at: float) -> Run:
        """A run of a state machine's revision, or of a distributed map's processor inside it."""
        revision = self.revision(document["machine"], document["revision"])
        machine = machine_of(revision.definition)
        if "processor" in document:
            machine = self.maps.processor(machine, document["processor"])
        run = Run(self, number, arn, machine, document, started_at)
        if revision.logging and "mapRun" not in document:
            run.log = Log.of(run, revision.logging)
            run.recording = run.recording or run.log is not None
        self.runs[arn] = run
        metrics.started(run)
        return run

    def start(self, arn: str, document: Json) -> Run:
        """Stores a standard execution and begins it once that is durable."""
        now = self.clock.now()
        run = self.run(next(self._numbers), arn, document, now)
        labelled = document.get("labelled", run.machine_arn)
        row = (run.number, arn, labelled, now, run.map_run_arn or None, self.json(document))
        self.store.run(store.INSERT_EXECUTION, *row)
        self.store.after_rollback(lambda: self.runs.pop(arn, None))
        if not run.map_run_arn:
            notices.status_changed(run)
        self.store.after_commit(run.begin)
        return run

    def start_express(self, arn: str, document: Json, ended: Callable[[Run], None] | None = None) -> Run:
        """An express execution in memory; its caller begins it."""
        run = self.run(0, arn, document, self.clock.now())
        run.ended = ended
        return run

    def start_later(self, arn: str, document: Json) -> Run:
        """An asynchronous express execution: its row stays until it has ended, so that it runs at least once."""
        run = self.start_express(arn, document)
        self.store.run(store.INSERT_EXPRESS, arn, run.started_at, self.json(document))
        self.store.after_rollback(lambda: self.runs.pop(arn, None))
        run.ended = partial(self._drop_express, arn)
        self.store.after_commit(run.begin)
        return run

    # -- ending -------------------------------------------------------------------------------------------

    def ended(self, run: Run) -> None:
        """Inside the turn in which it ended."""
        self.runs.pop(run.arn, None)
        metrics.ended(run)
        if run.durable:
            self.store.run(store.END_EXECUTION, run.status, run.stopped_at, self.json(run.result), run.number)
            if not run.map_run_arn:
                notices.status_changed(run)
            self.store.after_commit(partial(self.signals.notify, ("states", run.arn)))
        if run.map_run_arn:
            self.store.after_commit(partial(self.maps.child_ended, run))
        if run.ended is not None:
            run.ended(run)

    # -- after a restart ----------------------------------------------------------------------------------

    def resume(self) -> None:
        """Takes up every execution where it was."""
        for row in self.store.all(store.RUNNING):
            self.restore(row)
        for arn, started_at, document in self.store.all(store.EXPRESS):
            run = self.run(0, arn, orjson.loads(document), started_at)
            run.started_at = self.clock.now()
            run.ended = partial(self._drop_express, arn)
            run.begin()

    def _drop_express(self, arn: str, run: Run) -> None:
        self.store.run(store.DROP_EXPRESS, arn)

    def postpone(self, run: Run) -> None:
        """Memory is ahead of the rows: it is given up, and made from the rows again."""
        run.done = True
        for thread in run.threads.values():
            thread.rest()
        self.runs.pop(run.arn, None)
        if run.durable:
            self.clock.call_at(self.clock.now() + _PAUSE, partial(self._reload, run.arn))

    def _reload(self, arn: str, redrive: bool = False) -> None:
        row = self.store.one(store.EXECUTION, arn)
        if row is not None and row[3] == "RUNNING":
            self.restore(row, redrive)

    def restore(self, row: Row, redrive: bool = False) -> Run:
        """An execution as its rows say."""
        number, arn, _, _, started_at, _, _, document, _ = row
        run = self.run(number, arn, orjson.loads(document), started_at)
        run.last = (self.store.one(store.LAST_EVENT, number) or (0,))[0] or 0
        _threads(run, self.store.all(store.THREADS, number))
        if not run.threads:
            run.begin()
            return run
        run.watch()
        run.turn(self._redrive if redrive else self._take_up, run)
        return run

    def reopen(self, row: Row, token: str = "") -> float:
        """Has an execution that has failed go on where it failed; the time of the redrive."""
        now, document = self.clock.now(), orjson.loads(row[7])
        document |= {"redrives": document.get("redrives", 0) + 1, "redrivenAt": now, "redriveToken": token}
        self.store.run(store.REOPEN_EXECUTION, self.json(document), row[0])
        self.store.after_commit(partial(self._reload, row[1], True))
        return now

    def _take_up(self, run: Run) -> None:
        for thread in list(run.threads.values()):
            if (resume := _RESUME.get(thread.phase)) is not None:
                run.guard(thread, resume, thread)

    def _redrive(self, run: Run) -> None:
        """What did not succeed begins its state anew, with all its retries. Finished branches stay finished."""
        root = run.threads[1]
        root.event = 0
        run.record(root, "ExecutionRedriven", {"redriveCount": run.document["redrives"]})
        for thread in list(run.threads.values()):
            thread.retries, thread.token, thread.worker, thread.job = [0] * len(thread.state.retry), "", "", None
            if thread.phase == DONE:
                continue
            run.touch(thread)
            if thread.children:
                thread.phase = CHILDREN
            elif thread.map_run and thread.phase in (FAILED, ABORTED):
                thread.phase = MAP_RUN
                run.ready(self.maps.redrive, thread)
            else:
                thread.phase = RUN
                run.ready(run.carry_out, thread)


def _threads(run: Run, rows: list[Row]) -> None:
    """The tree of threads, from their rows."""
    documents = {id: orjson.loads(document) for id, document in rows}
    for id, document in sorted(documents.items()):
        parent = run.threads.get(document["parent_id"])
        machine = parent.branch(document["index"]) if parent else run.machine
        thread = Thread(run, id, machine, parent, document["index"])
        thread.restore(document)
        run.threads[id] = thread
        if parent is not None:
            parent.children[thread.index] = thread
            parent.open += thread.phase != DONE
    run.next_thread = max(documents, default=0) + 1


def _call_on_tasks(thread: Thread) -> None:
    thread.run.engine.tasks.resume(thread)


def _call_on_maps(thread: Thread) -> None:
    thread.run.engine.maps.resume(thread)


_RESUME: dict[str, Callable[[Thread], None]] = {
    ENTER: lambda thread: thread.run.ready(flow.enter, thread),
    RUN: lambda thread: thread.run.ready(thread.run.carry_out, thread),
    WAIT: states.arm_wait,
    RETRY: failure.arm,
    CALL: _call_on_tasks,
    JOB: _call_on_tasks,
    TOKEN: _call_on_tasks,
    ACTIVITY: _call_on_tasks,
    MAP_RUN: _call_on_maps,
}


def engine(ctx: Context) -> Engine:
    found: Engine = ctx.state("stepfunctions")
    return found

"""A thread: one line of states in an execution, the execution's own or a branch's or an iteration's."""

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from penstock.base.clock import Timer
from penstock.services.stepfunctions.asl.model import Machine, Map, Parallel, State
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.run import Run

# Where a thread can stand.
ENTER = "enter"  # before its state
RUN = "run"  # its state is to be (or is being) carried out
WAIT = "wait"  # until `wake`
RETRY = "retry"  # until `wake`, then the state again
CALL = "call"  # an operation is under way; it is called again after a restart
JOB = "job"  # a job was submitted (.sync), described by `job`
TOKEN = "token"  # somebody has the task token
MAP_RUN = "map_run"  # a distributed map's child executions go on
ACTIVITY = "activity"  # in an activity's queue, or with a worker
CHILDREN = "children"  # branches or iterations go on
DONE = "done"
FAILED = "failed"
ABORTED = "aborted"
ENDED = frozenset({DONE, FAILED, ABORTED})

_STORED = (
    "parent_id",
    "index",
    "name",
    "input",
    "variables",
    "phase",
    "event",
    "entered_event",
    "entered_at",
    "retries",
    "wake",
    "token",
    "deadline",
    "heartbeat",
    "beat_at",
    "job",
    "item",
    "items",
    "concurrency",
    "output",
    "map_run",
    "worker",
)


class Thread:
    __slots__ = (
        *_STORED,
        "children",
        "id",
        "machine",
        "open",
        "parent",
        "run",
        "stored",
        "task",
        "timers",
        "turn",
    )

    def __init__(self, run: "Run", id: int, machine: Machine, parent: "Thread | None", index: int) -> None:
        self.run = run
        self.id = id
        self.machine = machine
        self.parent = parent
        self.parent_id = parent.id if parent else 0
        self.index = index
        self.name = machine.start
        self.input: Any = None
        self.variables: Json = parent.variables if parent else {}
        self.phase = ENTER
        self.event = 0  # the history event that the next one follows
        self.entered_event = 0
        self.entered_at = 0.0
        self.retries: list[int] = []
        self.wake = 0.0
        self.token = ""
        self.deadline = 0.0  # 0: none
        self.heartbeat = 0.0  # seconds
        self.beat_at = 0.0
        self.job: Json | None = None
        self.item: list[Any] | None = None  # of a map's iteration: [index, value]
        self.items: list[Any] | None = None  # of a map: the inputs of its iterations
        self.concurrency = 0
        self.output: Any = None
        self.map_run = ""
        self.children: dict[int, Thread] = {}
        self.open = 0  # children that have not come to their end
        self.timers: list[Timer] = []
        self.task: asyncio.Task[Any] | None = None  # who watches its job
        self.turn = 0  # counts what it has waited for: an answer to an earlier wait is not heard
        self.stored = False
        self.worker = ""

    @property
    def state(self) -> State:
        return self.machine.states[self.name]

    @property
    def retry_count(self) -> int:
        return sum(self.retries)

    def scope(self) -> Scope:
        return Scope(self.input, self.variables, self.context, self.run.engine.clock.now())

    def context(self) -> Json:
        """The context object. Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
        state = {"EnteredTime": iso(self.entered_at), "Name": self.name, "RetryCount": self.retry_count}
        context = {**self.run.context, "State": state}
        if self.token:
            context["Task"] = {"Token": self.token}
        holder: Thread | None = self
        while holder is not None and holder.item is None:
            holder = holder.parent
        if holder is not None and holder.item is not None:
            context["Map"] = {"Item": {"Index": holder.item[0], "Value": holder.item[1]}}
        return context

    def rest(self) -> None:
        """Ends every wait: timers and calls of before are not heard any more. Calls are not cut short, as on AWS."""
        self.turn += 1
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def branch(self, index: int) -> Machine:
        """The machine of a child."""
        state = self.state
        if isinstance(state, Parallel):
            return state.branches[index]
        assert isinstance(state, Map)
        return state.processor

    # -- the row ----------------------------------------------------------------------------------------

    def document(self) -> bytes:
        return orjson.dumps({name: getattr(self, name) for name in _STORED})

    def restore(self, document: Json) -> None:
        for name, value in document.items():
            setattr(self, name, value)
        self.stored = True

"""Distributed maps: their iterations are executions of their own, gathered in a map run.

The rows of the child executions say how far a map run is; memory only counts them.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.store import Row
from penstock.services.stepfunctions import store
from penstock.services.stepfunctions.asl.errors import THRESHOLD, StateError
from penstock.services.stepfunctions.asl.model import Machine, Map, Parallel
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.engine import flow
from penstock.services.stepfunctions.engine.batches import batches, percentage
from penstock.services.stepfunctions.engine.children import array, item_input, succeeded, whole
from penstock.services.stepfunctions.engine.thread import MAP_RUN, Thread
from penstock.services.stepfunctions.integrations import items, results
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.engine import Engine
    from penstock.services.stepfunctions.engine.run import Run

MAX_CONCURRENCY = 1000


class Gathering:
    """How far a map run is."""

    def __init__(self, thread: Thread, document: Json) -> None:
        self.thread = thread
        self.document = document
        self.begun = 0  # children, in the order of the items
        self.running = 0
        self.failed = 0  # items

    @property
    def through(self) -> bool:
        return self.running == 0 and self.begun == len(self.thread.items or ())

    @property
    def exceeded(self) -> bool:
        """More items have failed than are tolerated."""
        total = max(self.document["items"], 1)
        count, percentage = self.document["toleratedFailureCount"], self.document["toleratedFailurePercentage"]
        if not self.failed:
            return False
        over = [self.failed > count] if count else []
        over += [self.failed * 100 / total > percentage] if percentage else []
        return any(over) if over else True


class Maps:
    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.going: dict[str, Gathering] = {}  # by map run

    @staticmethod
    def processor(machine: Machine, state: str) -> Machine:
        """The processor of the map of this name, wherever in the machine it is."""
        return next(found.processor for found in _maps(machine) if found.name == state)

    # -- beginning ----------------------------------------------------------------------------------------

    def start(self, thread: Thread, scope: Scope) -> None:
        """Begins at once where the items are in the input, else when they have been read."""
        state = thread.state
        assert isinstance(state, Map)
        thread.phase, thread.items, thread.map_run = MAP_RUN, None, ""
        thread.run.touch(thread)
        if state.reader is None:
            found = array(state.items(scope), state, thread)
            self._open(thread, scope, len(found))
            self._begin(thread, found)
        else:
            self._open(thread, scope, 0)
            self._later(thread, self._read(thread, thread.turn))

    def _open(self, thread: Thread, scope: Scope, length: int) -> None:
        """Makes the map run; how many items a reader finds is added when they have been read."""
        run, state = thread.run, thread.state
        assert isinstance(state, Map)
        run.record(thread, "MapStateStarted", {"length": length})
        name = run.machine_arn.rpartition(":")[2].partition("/")[0]
        thread.map_run = arn("states", run.region, run.account, f"mapRun:{name}/{state.label}:{ids.uuid()}")
        document = {
            "arn": thread.map_run,
            "execution": run.arn,
            "label": state.label,
            "status": "RUNNING",
            "startDate": self._engine.clock.now(),
            "maxConcurrency": whole(state.concurrency, scope, "MaxConcurrency"),
            "toleratedFailureCount": whole(state.tolerance.most, scope, "ToleratedFailureCount"),
            "toleratedFailurePercentage": percentage(state, scope),
            "items": length,
            "sizes": [],
            "redriveCount": 0,
        }
        run.record(thread, "MapRunStarted", {"mapRunArn": thread.map_run})
        gathering = self.going[thread.map_run] = Gathering(thread, document)
        self._put(gathering)

    def _later(self, thread: Thread, work: Coroutine[Any, Any, None]) -> None:
        """Work that waits begins when the turn is durable."""
        name = f"stepfunctions: {thread.run.arn} {thread.name}"

        def settled(error: Exception | None) -> None:
            if error is None:
                self._engine.kernel.spawn(work, name)
            else:
                work.close()

        self._engine.store.when_settled(settled)

    async def _read(self, thread: Thread, turn: int) -> None:
        state, scope = thread.state, thread.scope()
        assert isinstance(state, Map) and state.reader is not None
        reader = state.reader
        with self._engine.clock.work():
            try:
                state.prepare(scope)
                most = whole(reader.most, scope, "MaxItems") if reader.most else None
                arguments = reader.arguments(scope)
                found: Any = await items.read(
                    thread.run.caller(), reader.resource, dict(reader.config), arguments, most
                )
            except StateError as error:
                found = error
            self._go_on(thread, turn, self._was_read, found)

    def _go_on(self, thread: Thread, turn: int, step: Callable[..., None], *arguments: Any) -> None:
        if thread.turn == turn:
            thread.run.turn(thread.run.guard, thread, step, thread, *arguments)

    def _was_read(self, thread: Thread, found: Any) -> None:
        if isinstance(found, StateError):
            self._failed(thread, found)
        self._begin(thread, found)

    def _begin(self, thread: Thread, found: list[Any]) -> None:
        state, scope = thread.state, thread.scope()
        assert isinstance(state, Map)
        thread.items = found
        try:
            state.prepare(scope)
            made = batches([item_input(thread, index) for index in range(len(found))], state, scope)
        except StateError as error:
            self._failed(thread, error)
        thread.items = [batch for batch, _ in made]
        thread.run.touch(thread)
        gathering = self.going[thread.map_run]
        gathering.document |= {"items": len(found), "sizes": [size for _, size in made] if state.batcher else []}
        self._put(gathering)
        self._progress(gathering)

    def _put(self, gathering: Gathering) -> None:
        document = gathering.document
        DOCUMENTS.put(self._engine.store, document["execution"], "maprun", document["arn"], document)

    # -- going on -----------------------------------------------------------------------------------------

    def _progress(self, gathering: Gathering) -> None:
        """Starts children, or ends the map run."""
        if gathering.thread.items is None:  # they are still being read
            return
        thread, most = gathering.thread, gathering.document["maxConcurrency"] or MAX_CONCURRENCY
        if gathering.exceeded:
            self._failed(thread, StateError(THRESHOLD, "The specified tolerated failure threshold was exceeded"))
        while gathering.running < most and gathering.begun < len(thread.items or ()):
            self._child(gathering, gathering.begun)
        if gathering.through:
            self._through(gathering)

    def _child(self, gathering: Gathering, index: int) -> None:
        thread, run = gathering.thread, gathering.thread.run
        state = thread.state
        assert isinstance(state, Map) and thread.items is not None
        name = ids.uuid()
        machine = run.document["machine"].rpartition(":")[2]
        sizes = gathering.document["sizes"]
        document = {
            "machine": run.document["machine"],
            "labelled": f"{run.document['machine']}/{state.label}",
            "revision": run.document["revision"],
            "role": run.document["role"],
            "name": name,
            "input": run.engine.json(thread.items[index]),
            "mapRun": thread.map_run,
            "processor": thread.name,
            "history": not state.express,
            "index": index,
            "count": sizes[index] if sizes else 1,
        }
        gathering.begun += 1
        gathering.running += 1
        self._engine.start(
            arn("states", run.region, run.account, f"execution:{machine}/{state.label}:{name}"), document
        )

    def child_ended(self, child: "Run") -> None:
        gathering = self.going.get(child.map_run_arn)
        if gathering is None or gathering.thread.run.done:
            return
        gathering.running -= 1
        if child.status != "SUCCEEDED":
            gathering.failed += child.document["count"]
        self._go_on(gathering.thread, gathering.thread.turn, lambda thread: self._progress(gathering))

    # -- ending -------------------------------------------------------------------------------------------

    def _through(self, gathering: Gathering) -> None:
        thread = gathering.thread
        rows = self._engine.store.all(store.CHILDREN, thread.map_run)
        found = sorted((_told(row) for row in rows), key=lambda one: one["index"])
        state = thread.state
        assert isinstance(state, Map)
        children = [one["result"] for one in found]
        if state.writer is not None and state.writer.resource:
            self._later(thread, self._write(gathering, thread.turn, children))
        elif state.writer is not None:
            self._succeeded(thread, results.state_output(children, state.writer.config))
        else:
            self._succeeded(thread, [orjson.loads(one["output"]) for one in found if one["output"] is not None])

    async def _write(self, gathering: Gathering, turn: int, children: list[Json]) -> None:
        thread = gathering.thread
        state, scope = thread.state, thread.scope()
        assert isinstance(state, Map) and state.writer is not None
        writer = state.writer
        with self._engine.clock.work():
            try:
                state.prepare(scope)
                written: Any = await results.write(
                    thread.run.caller(), thread.map_run, writer.config, writer.arguments(scope), children
                )
            except StateError as error:
                written = error
            self._go_on(thread, turn, self._written, written)

    def _written(self, thread: Thread, written: Any) -> None:
        if isinstance(written, StateError):
            self._failed(thread, written)
        self.going[thread.map_run].document["written"] = True
        self._succeeded(thread, written)

    def _failed(self, thread: Thread, error: StateError) -> NoReturn:
        """Ends the map run and fails the state."""
        self._ended(thread, "FAILED", error)
        thread.run.record(thread, "MapStateFailed")
        raise error

    def _succeeded(self, thread: Thread, result: Any) -> None:
        self._ended(thread, "SUCCEEDED")
        succeeded(thread)
        thread.items, thread.map_run = None, ""
        scope = thread.scope()
        scope.result = result
        thread.rest()
        flow.leave_normally(thread, scope, result)

    def _ended(self, thread: Thread, status: str, error: StateError | None = None) -> None:
        gathering = self.going.pop(thread.map_run)
        gathering.document |= {"status": status, "stopDate": self._engine.clock.now()}
        self._put(gathering)
        if gathering.running:
            self._stop_children(thread)
        kind = {"SUCCEEDED": "MapRunSucceeded", "FAILED": "MapRunFailed", "ABORTED": "MapRunAborted"}[status]
        details = {"error": error.error, "cause": error.cause} if error else {}
        thread.run.record(thread, kind, details)

    def _stop_children(self, thread: Thread) -> None:
        going = [run for run in self._engine.runs.values() if run.map_run_arn == thread.map_run]

        def stop() -> None:
            for run in going:
                run.turn(run.stop, None, None)

        if going:
            self._engine.store.after_commit(stop)

    def abandon(self, thread: Thread) -> None:
        """Something around the map has ended."""
        if thread.phase == MAP_RUN and thread.map_run in self.going:
            self._ended(thread, "ABORTED")

    def wake(self, gathering: Gathering) -> None:
        """Its limits have changed."""
        self._go_on(gathering.thread, gathering.thread.turn, lambda thread: self._progress(gathering))

    # -- after a restart, or when redriven ----------------------------------------------------------------

    def resume(self, thread: Thread) -> None:
        if not thread.map_run:
            thread.run.ready(thread.run.carry_out, thread)
            return
        gathering = self._gathered(thread)
        if thread.items is None:
            self._later(thread, self._read(thread, thread.turn))
        else:
            self._progress(gathering)

    def _gathered(self, thread: Thread) -> Gathering:
        document = DOCUMENTS.get(self._engine.store, thread.run.arn, "maprun", thread.map_run)
        assert document is not None
        gathering = self.going[thread.map_run] = Gathering(thread, document)
        for row in self._engine.store.all(store.CHILDREN, thread.map_run):
            child = orjson.loads(row[7])
            gathering.begun += 1
            if row[3] == "RUNNING":
                gathering.running += 1
            elif row[3] != "SUCCEEDED":
                gathering.failed += child["count"]
        return gathering

    def redrive(self, thread: Thread) -> None:
        """The children that did not succeed go on; those that were never started begin."""
        if thread.items is None:
            thread.run.carry_out(thread)
            return
        gathering = self._gathered(thread)
        gathering.failed = 0
        gathering.document |= {"status": "RUNNING", "redriveCount": gathering.document["redriveCount"] + 1}
        gathering.document["redriveDate"] = self._engine.clock.now()
        gathering.document.pop("stopDate", None)
        self._put(gathering)
        details = {"mapRunArn": thread.map_run, "redriveCount": gathering.document["redriveCount"]}
        thread.run.record(thread, "MapRunRedriven", details)
        for row in self._engine.store.all(store.CHILDREN, thread.map_run):
            if row[3] not in ("RUNNING", "SUCCEEDED"):
                gathering.running += 1
                self._engine.reopen(row)
        self._progress(gathering)


def _maps(machine: Machine) -> Iterator[Map]:
    for state in machine.states.values():
        if isinstance(state, Map):
            yield state
            yield from _maps(state.processor)
        elif isinstance(state, Parallel):
            for branch in state.branches:
                yield from _maps(branch)


def _told(row: Row) -> Json:
    """A child, as results show it."""
    document, result = orjson.loads(row[7]), orjson.loads(row[8])
    told = {
        "ExecutionArn": row[1],
        "Input": document["input"],
        "InputDetails": {"Included": True},
        "Name": document["name"],
        "StartDate": iso(row[4]),
        "StateMachineArn": row[2],
        "Status": row[3],
        "StopDate": iso(row[5] or row[4]),
        **{name.capitalize(): value for name, value in result.items()},
    }
    if "output" in result:
        told["OutputDetails"] = {"Included": True}
    return {"index": document["index"], "output": result.get("output"), "result": told}

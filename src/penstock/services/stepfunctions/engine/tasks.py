"""Task states: calls, jobs, task tokens and activities, with their time-outs and heartbeats."""

import base64
import binascii
from collections import defaultdict, deque
from collections.abc import AsyncIterable, Awaitable, Coroutine
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.services.stepfunctions.asl.errors import HEARTBEAT_TIMEOUT, RUNTIME, TIMEOUT, StateError, evaluation
from penstock.services.stepfunctions.asl.model import Task
from penstock.services.stepfunctions.asl.scope import Expression, Scope
from penstock.services.stepfunctions.engine import flow
from penstock.services.stepfunctions.engine.thread import ACTIVITY, CALL, ENDED, JOB, TOKEN, Thread
from penstock.services.stepfunctions.integrations import calls, http_tasks, items, jobs, resource
from penstock.services.stepfunctions.integrations.resource import Target
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.engine import Engine

# Calls that may last until time has passed: `advance` must not wait for them.
_ENDED_BY_TIME = frozenset({"GetActivityTask", "ReceiveMessage", "StartSyncExecution"})


class Tasks:
    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        # By activity: threads in the order in which they came, with the turn in which they did.
        self.waiting: defaultdict[str, deque[tuple[Thread, int]]] = defaultdict(deque)

    # -- beginning ----------------------------------------------------------------------------------------

    def start(self, thread: Thread, again: bool = False) -> None:
        """Carries a Task state out; `again` after a restart, when its events were recorded before."""
        state = thread.state
        assert isinstance(state, Task)
        target = resource.parse(state.resource)
        if target.kind == "activity" and not self._exists(target.arn):
            raise evaluation(RUNTIME, f"The activity {target.arn} does not exist.")
        if target.pattern == resource.TOKEN and not again:
            thread.token = new_token(thread)
        scope = thread.scope()
        parameters = state.prepare(scope)
        text = thread.run.text(parameters, state.resource)
        if not again:
            self._limits(thread, state, scope)
            self._scheduled(thread, target, text, scope)
        thread.phase = ACTIVITY if target.kind == "activity" else CALL
        thread.run.touch(thread)
        self.arm(thread)
        if target.kind == "activity":
            self._offer(thread, target.arn)
        else:
            self._call(thread, target, parameters, self._role(state, scope))

    def _limits(self, thread: Thread, state: Task, scope: Scope) -> None:
        now = self._engine.clock.now()
        timeout = _seconds(state.timeout, scope, "TimeoutSeconds")
        thread.deadline = now + timeout if timeout else 0.0
        thread.heartbeat = _seconds(state.heartbeat, scope, "HeartbeatSeconds")
        thread.beat_at = now + thread.heartbeat

    def _role(self, state: Task, scope: Scope) -> str:
        return str(state.role(scope).get("RoleArn", "")) if state.role else ""

    def _scheduled(self, thread: Thread, target: Target, text: str, scope: Scope) -> None:
        run, state = thread.run, thread.state
        assert isinstance(state, Task)
        limits: Json = {}
        if thread.deadline:
            limits["timeoutInSeconds"] = _seconds(state.timeout, scope, "TimeoutSeconds")
        if thread.heartbeat:
            limits["heartbeatInSeconds"] = thread.heartbeat
        if role := self._role(state, scope):
            limits["taskCredentials"] = {"roleArn": role}
        if target.kind in ("function", "activity"):
            details = {"resource": target.arn, "input": text, "inputDetails": flow.NOT_TRUNCATED, **limits}
            run.record(thread, _EVENTS[target.kind]["scheduled"], details)
            if target.kind == "function":
                run.record(thread, "LambdaFunctionStarted")
            return
        run.record(thread, "TaskScheduled", {**_named(target), "region": run.region, "parameters": text, **limits})
        run.record(thread, "TaskStarted", _named(target))

    def _call(self, thread: Thread, target: Target, parameters: Any, role: str) -> None:
        run = thread.run
        if target.kind == "http":
            self._await(thread, target, {}, http_tasks.call(run.caller(role), target, parameters))
            return
        request = calls.request_of(run.engine.kernel, target, parameters, [run.arn, run.machine_arn])
        try:
            result = run.engine.kernel.enter(run.caller(role), target.service, target.operation, request)
        except AwsError as error:
            self._failed(thread, target, calls.failure_of(self._engine.kernel, target, error), submitting=True)
            return
        if isinstance(result, dict) and not _streamed(result):
            self._answered(thread, target, request, result)
        else:
            result = _collected(result) if isinstance(result, dict) else result
            self._await(thread, target, request, result)

    def _await(self, thread: Thread, target: Target, request: Json, waiting: Awaitable[Json]) -> None:
        """A call that waits begins when the turn is durable; where that is undone it never begins."""
        turn = thread.turn
        coroutine = cast(Coroutine[Any, Any, Json], waiting)

        def settled(error: Exception | None) -> None:
            if error is None:
                name = f"stepfunctions: {thread.run.arn} {thread.name}"
                self._engine.kernel.spawn(self._finish(thread, turn, target, request, coroutine), name)
            else:
                coroutine.close()

        self._engine.store.when_settled(settled)

    async def _finish(
        self, thread: Thread, turn: int, target: Target, request: Json, waiting: Coroutine[Any, Any, Json]
    ) -> None:
        with nullcontext() if target.operation in _ENDED_BY_TIME else self._engine.clock.work():
            try:
                answer = await waiting
                result: Json | StateError = await _collected(answer) if _streamed(answer) else answer
            except AwsError as error:
                result = calls.failure_of(self._engine.kernel, target, error)
            except StateError as error:
                result = error
            if thread.turn == turn:
                thread.run.turn(thread.run.guard, thread, self._heard, thread, target, request, result)

    def _heard(self, thread: Thread, target: Target, request: Json, result: Json | StateError) -> None:
        if isinstance(result, StateError):
            self._failed(thread, target, result, submitting=True)
        else:
            self._answered(thread, target, request, result)

    # -- answers ------------------------------------------------------------------------------------------

    def _answered(self, thread: Thread, target: Target, request: Json, response: Json) -> None:
        run = thread.run
        try:
            result = calls.result_of(run.engine.kernel, target, response)
            if target.pattern in (resource.SYNC, resource.SYNC_2):
                thread.job = jobs.submit(target, request, response)
        except StateError as error:
            self._failed(thread, target, error)
            return
        if target.pattern == resource.REQUEST:
            self.succeed(thread, target, result)
            return
        output = {"output": run.text(result, target.arn), "outputDetails": flow.NOT_TRUNCATED}
        run.record(thread, "TaskSubmitted", {**_named(target), **output})
        thread.phase = TOKEN if target.pattern == resource.TOKEN else JOB
        run.touch(thread)
        if thread.phase == JOB:
            self._engine.store.when_settled(partial(self._watch, thread))

    def _watch(self, thread: Thread, error: Exception | None = None) -> None:
        if error is None and thread.phase == JOB and thread.task is None:
            name = f"stepfunctions: {thread.run.arn} {thread.name}"
            thread.task = self._engine.kernel.spawn(self._wait_for_job(thread, thread.turn), name)

    async def _wait_for_job(self, thread: Thread, turn: int) -> None:
        assert thread.job is not None and isinstance(thread.state, Task)
        role = self._role(thread.state, thread.scope())
        try:
            result: Any = await jobs.awaited(thread.run.caller(role), thread.job)
        except AwsError as error:
            result = calls.failure_of(self._engine.kernel, resource.parse(thread.state.resource), error)
        except StateError as error:
            result = error
        if thread.turn == turn:
            thread.task = None  # it is this very task, which must not be cancelled
            thread.run.turn(thread.run.guard, thread, self._job_ended, thread, result)

    def _job_ended(self, thread: Thread, result: Any) -> None:
        assert isinstance(thread.state, Task)
        target = resource.parse(thread.state.resource)
        thread.job = None
        if isinstance(result, StateError):
            self._failed(thread, target, result)
        else:
            self.succeed(thread, target, result)

    def succeed(self, thread: Thread, target: Target, result: Any) -> None:
        run = thread.run
        thread.rest()
        thread.worker = ""
        details: Json = {"output": run.text(result, target.arn), "outputDetails": flow.NOT_TRUNCATED}
        if target.kind not in ("function", "activity"):
            details = {**_named(target), **details}
        run.record(thread, _EVENTS.get(target.kind, _TASK)["succeeded"], details)
        scope = thread.scope()
        scope.result = result
        flow.leave_normally(thread, scope, result)

    def _failed(self, thread: Thread, target: Target, error: StateError, submitting: bool = False) -> None:
        """Records the failure and raises it."""
        given = {"error": error.error, "cause": error.cause}
        details = {name: value for name, value in given.items() if value}
        if target.kind not in ("function", "activity"):
            details = {**_named(target), **details}
        what = "submit" if submitting and target.pattern != resource.REQUEST else "failed"
        if error.error == TIMEOUT:
            what = "timed_out"
        thread.run.record(thread, _EVENTS.get(target.kind, _TASK)[what], details)
        thread.worker = ""
        raise error

    # -- callbacks ----------------------------------------------------------------------------------------

    def holder(self, token: str) -> Thread:
        """The thread that waits for this token. Raises AwsError: InvalidToken or TaskTimedOut."""
        try:
            arn, number, _ = orjson.loads(base64.b64decode(token, validate=True))
        except (binascii.Error, ValueError, TypeError):
            raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'") from None
        run = self._engine.runs.get(arn)
        thread = run.threads.get(number) if run else None
        if thread is None or thread.token != token or thread.phase in ENDED:
            raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return thread

    def called_back(self, thread: Thread, result: Any) -> None:
        """`result` is the output or a StateError."""
        assert isinstance(thread.state, Task)
        target = resource.parse(thread.state.resource)
        if isinstance(result, StateError):
            thread.run.turn(thread.run.guard, thread, self._failed, thread, target, result)
        else:
            thread.run.turn(thread.run.guard, thread, self.succeed, thread, target, result)

    def beat(self, thread: Thread) -> None:
        if thread.heartbeat:
            thread.beat_at = self._engine.clock.now() + thread.heartbeat
            thread.run.turn(thread.run.touch, thread)

    # -- activities ---------------------------------------------------------------------------------------

    def _exists(self, activity: str) -> bool:
        parsed = Arn.parse(activity)
        owner = f"{parsed.region}:{parsed.account}"
        return DOCUMENTS.get(self._engine.store, owner, "activity", activity) is not None

    def _offer(self, thread: Thread, activity: str) -> None:
        if thread.worker:
            return
        self.waiting[activity].append((thread, thread.turn))
        self._engine.store.after_commit(lambda: self._engine.signals.notify_one(("states-activity", activity)))

    def take(self, activity: str, worker: str) -> Thread | None:
        """Hands the next task of an activity to a worker."""
        queue = self.waiting[activity]
        while queue:
            thread, turn = queue.popleft()
            if thread.turn == turn and thread.phase == ACTIVITY:
                thread.run.turn(self._taken, thread, worker)
                return thread
        return None

    def _taken(self, thread: Thread, worker: str) -> None:
        thread.worker = worker or "-"
        thread.run.record(thread, "ActivityStarted", {"workerName": worker} if worker else {})
        if thread.heartbeat:
            thread.beat_at = self._engine.clock.now() + thread.heartbeat
        thread.run.touch(thread)

    # -- limits -------------------------------------------------------------------------------------------

    def arm(self, thread: Thread) -> None:
        """Sets the timers of the time-out and of the heartbeat."""
        clock = self._engine.clock
        if thread.deadline:
            late = partial(self._late, thread, thread.turn, TIMEOUT)
            thread.timers.append(clock.call_at(thread.deadline, late))
        if thread.heartbeat:
            thread.timers.append(clock.call_at(thread.beat_at, partial(self._beat_due, thread, thread.turn)))

    def _late(self, thread: Thread, turn: int, error: str) -> None:
        if thread.turn == turn:
            thread.run.turn(thread.run.guard, thread, self._timed_out, thread, error)

    def _timed_out(self, thread: Thread, error: str) -> None:
        """A heartbeat that is missed is a time-out too, which may be caught by its own name."""
        assert isinstance(thread.state, Task)
        self.abandon(thread)
        self._failed(thread, resource.parse(thread.state.resource), StateError(TIMEOUT, known_as=error))

    def _beat_due(self, thread: Thread, turn: int) -> None:
        clock = self._engine.clock
        if thread.turn != turn:
            return
        if clock.now() >= thread.beat_at:
            self._late(thread, turn, HEARTBEAT_TIMEOUT)
        else:
            thread.timers.append(clock.call_at(thread.beat_at, partial(self._beat_due, thread, turn)))

    def abandon(self, thread: Thread) -> None:
        """Ends the job that a thread waits for."""
        if thread.phase == JOB and thread.job is not None:
            job, ctx = thread.job, thread.run.caller()
            thread.job = None
            self._engine.store.after_commit(lambda: ctx.spawn(jobs.stop(ctx, job), "stepfunctions: job stopped"))

    def resume(self, thread: Thread) -> None:
        """Takes a task up after a restart."""
        if thread.phase == CALL:
            self.start(thread, again=True)
            return
        self.arm(thread)
        if thread.phase == JOB:
            self._watch(thread)
        elif thread.phase == ACTIVITY:
            assert isinstance(thread.state, Task)
            self._offer(thread, thread.state.resource)


def _streamed(response: Json) -> bool:
    return isinstance(response.get("Body"), AsyncIterable)


async def _collected(response: Json) -> Json:
    return {**response, "Body": await items.content(response["Body"])}


def new_token(thread: Thread) -> str:
    return base64.b64encode(orjson.dumps([thread.run.arn, thread.id, ids.token(43)])).decode()


def _named(target: Target) -> Json:
    return {"resourceType": target.resource_type, "resource": target.resource}


def _seconds(value: Expression | None, scope: Scope, field: str) -> int:
    if value is None:
        return 0
    found = value(scope)
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 99_999_999:
        raise evaluation(RUNTIME, f"Expected positive integer for {field}, got '{found}' instead.", field)
    return found


_TASK = {
    "succeeded": "TaskSucceeded",
    "failed": "TaskFailed",
    "submit": "TaskSubmitFailed",
    "timed_out": "TaskTimedOut",
}
_EVENTS: dict[str, dict[str, str]] = {
    "function": {
        "scheduled": "LambdaFunctionScheduled",
        "succeeded": "LambdaFunctionSucceeded",
        "failed": "LambdaFunctionFailed",
        "timed_out": "LambdaFunctionTimedOut",
    },
    "activity": {
        "scheduled": "ActivityScheduled",
        "succeeded": "ActivitySucceeded",
        "failed": "ActivityFailed",
        "timed_out": "ActivityTimedOut",
    },
}

"""How each type of state is carried out: a table of functions."""

from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Any

from penstock.services.stepfunctions.asl.choice import timestamp
from penstock.services.stepfunctions.asl.errors import NO_CHOICE, RUNTIME, StateError, evaluation
from penstock.services.stepfunctions.asl.model import Choice, Fail, Finish, Pass, Task, Wait
from penstock.services.stepfunctions.asl.scope import UNSET, Expression, Scope
from penstock.services.stepfunctions.engine import children
from penstock.services.stepfunctions.engine.flow import leave, leave_normally
from penstock.services.stepfunctions.engine.thread import RUN, WAIT, Thread

_MAX_WAIT = 99_999_999


# -- the states -----------------------------------------------------------------------------------------


def _pass(thread: Thread) -> None:
    state, scope = thread.state, thread.scope()
    assert isinstance(state, Pass)
    result = state.prepare(scope)
    leave_normally(thread, scope, result if state.result is UNSET else state.result)


def _succeed(thread: Thread) -> None:
    scope = thread.scope()
    leave_normally(thread, scope, thread.state.prepare(scope))


def _fail(thread: Thread) -> None:
    state, scope = thread.state, thread.scope()
    assert isinstance(state, Fail)
    error, cause = _string(state.error(scope), "Error"), _string(state.cause(scope), "Cause")
    raise _Failed(error, cause)


class _Failed(StateError):
    """A Fail state's own error; both parts may be missing."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error or "", cause or "")
        self.error, self.cause = error, cause  # type: ignore[assignment]


def _string(value: Any, field: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise evaluation(RUNTIME, f"The {field} field must be a string, but was {type(value).__name__}", field)
    return value


def _choice(thread: Thread) -> None:
    state, scope = thread.state, thread.scope()
    assert isinstance(state, Choice)
    given = state.prepare(scope)
    for rule in state.rules:
        if rule.test(scope):
            assign = rule.assign
            finish = _output_of(rule.output) if rule.output else state.finish
            leave(thread, scope, given, rule.next, assign, finish)
            return
    if not state.default:
        cause = "Failed to transition out of the state. The state does not point to a next state."
        raise evaluation(NO_CHOICE, cause)
    leave(thread, scope, given, state.default, state.assign, state.finish)


def _output_of(output: Expression) -> Finish:
    return lambda scope, given, result: output(scope)


def _wait(thread: Thread) -> None:
    state, scope, run = thread.state, thread.scope(), thread.run
    assert isinstance(state, Wait)
    state.prepare(scope)
    thread.wake = _wake(state, scope, run.engine.clock.now())
    thread.phase = WAIT
    arm_wait(thread)
    run.touch(thread)


def arm_wait(thread: Thread) -> None:
    run = thread.run
    thread.timers.append(run.engine.clock.call_at(thread.wake, partial(run.turn, _waited, thread, thread.turn)))


def _waited(thread: Thread, turn: int) -> None:
    if thread.turn == turn:
        thread.rest()
        thread.phase = RUN
        thread.run.ready(_go_on, thread)


def _go_on(thread: Thread) -> None:
    scope = thread.scope()
    leave_normally(thread, scope, thread.state.prepare(scope))


def _wake(state: Wait, scope: Scope, now: float) -> float:
    if state.timestamp is not None:
        text = state.timestamp(scope)
        when = timestamp(text)
        if when is None:
            field = "TimestampPath" if state.said else "Timestamp"
            named = f"{state.said} == {text}" if state.said else str(text)
            cause = (
                f"The {field} parameter does not reference a valid ISO-8601 extended offset date-time format string: "
                f"{named}"
            )
            raise evaluation(RUNTIME, cause, field)
        return when.astimezone(UTC).timestamp()
    assert state.seconds is not None
    return now + _seconds(state, state.seconds(scope))


def _seconds(state: Wait, value: Any) -> float:
    field = "SecondsPath" if state.said else "Seconds"
    named = f"{state.said} == {value}" if state.said else str(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise evaluation(RUNTIME, f"The {field} parameter cannot be parsed as a long value: {named}", field)
    if value < 0:
        raise evaluation(RUNTIME, f"The {field} parameter references a negative value: {named}", field)
    return float(min(value, _MAX_WAIT))


def _task(thread: Thread) -> None:
    assert isinstance(thread.state, Task)
    thread.run.engine.tasks.start(thread)


CARRY_OUT: dict[str, Callable[[Thread], None]] = {
    "Pass": _pass,
    "Task": _task,
    "Wait": _wait,
    "Choice": _choice,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": children.parallel,
    "Map": children.map_,
}

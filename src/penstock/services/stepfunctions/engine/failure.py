"""What happens when a state fails: it is tried again, caught, or takes what is around it with it."""

import random
from functools import partial

from penstock.services.stepfunctions.asl.backoff import catcher_of, delay, retry_of
from penstock.services.stepfunctions.asl.errors import QUERY, StateError
from penstock.services.stepfunctions.asl.model import Catcher
from penstock.services.stepfunctions.engine import flow
from penstock.services.stepfunctions.engine.thread import CHILDREN, FAILED, RETRY, RUN, Thread


def told(thread: Thread, error: StateError) -> StateError:
    """An expression's error, told with the state it arose in."""
    if not error.evaluated:
        return error
    where = f"(entered at the event id #{thread.entered_event})"
    cause = f"An error occurred while executing the state '{thread.name}' {where}. {error.cause}"
    if error.error == QUERY:
        details = {"error": error.error, "cause": cause, "location": error.location, "state": thread.name}
        thread.run.record(thread, "EvaluationFailed", details)
    return StateError(error.error, cause)


def handle(thread: Thread, error: StateError) -> None:
    """Raises StateError where a catcher's own fields fail."""
    error = told(thread, error)
    thread.rest()
    _end_children(thread)
    state = thread.state
    index = retry_of(state.retry, thread.retries, error.known_as) if state.retry else None
    if index is not None:
        count = thread.retries[index]
        thread.retries[index] = count + 1
        _try_again(thread, delay(state.retry[index], count, random.random))
    elif (catcher := catcher_of(state.catch, error.known_as)) is not None:
        _caught(thread, catcher, error)
    else:
        propagate(thread, error)


def _end_children(thread: Thread) -> None:
    """A Map or Parallel state that has failed begins anew when it is tried again."""
    if thread.phase == CHILDREN:
        for child in thread.children.values():
            thread.run.abort(child)
        if thread.state.type in ("Map", "Parallel"):
            thread.run.record(thread, f"{thread.state.type}StateFailed")


def _try_again(thread: Thread, seconds: float) -> None:
    run = thread.run
    run.drop_children(thread)
    thread.phase, thread.token = RETRY, ""
    thread.wake = run.engine.clock.now() + seconds
    arm(thread)
    run.touch(thread)


def arm(thread: Thread) -> None:
    """Has the state carried out again at `wake`."""
    run = thread.run
    thread.timers.append(run.engine.clock.call_at(thread.wake, partial(run.turn, _again, thread, thread.turn)))


def _again(thread: Thread, turn: int) -> None:
    if thread.turn == turn:
        thread.phase = RUN
        thread.run.ready(thread.run.carry_out, thread)


def _caught(thread: Thread, catcher: Catcher, error: StateError) -> None:
    run = thread.run
    run.drop_children(thread)
    thread.token = ""
    output = {"Error": error.error, "Cause": error.cause}
    scope = thread.scope()
    scope.error = output
    flow.leave(thread, scope, output, catcher.next, catcher.assign, catcher.finish)


def propagate(thread: Thread, error: StateError) -> None:
    """Nothing handles the error here: the branch fails, and with it the state that it is a branch of."""
    run, parent = thread.run, thread.parent
    thread.rest()
    thread.phase = FAILED
    run.touch(thread)
    if parent is None:
        run.fail(thread, error)
        return
    if parent.state.type == "Map":
        run.record(thread, "MapIterationFailed", {"name": parent.name, "index": thread.index})
    parent.event = thread.event
    run.guard(parent, _child_failed, error)


def _child_failed(error: StateError) -> None:
    raise StateError(error.error, error.cause, known_as=error.known_as)

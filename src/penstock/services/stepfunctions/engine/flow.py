"""How a thread enters a state and leaves it, whatever its type."""

from typing import Any

from penstock.services.stepfunctions.asl.model import Finish
from penstock.services.stepfunctions.asl.scope import Expression, Scope
from penstock.services.stepfunctions.engine.thread import DONE, ENTER, RUN, Thread
from penstock.wire.model import Json

NOT_TRUNCATED = {"truncated": False}


def enter(thread: Thread) -> None:
    run, state = thread.run, thread.state
    thread.phase = RUN
    thread.retries = [0] * len(state.retry)
    if run.recording:
        details = {"name": thread.name, "input": run.text(thread.input, thread.name), "inputDetails": NOT_TRUNCATED}
        run.record(thread, f"{state.type}StateEntered", details)
    else:
        run.record(thread, "")
    thread.entered_event, thread.entered_at = thread.event, run.engine.clock.now()
    run.carry_out(thread)


def leave(
    thread: Thread,
    scope: Scope,
    result: Any,
    next: str,
    assign: Expression | None,
    finish: Finish,
) -> None:
    """Assigns variables and makes the output, each from what was before, and goes on to the next state."""
    run, state = thread.run, thread.state
    assigned = None
    if assign is not None:
        if not state.jsonata:
            scope.input = result
        assigned = assign(scope)
    output = finish(scope, thread.input, result)
    if assigned is not None:
        thread.variables = {**thread.variables, **assigned}
    text = run.text(output, thread.name)
    if run.recording:
        details: Json = {"name": thread.name, "output": text, "outputDetails": NOT_TRUNCATED}
        if assigned:
            details["assignedVariables"] = {name: run.engine.json(value) for name, value in assigned.items()}
            details["assignedVariablesDetails"] = NOT_TRUNCATED
        run.record(thread, f"{state.type}StateExited", details)
    else:
        run.record(thread, "")
    thread.token = ""
    thread.input = output
    run.touch(thread)
    if next:
        thread.name, thread.phase = next, ENTER
        run.ready(enter, thread)
    else:
        end(thread, output)


def leave_normally(thread: Thread, scope: Scope, result: Any) -> None:
    state = thread.state
    leave(thread, scope, result, state.next, state.assign, state.finish)


def end(thread: Thread, output: Any) -> None:
    """The end of a branch, or of the execution."""
    thread.phase, thread.output = DONE, output
    if thread.parent is None:
        thread.run.succeed(thread, output)
    else:
        thread.run.branch_ended(thread)

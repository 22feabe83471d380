"""Parallel and Map states: threads below a thread, and when they are through."""

from typing import Any

from penstock.services.stepfunctions.asl.errors import RUNTIME, evaluation
from penstock.services.stepfunctions.asl.model import Map, Parallel
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.engine import flow
from penstock.services.stepfunctions.engine.thread import CHILDREN, Thread

MAX_CONCURRENCY = 40  # of an inline map


def parallel(thread: Thread) -> None:
    run, state, scope = thread.run, thread.state, thread.scope()
    assert isinstance(state, Parallel)
    given = state.prepare(scope)
    run.record(thread, "ParallelStateStarted")
    thread.phase = CHILDREN
    run.touch(thread)
    for index, branch in enumerate(state.branches):
        child = run.thread(branch, thread, index)
        child.input = given
        run.ready(flow.enter, child)


def map_(thread: Thread) -> None:
    run, state, scope = thread.run, thread.state, thread.scope()
    assert isinstance(state, Map)
    state.prepare(scope)
    if state.distributed:
        run.engine.maps.start(thread, scope)
        return
    thread.items = array(state.items(scope), state, thread)
    thread.concurrency = min(whole(state.concurrency, scope, "MaxConcurrency") or MAX_CONCURRENCY, MAX_CONCURRENCY)
    run.record(thread, "MapStateStarted", {"length": len(thread.items)})
    thread.phase = CHILDREN
    run.touch(thread)
    if not thread.items:
        through(thread)
    for _ in range(min(thread.concurrency, len(thread.items))):
        iterate(thread)


def array(items: Any, state: Map, thread: Thread) -> list[Any]:
    """An object is mapped over as its entries, as AWS does."""
    if not isinstance(items, list):
        shown = thread.run.engine.json(items)
        what = "Items" if state.jsonata else "ItemsPath"
        raise evaluation(RUNTIME, f'Reference path "{what}" must point to array, but was: {shown}', what)
    return items


def whole(value: Any, scope: Scope, field: str, default: int = 0) -> int:
    """A field that has to be a number, 0 or more."""
    found = value(scope) if value is not None else default
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise evaluation(RUNTIME, f"Expected non-negative integer for {field}, got '{found}' instead.", field)
    return found


def item_input(thread: Thread, index: int) -> Any:
    """The input of an iteration: what ItemSelector makes of the item, or the item."""
    state = thread.state
    assert isinstance(state, Map) and thread.items is not None
    value = thread.items[index]
    if state.selector is None:
        return value
    scope = thread.scope()
    state.prepare(scope)
    context = {**scope.context, "Map": {"Item": {"Index": index, "Value": value}}}
    scope.make_context = lambda: context
    scope.forget_context()
    return state.selector(scope)


def iterate(thread: Thread) -> None:
    """Begins the next iteration of a map."""
    run, index, state = thread.run, len(thread.children), thread.state
    assert isinstance(state, Map) and thread.items is not None
    child = run.thread(state.processor, thread, index)
    child.item = [index, thread.items[index]]
    child.input = item_input(thread, index)
    run.record(child, "MapIterationStarted", {"name": thread.name, "index": index})
    run.ready(flow.enter, child)


def ended(child: Thread) -> None:
    """A branch or an iteration has come to its end."""
    parent, run = child.parent, child.run
    assert parent is not None
    run.touch(child)
    parent.open -= 1
    before = child.event
    if isinstance(parent.state, Map):
        run.record(child, "MapIterationSucceeded", {"name": parent.name, "index": child.index})
    # The next iteration follows what the ended one did last, not its success.
    more = parent.items is not None and len(parent.children) < len(parent.items)
    parent.event = before if more else child.event
    run.guard(parent, progress, parent)


def progress(thread: Thread) -> None:
    """Begins what can begin now; leaves the state when all is through."""
    if thread.items is not None:
        while len(thread.children) < len(thread.items) and thread.open < thread.concurrency:
            iterate(thread)
    if thread.open == 0:
        through(thread)


def succeeded(thread: Thread) -> None:
    """Records it beside the way: leaving the state follows the event before."""
    before = thread.event
    thread.run.record(thread, f"{thread.state.type}StateSucceeded")
    thread.event = before


def through(thread: Thread) -> None:
    run, scope = thread.run, thread.scope()
    outputs = [thread.children[index].output for index in sorted(thread.children)]
    run.drop_children(thread)
    thread.items = None
    succeeded(thread)
    scope.result = outputs
    flow.leave_normally(thread, scope, outputs)

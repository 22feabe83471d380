"""What TestState shows of a Map state: its items on their way to the iterations, and its limits.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
"""

from typing import Any

import orjson

from penstock.services.stepfunctions.asl.errors import RUNTIME, THRESHOLD, StateError
from penstock.services.stepfunctions.asl.model import Map
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.engine.batches import batches, percentage
from penstock.services.stepfunctions.engine.children import whole
from penstock.services.stepfunctions.integrations import items
from penstock.services.stepfunctions.names import invalid
from penstock.wire.model import Json


def inspect_map(state: Map, scope: Scope, settings: Json, inspected: Json) -> None:
    """`settings` are TestState's stateConfiguration. Raises StateError where too many iterations are said to fail."""
    found = _items(state, scope, settings)
    shown = "afterItemsPath" if state.reader is None else "afterItemsPointer"
    inspected[shown] = _text(found)
    inputs = [_selected(state, scope, index, item) for index, item in enumerate(found)]
    if state.selector is not None:
        inspected["afterItemSelector"] = _text(inputs)
    if state.batcher is not None:
        inspected["afterItemBatcher"] = _text([batch for batch, _ in batches(inputs, state, scope)])
    inspected["maxConcurrency"] = whole(state.concurrency, scope, "MaxConcurrency")
    if state.distributed:
        inspected["toleratedFailureCount"] = whole(state.tolerance.most, scope, "ToleratedFailureCount")
        inspected["toleratedFailurePercentage"] = percentage(state, scope)
    _check_failures(settings.get("mapIterationFailureCount", 0), len(found), state, inspected)


def _items(state: Map, scope: Scope, settings: Json) -> list[Any]:
    if state.reader is not None:
        if "mapItemReaderData" not in settings:
            raise invalid("mapItemReaderData is required to test a Map state with an ItemReader")
        return items.parsed(settings["mapItemReaderData"].encode(), dict(state.reader.config))
    found = state.items(scope)
    if not isinstance(found, list):
        raise StateError(RUNTIME, f"Map state input must be an array but was: {_text(found)}")
    return found


def _selected(state: Map, scope: Scope, index: int, item: Any) -> Any:
    if state.selector is None:
        return item
    context = {**scope.context, "Map": {"Item": {"Index": index, "Value": item}}}
    return state.selector(Scope(scope.input, scope.variables, lambda: context, scope.now))


def _check_failures(failed: int, total: int, state: Map, inspected: Json) -> None:
    if failed > total:
        raise invalid("mapIterationFailureCount must not be greater than the number of items")
    count = inspected.get("toleratedFailureCount", 0)
    share = inspected.get("toleratedFailurePercentage", 0)
    if failed and failed > count and failed * 100 / total > share:
        if state.distributed:
            raise StateError(THRESHOLD, "The specified tolerated failure threshold was exceeded")
        raise StateError("States.TaskFailed", "")


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()

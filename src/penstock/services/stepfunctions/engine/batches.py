"""What a distributed map makes of its items before its children begin: batches; and how many may fail."""

from typing import Any

import orjson

from penstock.services.stepfunctions.asl.errors import RUNTIME, evaluation
from penstock.services.stepfunctions.asl.model import Map
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.engine.children import whole

_MAX_BATCH_BYTES = 262_144


def percentage(state: Map, scope: Scope) -> float:
    """ToleratedFailurePercentage. Raises StateError."""
    value = state.tolerance.percentage(scope) if state.tolerance.percentage else 0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        field = "ToleratedFailurePercentage"
        raise evaluation(RUNTIME, f"{field} must be between 0 and 100.", field)
    return float(value)


def batches(inputs: list[Any], state: Map, scope: Scope) -> list[tuple[Any, int]]:
    """(input of a child, how many items it has)."""
    if state.batcher is None:
        return [(one, 1) for one in inputs]
    batcher = state.batcher
    most = whole(batcher.items, scope, "MaxItemsPerBatch") or len(inputs) or 1
    largest = whole(batcher.size, scope, "MaxInputBytesPerBatch") or _MAX_BATCH_BYTES
    shared = {"BatchInput": batcher.input(scope)} if batcher.input else {}
    made: list[tuple[list[Any], int]] = []
    for one in inputs:
        size = len(orjson.dumps(one)) + 1
        if not made or len(made[-1][0]) >= most or made[-1][1] + size > largest:
            made.append(([], len(orjson.dumps(shared)) + 12))
        made[-1][0].append(one)
        made[-1] = (made[-1][0], made[-1][1] + size)
    return [({**shared, "Items": batch}, len(batch)) for batch, _ in made]

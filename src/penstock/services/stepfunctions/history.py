"""GetExecutionHistory: events under the names that AWS gives their details."""

from collections.abc import Iterator
from functools import cache
from itertools import islice

import orjson

from penstock.base.paging import page_token
from penstock.call import Context
from penstock.services.stepfunctions import store
from penstock.services.stepfunctions.executions import row_of
from penstock.services.stepfunctions.pages import after, limit_of
from penstock.wire.model import Json

_DATA = ("input", "inputDetails", "output", "outputDetails", "assignedVariables", "assignedVariablesDetails")
_EMPTY = frozenset({"ActivityStarted", "ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ENDLESS = 2**62
# id, timestamp, type, previous id, details
Event = tuple[int, float, str, int, Json]


@cache
def details_member(kind: str) -> str:
    """`PassStateEntered` -> `stateEnteredEventDetails`, `TaskFailed` -> `taskFailedEventDetails`."""
    for shared in ("StateEntered", "StateExited"):
        if kind.endswith(shared):
            kind = shared
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def get_execution_history(ctx: Context, request: Json) -> Json:
    number = row_of(ctx, request["executionArn"])[0]
    limit, seen = limit_of(request), after(request, int)
    found = _backwards(ctx, number, seen) if request.get("reverseOrder") else _forwards(ctx, number, seen)
    events = list(islice(found, limit + 1))
    data = request.get("includeExecutionData", True)
    answer: Json = {"events": [_event(event, data) for event in events[:limit]]}
    if len(events) > limit:
        answer["nextToken"] = page_token(events[limit - 1][0])
    return answer


def _forwards(ctx: Context, number: int, seen: int | None) -> Iterator[Event]:
    for (text,) in ctx.store.each(store.HISTORY, number, (seen or 0) + 1):
        yield from (event for event in orjson.loads(text) if event[0] > (seen or 0))


def _backwards(ctx: Context, number: int, seen: int | None) -> Iterator[Event]:
    for (text,) in ctx.store.each(store.HISTORY_BACK, number, (seen or _ENDLESS) - 1):
        yield from (event for event in reversed(orjson.loads(text)) if event[0] < (seen or _ENDLESS))


def _event(event: Event, data: bool) -> Json:
    id, timestamp, kind, previous, details = event
    shown = {"id": id, "timestamp": timestamp, "type": kind, "previousEventId": previous}
    if not data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    if details or kind in _EMPTY:
        shown[details_member(kind)] = details
    return shown

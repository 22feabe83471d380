"""GetExecutionHistory: events under the names that AWS gives their details."""

from functools import cache

import orjson

from penstock.base.paging import page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.stepfunctions import store
from penstock.services.stepfunctions.executions import row_of
from penstock.services.stepfunctions.pages import after, limit_of
from penstock.wire.model import Json

_DATA = ("input", "inputDetails", "output", "outputDetails", "assignedVariables", "assignedVariablesDetails")


@cache
def details_member(kind: str) -> str:
    """`PassStateEntered` -> `stateEnteredEventDetails`, `TaskFailed` -> `taskFailedEventDetails`."""
    for shared in ("StateEntered", "StateExited"):
        if kind.endswith(shared):
            kind = shared
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def get_execution_history(ctx: Context, request: Json) -> Json:
    number = row_of(ctx, request["executionArn"])[0]
    limit, last = limit_of(request), after(request, int)
    if request.get("reverseOrder"):
        rows = ctx.store.all(store.HISTORY_BACK, number, last or 2**62, limit + 1)
    else:
        rows = ctx.store.all(store.HISTORY, number, last or 0, limit + 1)
    data = request.get("includeExecutionData", True)
    answer: Json = {"events": [_event(row, data) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["nextToken"] = page_token(rows[limit - 1][0])
    return answer


def _event(row: Row, data: bool) -> Json:
    id, timestamp, kind, previous, text = row
    event = {"id": id, "timestamp": timestamp, "type": kind, "previousEventId": previous}
    details = orjson.loads(text)
    if not data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    if details or kind in ("ExecutionAborted", "ExecutionTimedOut", "ExecutionFailed", "ActivityStarted"):
        event[details_member(kind)] = details
    return event

"""Operations: what was submitted has already succeeded when its id is given out.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_Operation.html
"""

from typing import NamedTuple

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import store
from penstock.services.servicediscovery.pages import Filterable, after, matcher, page
from penstock.services.servicediscovery.state import scope
from penstock.wire.model import Json

_KEPT = 30 * 86_400  # seconds; AWS gives no number, but forgets them


class Operation(NamedTuple):
    number: int
    id: str
    type: str
    targets: str
    create_date: float

    def target(self, kind: str) -> str | None:
        found: str | None = orjson.loads(self.targets).get(kind)
        return found


_FILTERS = {
    "NAMESPACE_ID": Filterable(lambda operation: operation.target("NAMESPACE")),
    "SERVICE_ID": Filterable(lambda operation: operation.target("SERVICE")),
    "STATUS": Filterable(lambda operation: "SUCCESS", frozenset({"EQ", "IN"})),
    "TYPE": Filterable(lambda operation: operation.type, frozenset({"EQ", "IN"})),
    "UPDATE_DATE": Filterable(lambda operation: operation.create_date, frozenset({"BETWEEN"})),
}


def record(ctx: Context, namespace_arn: str, type: str, **targets: str) -> Json:
    """Notes an operation that was done: `{"OperationId": ...}`."""
    id = f"{ids.lower_id(32)}-{ids.lower_id(8)}"
    ctx.store.run(
        store.INSERT_OPERATION, id, scope(ctx), namespace_arn, type, orjson.dumps(targets).decode(), ctx.clock.now()
    )
    return {"OperationId": id}


async def start(ctx: Context) -> None:
    ctx.store.run(store.FORGET_OLD_OPERATIONS, ctx.clock.now() - _KEPT)


def get_operation(ctx: Context, request: Json) -> Json:
    row = ctx.store.one(store.OPERATION, request["OperationId"], scope(ctx))
    if row is None:
        raise AwsError("OperationNotFound", f"No operation exists with the specified ID: {request['OperationId']}")
    operation = Operation._make(row)
    return {
        "Operation": {
            "Id": operation.id,
            "OwnerAccount": ctx.account,
            "Type": operation.type,
            "Status": "SUCCESS",
            "CreateDate": operation.create_date,
            "UpdateDate": operation.create_date,
            "Targets": orjson.loads(operation.targets),
        }
    }


def list_operations(ctx: Context, request: Json) -> Json:
    fits = matcher(request.get("Filters", []), _FILTERS)
    rows = map(Operation._make, ctx.store.each(store.OPERATIONS, scope(ctx), after(request)))
    found, token = page(filter(fits, rows), request)
    return {"Operations": [{"Id": operation.id, "Status": "SUCCESS"} for operation in found], **token}

"""Operations on exported outputs."""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import describe, store
from penstock.wire.model import Json


def list_exports(ctx: Context, request: Json) -> Json:
    rows, rest = describe.page(store.exports(ctx.store, ctx.account, ctx.region), request)
    found = [{"ExportingStackId": stack_id, "Name": name, "Value": value} for name, value, stack_id in rows]
    return {"Exports": found, **rest}


def list_imports(ctx: Context, request: Json) -> Json:
    name = request["ExportName"]
    users = [stack for stack, _ in store.importers(ctx.store, ctx.account, ctx.region, name)]
    if not users:
        raise AwsError("ValidationError", f"Export '{name}' is not imported by any stack.")
    found, rest = describe.page(users, request)
    return {"Imports": found, **rest}

"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.events import names
from penstock.wire.model import Json


def resource(ctx: Context, operation: str, request: Json) -> str:
    bus = request.get("EventBusName") or names.DEFAULT
    if operation == "PutEvents":
        bus = request["Entries"][0].get("EventBusName") or names.DEFAULT
    if "ResourceARN" in request:
        return str(request["ResourceARN"])
    for member, make in (("ArchiveName", names.archive_arn), ("ReplayName", names.replay_arn)):
        if member in request:
            return make(ctx.region, ctx.account, request[member])
    for member, kind in (("Connection", "connection"), ("ApiDestination", "api-destination")):
        if operation.endswith(member) and "Name" in request:
            return arn("events", ctx.region, ctx.account, f"{kind}/{request['Name']}/*")
    rule = request.get("Rule") or (request.get("Name") if operation.endswith("Rule") else None)
    if rule:
        return names.rule_arn(ctx.region, ctx.account, bus.rpartition(":event-bus/")[2], rule)
    if operation.endswith("EventBus"):
        bus = request.get("Name") or names.DEFAULT
    return bus if bus.startswith("arn:") else names.bus_arn(ctx.region, ctx.account, bus)

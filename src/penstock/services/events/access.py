"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from penstock.base.arn import arn
from penstock.call import Context, Question
from penstock.services.events import names
from penstock.services.events.state import state
from penstock.wire.model import Json


def resource(ctx: Context, operation: str, request: Json) -> str:
    bus = request.get("EventBusName") or names.DEFAULT
    if operation == "PutEvents":  # what a span is about
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
    return _bus_arn(ctx, bus)


def put_events(ctx: Context, request: Json) -> list[Question]:
    """Every bus that an entry is for."""
    buses = dict.fromkeys(entry.get("EventBusName") or names.DEFAULT for entry in request["Entries"])
    return [Question("events:PutEvents", _bus_arn(ctx, bus)) for bus in buses]


def policy(ctx: Context, arn: str) -> str | None:
    bus = state(ctx).buses.get(arn)
    return bus.policy if bus is not None else None


def keys(ctx: Context, operation: str, request: Json) -> dict[str, list[str]]:
    """Of what is put on a bus."""
    members = {"events:source": "Source", "events:detail-type": "DetailType"}
    entries = request.get("Entries", ()) if operation == "PutEvents" else ()
    return {key: [entry[member] for entry in entries if member in entry] for key, member in members.items() if entries}


def _bus_arn(ctx: Context, bus: str) -> str:
    return bus if bus.startswith("arn:") else names.bus_arn(ctx.region, ctx.account, bus)

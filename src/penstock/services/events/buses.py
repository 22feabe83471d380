"""Event buses: create, find, list, change, delete.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html and its siblings.
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.events import names, store
from penstock.services.events.state import Bus, bus_of, state
from penstock.services.events.tags import put_tags
from penstock.wire.model import Json

_SETTINGS = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def create_event_bus(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    if "EventSourceName" in request:  # no partner is on this machine
        raise AwsError("ResourceNotFoundException", f"Event source {request['EventSourceName']} does not exist.")
    if "/" in name:
        raise names.invalid("Event bus name must not contain '/'.")
    arn = names.bus_arn(ctx.region, ctx.account, name)
    if name == names.DEFAULT or arn in state(ctx).buses:
        raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
    settings = {key: request[key] for key in _SETTINGS if key in request}
    ctx.store.run(store.PUT_BUS, arn, orjson.dumps(settings).decode(), None, ctx.clock.now())
    put_tags(ctx, arn, request.get("Tags", []))
    state(ctx).refresh_bus(arn)
    return {"EventBusArn": arn, **settings}


def describe_event_bus(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("Name"))
    return {**_shown(bus), **bus.settings}


def list_event_buses(ctx: Context, request: Json) -> Json:
    bus_of(ctx, None)
    prefix = names.bus_arn(ctx.region, ctx.account, request.get("NamePrefix", ""))
    first = names.start(request, prefix)
    rows = ctx.store.all(store.BUSES_BETWEEN, first, prefix + names.AFTER_ALL, names.size(request))
    buses = [state(ctx).buses[row[0]] for row in rows]
    return names.page(request, "EventBuses", buses, lambda bus: bus.arn, _listed)


def update_event_bus(ctx: Context, request: Json) -> Json:
    bus = bus_of(ctx, request.get("Name"))
    settings = bus.settings | {key: request[key] for key in _SETTINGS if key in request}
    save(ctx, bus, settings, bus.policy)
    return {"Arn": bus.arn, "Name": bus.name, **settings}


def delete_event_bus(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    if name == names.DEFAULT:
        raise names.invalid("Cannot delete event bus default.")
    arn = names.bus_arn(ctx.region, ctx.account, name)
    bus = state(ctx).buses.get(arn)
    if bus is not None:
        if bus.rules:
            raise names.invalid(f"Event bus {name} can't be deleted since it has rules.")
        ctx.store.run(store.DELETE_BUS, arn)
        ctx.store.run(store.DELETE_TAGS, arn)
        state(ctx).refresh_bus(arn)
    return {}


def save(ctx: Context, bus: Bus, settings: Json, policy: str | None) -> None:
    ctx.store.run(store.PUT_BUS, bus.arn, orjson.dumps(settings).decode(), policy, ctx.clock.now())
    state(ctx).refresh_bus(bus.arn)


def _shown(bus: Bus) -> Json:
    shown = {"Name": bus.name, "Arn": bus.arn, "CreationTime": bus.created_at, "LastModifiedTime": bus.modified_at}
    return {**shown, "Policy": bus.policy} if bus.policy else shown


def _listed(bus: Bus) -> Json:
    description = {"Description": bus.settings["Description"]} if "Description" in bus.settings else {}
    return _shown(bus) | description

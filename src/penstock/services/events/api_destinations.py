"""API destinations: HTTP endpoints as targets, each with the connection that says how it is to be called.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html and its siblings.
"""

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.events import connections, names
from penstock.services.events.connections import owner
from penstock.services.events.store import DOCUMENTS
from penstock.wire.model import Json

KIND = "api-destination"
_SETTINGS = ("Description", "ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond")
_REPLIED = ("ApiDestinationArn", "ApiDestinationState", "CreationTime", "LastModifiedTime")
_RATE = 300  # a second, where nothing else is said


def create_api_destination(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    _check_connection(ctx, request["ConnectionArn"])
    if DOCUMENTS.get(ctx.store, owner(ctx), KIND, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"An api-destination '{name}' already exists.")
    now = ctx.clock.now()
    destination = {
        "ApiDestinationArn": arn("events", ctx.region, ctx.account, f"{KIND}/{name}/{ids.uuid()}"),
        "Name": name,
        "InvocationRateLimitPerSecond": _RATE,
        **{member: request[member] for member in _SETTINGS if member in request},
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    return _saved(ctx, destination)


def describe_api_destination(ctx: Context, request: Json) -> Json:
    return _shown(ctx, _lookup(ctx, request["Name"]))


def list_api_destinations(ctx: Context, request: Json) -> Json:
    prefix, connection = request.get("NamePrefix", ""), request.get("ConnectionArn")
    found = [
        destination
        for destination in sorted(DOCUMENTS.all(ctx.store, owner(ctx), KIND), key=lambda each: str(each["Name"]))
        if destination["Name"].startswith(prefix) and destination["Name"] >= names.start(request, "")
        if connection in (None, destination["ConnectionArn"])
    ]
    return names.page(request, "ApiDestinations", found, lambda each: each["Name"], lambda each: _listed(ctx, each))


def update_api_destination(ctx: Context, request: Json) -> Json:
    destination = _lookup(ctx, request["Name"])
    if "ConnectionArn" in request:
        _check_connection(ctx, request["ConnectionArn"])
    destination |= {member: request[member] for member in _SETTINGS if member in request}
    return _saved(ctx, destination | {"LastModifiedTime": ctx.clock.now()})


def delete_api_destination(ctx: Context, request: Json) -> Json:
    _lookup(ctx, request["Name"])
    DOCUMENTS.delete(ctx.store, owner(ctx), KIND, request["Name"])
    return {}


def _lookup(ctx: Context, name: str) -> Json:
    destination = DOCUMENTS.get(ctx.store, owner(ctx), KIND, name)
    if destination is None:
        message = f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
        raise AwsError("ResourceNotFoundException", message)
    return destination


def _check_connection(ctx: Context, connection_arn: str) -> None:
    connection = connections.find(ctx, connection_arn.split("/")[1])
    if connection is None or connection["ConnectionArn"] != connection_arn:
        raise AwsError("ResourceNotFoundException", f"Connection '{connection_arn}' does not exist.")


def _saved(ctx: Context, destination: Json) -> Json:
    DOCUMENTS.put(ctx.store, owner(ctx), KIND, destination["Name"], destination)
    shown = _shown(ctx, destination)
    return {member: shown[member] for member in _REPLIED}


def _shown(ctx: Context, destination: Json) -> Json:
    """It is active while its connection is authorized."""
    connection = connections.find(ctx, destination["ConnectionArn"].split("/")[1]) or {}
    active = connection.get("ConnectionState") == "AUTHORIZED"
    return {**destination, "ApiDestinationState": "ACTIVE" if active else "INACTIVE"}


def _listed(ctx: Context, destination: Json) -> Json:
    return {member: value for member, value in _shown(ctx, destination).items() if member != "Description"}

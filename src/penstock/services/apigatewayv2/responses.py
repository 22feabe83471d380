"""What goes back over a WebSocket: the responses of routes and of integrations.

A route that has a response is two-way: what its integration answers is sent to the client.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

from typing import NamedTuple

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_of,
    api_owner,
    bad_request,
    delete_part,
    members,
    page,
    part_of,
    save_part,
)
from penstock.wire.model import Json


class _Kind(NamedTuple):
    """Responses of routes, or of integrations: what they belong to, AWS's word for them, and their members' names."""

    owner: str
    owner_id: str
    noun: str
    id: str
    key: str
    optional: tuple[str, ...]

    @property
    def kind(self) -> str:
        return f"{self.owner}response"


_ROUTE = _Kind(
    "route", "RouteId", "RouteResponse", "RouteResponseId", "RouteResponseKey",
    ("ModelSelectionExpression", "ResponseModels", "ResponseParameters"),
)  # fmt: skip
_INTEGRATION = _Kind(
    "integration", "IntegrationId", "IntegrationResponse", "IntegrationResponseId", "IntegrationResponseKey",
    ("ContentHandlingStrategy", "ResponseParameters", "ResponseTemplates", "TemplateSelectionExpression"),
)  # fmt: skip
_KINDS = {kind.kind: kind for kind in (_ROUTE, _INTEGRATION)}


def delete_responses(ctx: Context, api_id: str, kind: str, owner_id: str) -> None:
    """Of a `routeresponse` or `integrationresponse`: with the route or the integration that they belong to."""
    what = _KINDS[kind]
    for response in DOCUMENTS.all(ctx.store, api_owner(ctx, api_id), kind):
        if response[what.owner_id] == owner_id:
            DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), kind, response[what.id])


def _create(ctx: Context, request: Json, what: _Kind) -> Json:
    if api_of(ctx, request)["ProtocolType"] != "WEBSOCKET":
        raise bad_request(f"{what.noun}s are currently not supported for this API protocol type.")
    response = {
        what.owner_id: request[what.owner_id],
        what.id: ids.lower_id(7),
        what.key: request[what.key],
        **members(request, what.optional),
    }
    return _save(ctx, request, what, response)


def _save(ctx: Context, request: Json, what: _Kind, response: Json) -> Json:
    """Raises ConflictException where another response of the route or integration has the key."""
    for other in _all(ctx, request, what):
        if other[what.key] == response[what.key] and other[what.id] != response[what.id]:
            raise AwsError("ConflictException", f"{what.noun} with key {response[what.key]} already exists")
    save_part(ctx, request["ApiId"], what.kind, response[what.id], response)
    changed(ctx, request["ApiId"])
    return response


def _all(ctx: Context, request: Json, what: _Kind) -> list[Json]:
    """The responses of one route or integration. Raises NotFoundException."""
    part_of(ctx, request, what.owner, request[what.owner_id])
    found = DOCUMENTS.all(ctx.store, api_owner(ctx, request["ApiId"]), what.kind)
    return [response for response in found if response[what.owner_id] == request[what.owner_id]]


def _get(ctx: Context, request: Json, what: _Kind) -> Json:
    part_of(ctx, request, what.owner, request[what.owner_id])
    return part_of(ctx, request, what.kind, request[what.id])


def _update(ctx: Context, request: Json, what: _Kind) -> Json:
    return _save(ctx, request, what, _get(ctx, request, what) | members(request, (what.key, *what.optional)))


def _delete(ctx: Context, request: Json, what: _Kind) -> Json:
    _get(ctx, request, what)
    delete_part(ctx, request, what.kind, request[what.id])
    changed(ctx, request["ApiId"])
    return {}


# -- of routes -----------------------------------------------------------------------------------


def create_route_response(ctx: Context, request: Json) -> Json:
    return _create(ctx, request, _ROUTE)


def get_route_response(ctx: Context, request: Json) -> Json:
    return _get(ctx, request, _ROUTE)


def get_route_responses(ctx: Context, request: Json) -> Json:
    return page(_all(ctx, request, _ROUTE), request)


def update_route_response(ctx: Context, request: Json) -> Json:
    return _update(ctx, request, _ROUTE)


def delete_route_response(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, _ROUTE)


# -- of integrations -----------------------------------------------------------------------------


def create_integration_response(ctx: Context, request: Json) -> Json:
    return _create(ctx, request, _INTEGRATION)


def get_integration_response(ctx: Context, request: Json) -> Json:
    return _get(ctx, request, _INTEGRATION)


def get_integration_responses(ctx: Context, request: Json) -> Json:
    return page(_all(ctx, request, _INTEGRATION), request)


def update_integration_response(ctx: Context, request: Json) -> Json:
    return _update(ctx, request, _INTEGRATION)


def delete_integration_response(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, _INTEGRATION)

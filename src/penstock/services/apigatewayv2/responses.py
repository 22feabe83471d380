"""What goes back over a WebSocket: the responses of routes and of integrations.

A route that has a response is two-way: what its integration answers is sent to the client.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

from collections.abc import Iterable

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

_ROUTE = ("ModelSelectionExpression", "ResponseModels", "ResponseParameters")
_INTEGRATION = ("ContentHandlingStrategy", "ResponseParameters", "ResponseTemplates", "TemplateSelectionExpression")


def _require_websocket(ctx: Context, request: Json, noun: str) -> None:
    if api_of(ctx, request)["ProtocolType"] != "WEBSOCKET":
        raise bad_request(f"{noun} are currently not supported for this API protocol type.")


def _of(ctx: Context, request: Json, kind: str, owner: str) -> list[Json]:
    """The responses of one route or integration. Raises NotFoundException."""
    part_of(ctx, request, kind, request[owner])
    found = DOCUMENTS.all(ctx.store, api_owner(ctx, request["ApiId"]), f"{kind}response")
    return [response for response in found if response[owner] == request[owner]]


def _save(ctx: Context, request: Json, kind: str, id: str, response: Json) -> Json:
    save_part(ctx, request["ApiId"], f"{kind}response", response[id], response)
    changed(ctx, request["ApiId"])
    return response


def _refuse_same(known: Iterable[Json], response: Json, key: str, id: str, noun: str) -> None:
    if any(other[key] == response[key] and other[id] != response[id] for other in known):
        raise AwsError("ConflictException", f"{noun} with key {response[key]} already exists")


def delete_responses(ctx: Context, api_id: str, kind: str, owner_id: str) -> None:
    """With the route or the integration that they belong to."""
    owner, id = ("RouteId", "RouteResponseId") if kind == "routeresponse" else _INTEGRATION_IDS
    for response in DOCUMENTS.all(ctx.store, api_owner(ctx, api_id), kind):
        if response[owner] == owner_id:
            DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), kind, response[id])


_INTEGRATION_IDS = ("IntegrationId", "IntegrationResponseId")

# -- of routes ---------------------------------------------------------------------------------------


def create_route_response(ctx: Context, request: Json) -> Json:
    _require_websocket(ctx, request, "RouteResponses")
    known = _of(ctx, request, "route", "RouteId")
    response = {
        "RouteId": request["RouteId"],
        "RouteResponseId": ids.lower_id(7),
        "RouteResponseKey": request["RouteResponseKey"],
        **members(request, _ROUTE),
    }
    _refuse_same(known, response, "RouteResponseKey", "RouteResponseId", "RouteResponse")
    return _save(ctx, request, "route", "RouteResponseId", response)


def get_route_response(ctx: Context, request: Json) -> Json:
    _of(ctx, request, "route", "RouteId")
    return part_of(ctx, request, "routeresponse", request["RouteResponseId"])


def get_route_responses(ctx: Context, request: Json) -> Json:
    return page(_of(ctx, request, "route", "RouteId"), request)


def update_route_response(ctx: Context, request: Json) -> Json:
    response = get_route_response(ctx, request) | members(request, ("RouteResponseKey", *_ROUTE))
    _refuse_same(
        _of(ctx, request, "route", "RouteId"), response, "RouteResponseKey", "RouteResponseId", "RouteResponse"
    )
    return _save(ctx, request, "route", "RouteResponseId", response)


def delete_route_response(ctx: Context, request: Json) -> Json:
    get_route_response(ctx, request)
    delete_part(ctx, request, "routeresponse", request["RouteResponseId"])
    changed(ctx, request["ApiId"])
    return {}


# -- of integrations ---------------------------------------------------------------------------------


def create_integration_response(ctx: Context, request: Json) -> Json:
    _require_websocket(ctx, request, "IntegrationResponses")
    known = _of(ctx, request, "integration", "IntegrationId")
    response = {
        "IntegrationId": request["IntegrationId"],
        "IntegrationResponseId": ids.lower_id(7),
        "IntegrationResponseKey": request["IntegrationResponseKey"],
        **members(request, _INTEGRATION),
    }
    _refuse_same(known, response, "IntegrationResponseKey", "IntegrationResponseId", "IntegrationResponse")
    return _save(ctx, request, "integration", "IntegrationResponseId", response)


def get_integration_response(ctx: Context, request: Json) -> Json:
    _of(ctx, request, "integration", "IntegrationId")
    return part_of(ctx, request, "integrationresponse", request["IntegrationResponseId"])


def get_integration_responses(ctx: Context, request: Json) -> Json:
    return page(_of(ctx, request, "integration", "IntegrationId"), request)


def update_integration_response(ctx: Context, request: Json) -> Json:
    response = get_integration_response(ctx, request) | members(request, ("IntegrationResponseKey", *_INTEGRATION))
    known = _of(ctx, request, "integration", "IntegrationId")
    _refuse_same(known, response, "IntegrationResponseKey", "IntegrationResponseId", "IntegrationResponse")
    return _save(ctx, request, "integration", "IntegrationResponseId", response)


def delete_integration_response(ctx: Context, request: Json) -> Json:
    get_integration_response(ctx, request)
    delete_part(ctx, request, "integrationresponse", request["IntegrationResponseId"])
    changed(ctx, request["ApiId"])
    return {}

"""Routes. What a route key and a route's authorization may be depends on the API's protocol.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html; texts as observed.
"""

import re

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.responses import delete_responses
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_of,
    api_owner,
    bad_request,
    delete_part,
    members,
    not_found,
    not_implemented,
    page,
    part_of,
    parts_of,
    save_part,
)
from penstock.wire.model import Json

_KEY = re.compile(r"\$default|(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) (/\S*)")
_VARIABLE = re.compile(r"\{[A-Za-z0-9_\-.:]+\+?\}|[^{}]*")
_TARGET = re.compile(r"integrations/[A-Za-z0-9]+")
_FORMAT = (
    "The provided route key is not formatted properly for HTTP protocol. Format should be "
    '"[HTTP METHOD] /[RESOURCE PATH]" or "$default"'
)
_OPTIONAL = (
    "AuthorizationScopes", "AuthorizerId", "ModelSelectionExpression", "OperationName", "RequestModels",
    "RequestParameters", "RouteResponseSelectionExpression", "Target",
)  # fmt: skip
_WEBSOCKET = ("ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression")


def create_route(ctx: Context, request: Json) -> Json:
    known = parts_of(ctx, request, "route")
    route = {
        "RouteId": ids.lower_id(7),
        "RouteKey": request["RouteKey"],
        "ApiKeyRequired": request.get("ApiKeyRequired", False),
        "AuthorizationType": request.get("AuthorizationType", "NONE"),
        **members(request, _OPTIONAL),
    }
    _check(ctx, request, route, known)
    save_part(ctx, request["ApiId"], "route", route["RouteId"], route)
    changed(ctx, request["ApiId"])
    return route


def _check(ctx: Context, request: Json, route: Json, known: list[Json]) -> None:
    key = route["RouteKey"]
    _PROTOCOLS[api_of(ctx, request)["ProtocolType"]](route)
    if any(other["RouteKey"] == key and other["RouteId"] != route["RouteId"] for other in known):
        raise AwsError("ConflictException", f"Route with key {key} already exists for this API")
    if route.get("Target") and not _TARGET.fullmatch(route["Target"]):
        raise bad_request(
            "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."
        )
    if route["AuthorizationType"] in ("CUSTOM", "JWT"):
        _check_authorizer(ctx, request, route)
    if route.get("AuthorizationScopes") and route["AuthorizationType"] != "JWT":
        raise bad_request("Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization type")


def _check_http(route: Json) -> None:
    match = _KEY.fullmatch(route["RouteKey"])
    if match is None or not all(_VARIABLE.fullmatch(part) for part in (match[2] or "").split("/")):
        raise bad_request(_FORMAT)
    if route["ApiKeyRequired"]:
        raise bad_request("ApiKeyRequired is not currently supported for HTTP APIs.")
    for name in _WEBSOCKET:
        if route.get(name):
            raise bad_request(f"{name} is not currently supported for HTTP APIs.")


def _check_websocket(route: Json) -> None:
    if not route["RouteKey"]:
        raise bad_request("Invalid route key specified")
    if route["ApiKeyRequired"]:
        raise not_implemented("Penstock does not check the API keys of WebSocket APIs.")
    for name in ("RequestModels", "RequestParameters"):
        if route.get(name):
            raise not_implemented(f"Penstock does not validate messages: {name} is not implemented.")
    if route["AuthorizationType"] != "NONE" and route["RouteKey"] != "$connect":
        raise bad_request("Currently, authorization is restricted to the $connect route only")
    if route["AuthorizationType"] == "JWT":
        raise bad_request("JWT authorization type is not supported on WEBSOCKET protocol Apis.")


_PROTOCOLS = {"HTTP": _check_http, "WEBSOCKET": _check_websocket}


def _check_authorizer(ctx: Context, request: Json, route: Json) -> None:
    kind = route["AuthorizationType"]
    authorizer = DOCUMENTS.get(
        ctx.store, api_owner(ctx, request["ApiId"]), "authorizer", route.get("AuthorizerId") or ""
    )
    if authorizer is None or (authorizer["AuthorizerType"] == "JWT") != (kind == "JWT"):
        wanted = "JWT" if kind == "JWT" else "custom"
        raise bad_request(
            f"Invalid authorizer ID specified. Setting the authorization type to {kind} requires a valid {wanted} "
            "authorizer."
        )


def get_route(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "route", request["RouteId"])


def get_routes(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "route"), request)


def update_route(ctx: Context, request: Json) -> Json:
    route = get_route(ctx, request) | members(request, ("ApiKeyRequired", "AuthorizationType", "RouteKey", *_OPTIONAL))
    _check(ctx, request, route, parts_of(ctx, request, "route"))
    save_part(ctx, request["ApiId"], "route", route["RouteId"], route)
    changed(ctx, request["ApiId"])
    return route


def delete_route(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request, "route", request["RouteId"])
    delete_responses(ctx, request["ApiId"], "routeresponse", request["RouteId"])
    changed(ctx, request["ApiId"])
    return {}


def delete_route_request_parameter(ctx: Context, request: Json) -> Json:
    route = get_route(ctx, request)
    if route.get("RequestParameters", {}).pop(request["RequestParameterKey"], None) is None:
        raise not_found("Invalid RequestParameter key specified")
    save_part(ctx, request["ApiId"], "route", route["RouteId"], route)
    changed(ctx, request["ApiId"])
    return {}

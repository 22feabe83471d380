"""Routes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

import re

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_owner,
    bad_request,
    delete_part,
    members,
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
_OPTIONAL = ("AuthorizationScopes", "AuthorizerId", "OperationName", "Target")
_WEBSOCKET = ("ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression")


def create_route(ctx: Context, request: Json) -> Json:
    known = parts_of(ctx, request, "route")
    route = {
        "RouteId": ids.lower_id(7),
        "RouteKey": request["RouteKey"],
        "ApiKeyRequired": False,
        "AuthorizationType": request.get("AuthorizationType", "NONE"),
        **members(request, _OPTIONAL),
    }
    _check(ctx, request, route, known)
    save_part(ctx, request["ApiId"], "route", route["RouteId"], route)
    changed(ctx, request["ApiId"])
    return route


def _check(ctx: Context, request: Json, route: Json, known: list[Json]) -> None:
    key = route["RouteKey"]
    match = _KEY.fullmatch(key)
    if match is None or not all(_VARIABLE.fullmatch(part) for part in (match[2] or "").split("/")):
        raise bad_request(f"The provided route key is not formatted properly for HTTP protocol. Provided: {key}")
    if any(other["RouteKey"] == key and other["RouteId"] != route["RouteId"] for other in known):
        raise AwsError("ConflictException", f"Route with key {key} already exists for this API")
    if request.get("ApiKeyRequired"):
        raise bad_request("ApiKeyRequired is not currently supported for HTTP APIs")
    for name in _WEBSOCKET:
        if request.get(name):
            raise not_implemented(f"Penstock does not implement {name} of routes.")
    if route.get("Target") and not _TARGET.fullmatch(route["Target"]):
        raise bad_request(f"Invalid target specified: {route['Target']}")
    if route["AuthorizationType"] in ("CUSTOM", "JWT"):
        _check_authorizer(ctx, request, route)
    if route.get("AuthorizationScopes") and route["AuthorizationType"] != "JWT":
        raise bad_request(
            "Invalid Route authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS "
            "and JWT authorization types"
        )


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
    route = get_route(ctx, request) | members(request, ("RouteKey", "AuthorizationType", *_OPTIONAL))
    _check(ctx, request, route, parts_of(ctx, request, "route"))
    save_part(ctx, request["ApiId"], "route", route["RouteId"], route)
    changed(ctx, request["ApiId"])
    return route


def delete_route(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request, "route", request["RouteId"])
    changed(ctx, request["ApiId"])
    return {}

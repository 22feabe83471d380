"""Authorizers.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

import re

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    api_of,
    bad_request,
    delete_part,
    members,
    page,
    part_of,
    parts_of,
    save_part,
)
from penstock.wire.model import Json

_MEMBERS = (
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerType",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentitySource",
    "IdentityValidationExpression",
    "JwtConfiguration",
    "Name",
)


# Expressions of identity sources, and how what is none is refused, by protocol.
_IDENTITY = {
    "HTTP": (
        re.compile(r"\$(request\.(header|querystring)|context|stageVariables)\.\S+"),
        "Invalid identity source expression: {}",
    ),
    "WEBSOCKET": (
        re.compile(r"(route\.request\.(header|querystring)|context|stageVariables)\.\S+"),
        "Invalid request identity source expression: {}",
    ),
}
_LONGEST = 3600  # seconds that an answer may be kept


def create_authorizer(ctx: Context, request: Json) -> Json:
    protocol = api_of(ctx, request)["ProtocolType"]
    authorizer = {"AuthorizerId": ids.lower_id(6), **members(request, _MEMBERS)}
    _check(authorizer, protocol)
    save_part(ctx, request["ApiId"], "authorizer", authorizer["AuthorizerId"], authorizer)
    changed(ctx, request["ApiId"])
    return authorizer


def _check(authorizer: Json, protocol: str) -> None:
    if protocol == "WEBSOCKET":
        _check_websocket(authorizer)
    elif authorizer["AuthorizerType"] == "JWT":
        _check_jwt(authorizer)
    else:
        _check_request(authorizer)
    expression, refusal = _IDENTITY[protocol]
    for source in authorizer.get("IdentitySource") or ():
        if not expression.fullmatch(source):
            raise bad_request(refusal.format(source))
    _check_ttl(authorizer)


def _check_ttl(authorizer: Json) -> None:
    ttl = authorizer.get("AuthorizerResultTtlInSeconds", 0)
    if not 0 <= ttl <= _LONGEST:
        raise bad_request(
            f"Authorizer result TTL outside allowable range. TTL must be between 0 and {_LONGEST} seconds."
        )
    if ttl and not authorizer.get("IdentitySource"):
        raise bad_request("Identity source must be set if authorizer caching is enabled (TTL is greater than 0)")


def _check_websocket(authorizer: Json) -> None:
    if authorizer["AuthorizerType"] != "REQUEST":
        raise bad_request("Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.")
    _check_uri(authorizer)
    for name in ("AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "AuthorizerResultTtlInSeconds"):
        if authorizer.get(name):
            raise bad_request(f"{name} is not supported on WEBSOCKET protocol Apis.")


def _check_uri(authorizer: Json) -> None:
    if not authorizer.get("AuthorizerUri"):
        raise bad_request("AuthorizerUri is a required field in an Authorizer")


def _check_request(authorizer: Json) -> None:
    _check_uri(authorizer)
    version = authorizer.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise bad_request("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
    if authorizer.get("EnableSimpleResponses") and version != "2.0":
        raise bad_request('EnableSimpleResponses can only be set for AuthorizerPayloadFormatVersion "2.0".')


def _check_jwt(authorizer: Json) -> None:
    settings = authorizer.get("JwtConfiguration")
    if not settings:
        raise bad_request("JwtConfiguration must not be null for JWT Authorizer")
    for name in ("Issuer", "Audience"):
        if not settings.get(name):
            raise bad_request(f"JwtConfiguration for JWT Authorizer must have an {name}")
    if not settings["Issuer"].startswith(("http://", "https://")):
        raise bad_request("Invalid issuer: Issuer is not a valid URL for JWT Authorizer")
    if len(authorizer.get("IdentitySource") or ()) != 1:
        raise bad_request("JWT Authorizer must have exactly one identity source")


def get_authorizer(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "authorizer", request["AuthorizerId"])


def get_authorizers(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "authorizer"), request)


def update_authorizer(ctx: Context, request: Json) -> Json:
    authorizer = get_authorizer(ctx, request) | members(request, _MEMBERS)
    _check(authorizer, api_of(ctx, request)["ProtocolType"])
    save_part(ctx, request["ApiId"], "authorizer", authorizer["AuthorizerId"], authorizer)
    changed(ctx, request["ApiId"])
    return authorizer


def delete_authorizer(ctx: Context, request: Json) -> Json:
    authorizer_id = request["AuthorizerId"]
    if any(route.get("AuthorizerId") == authorizer_id for route in parts_of(ctx, request, "route")):
        raise AwsError("ConflictException", f"Cannot delete authorizer {authorizer_id}: it is referenced by routes")
    delete_part(ctx, request, "authorizer", authorizer_id)
    changed(ctx, request["ApiId"])
    return {}

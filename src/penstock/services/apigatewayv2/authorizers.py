"""Authorizers and models.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

import re

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
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


_IDENTITY = re.compile(r"\$(request\.(header|querystring)|context|stageVariables)\.\S+")


def create_authorizer(ctx: Context, request: Json) -> Json:
    parts_of(ctx, request, "authorizer")
    authorizer = {"AuthorizerId": ids.lower_id(6), **members(request, _MEMBERS)}
    _check(authorizer)
    save_part(ctx, request["ApiId"], "authorizer", authorizer["AuthorizerId"], authorizer)
    changed(ctx, request["ApiId"])
    return authorizer


def _check(authorizer: Json) -> None:
    if authorizer["AuthorizerType"] == "JWT":
        _check_jwt(authorizer)
    else:
        _check_request(authorizer)
    for source in authorizer.get("IdentitySource") or ():
        if not _IDENTITY.fullmatch(source):
            raise bad_request(f"Invalid identity source expression: {source}")


def _check_request(authorizer: Json) -> None:
    if not authorizer.get("AuthorizerUri"):
        raise bad_request("REQUEST authorizers require an AuthorizerUri")
    version = authorizer.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise bad_request("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
    if authorizer.get("EnableSimpleResponses") and version != "2.0":
        raise bad_request("EnableSimpleResponses requires AuthorizerPayloadFormatVersion 2.0")


def _check_jwt(authorizer: Json) -> None:
    settings = authorizer.get("JwtConfiguration")
    if not settings:
        raise bad_request("JwtConfiguration must not be null for JWT Authorizer")
    for name in ("Issuer", "Audience"):
        if not settings.get(name):
            raise bad_request(f"JwtConfiguration for JWT Authorizer must have an {name}")
    if len(authorizer.get("IdentitySource") or ()) != 1:
        raise bad_request("JWT Authorizer must have exactly one identity source")


def get_authorizer(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "authorizer", request["AuthorizerId"])


def get_authorizers(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "authorizer"), request)


def update_authorizer(ctx: Context, request: Json) -> Json:
    authorizer = get_authorizer(ctx, request) | members(request, _MEMBERS)
    _check(authorizer)
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

"""Authorizers: create, read, change, delete. `authorize` does their work.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import (
    bad_request,
    delete_part,
    members,
    page,
    part,
    parts,
    rest_api,
    save_part,
)
from penstock.services.apigateway.patch import Member, Patch, Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, owner
from penstock.wire.model import Json

_OPTIONAL = (
    "providerARNs",
    "authType",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)
_CONCURRENT = "Unable to complete operation due to concurrent modification. Please try again later."
_TTL = 300
_MAX_TTL = 3600


def create_authorizer(ctx: Context, request: Json) -> Json:
    if DOCUMENTS.get(ctx.store, owner(ctx), "restapi", request["restApiId"]) is None:
        raise AwsError("ConflictException", _CONCURRENT)  # what AWS answers here
    authorizer = {"id": ids.lower_id(6), "name": request["name"], "type": request["type"]}
    authorizer |= members(request, _OPTIONAL)
    authorizer["authType"] = request.get("authType", _AUTH_TYPES[request["type"]])
    ttl = request.get("authorizerResultTtlInSeconds")
    authorizer["authorizerResultTtlInSeconds"] = _TTL if ttl is None else ttl
    _check(authorizer)
    return save_part(ctx, request["restApiId"], "authorizer", authorizer["id"], authorizer)


_AUTH_TYPES = {"TOKEN": "custom", "REQUEST": "custom", "COGNITO_USER_POOLS": "cognito_user_pools"}


def _check(authorizer: Json) -> None:
    ttl = authorizer.get("authorizerResultTtlInSeconds", _TTL)
    if not 0 <= ttl <= _MAX_TTL:
        raise bad_request(f"Authorizer result TTL must be between 0 and {_MAX_TTL} seconds")
    if authorizer["type"] == "COGNITO_USER_POOLS":
        if not authorizer.get("providerARNs"):
            raise bad_request("Invalid Authorizer Provider ARN specified")
        return
    if not authorizer.get("authorizerUri"):
        raise bad_request("Invalid Authorizer URI specified")
    if not authorizer.get("identitySource") and (authorizer["type"] == "TOKEN" or ttl > 0):
        raise bad_request("Identity source must be specified for this authorizer type")


def get_authorizer(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "authorizer", request["authorizerId"])


def get_authorizers(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return page(parts(ctx, request["restApiId"], "authorizer"), request)


def _provider(document: Json, patch: Patch) -> None:
    arns = [arn for arn in document.get("providerARNs", ()) if arn != patch.value]
    document["providerARNs"] = arns if patch.op == "remove" else [*arns, patch.value]


_WIDE = ("add", "replace", "remove")
_PATCHER = Patcher(
    {
        "name": scalar(),
        "type": scalar(),
        "authType": scalar(),
        "authorizerUri": scalar(),
        "authorizerCredentials": scalar(ops=_WIDE),
        "identitySource": scalar(ops=_WIDE),
        "identityValidationExpression": scalar(ops=_WIDE),
        "authorizerResultTtlInSeconds": scalar(int),
        "providerARNs": Member(("add", "remove"), _provider),
    }
)


def update_authorizer(ctx: Context, request: Json) -> Json:
    authorizer = part(ctx, request["restApiId"], "authorizer", request["authorizerId"])
    _PATCHER.apply(authorizer, request.get("patchOperations", ()))
    _check(authorizer)
    return save_part(ctx, request["restApiId"], "authorizer", authorizer["id"], authorizer)


def delete_authorizer(ctx: Context, request: Json) -> Json:
    api_id, authorizer_id = request["restApiId"], request["authorizerId"]
    part(ctx, api_id, "authorizer", authorizer_id)
    for resource in parts(ctx, api_id, "resource"):
        for http_method, method in resource.get("resourceMethods", {}).items():
            if method.get("authorizerId") == authorizer_id:
                where = f"{resource['path']}/{http_method}"
                raise AwsError(
                    "ConflictException",
                    f"Cannot delete authorizer '{authorizer_id}', is referenced in method: {where}",
                )
    delete_part(ctx, api_id, "authorizer", authorizer_id)
    return {}

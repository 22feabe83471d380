"""The account's settings, and tags by ARN.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Account.html, API_TagResource.html
"""

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, not_found, save_beside
from penstock.services.apigateway.patch import Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

_LIMITS = {"burstLimit": 5000, "rateLimit": 10000.0}


def get_account(ctx: Context, request: Json) -> Json:
    stored = DOCUMENTS.get(ctx.store, owner(ctx), "account", "account") or {}
    return {"throttleSettings": _LIMITS, "features": ["UsagePlans"], "apiKeyVersion": "4", **stored}


_PATCHER = Patcher({"cloudwatchRoleArn": scalar(ops=("add", "replace", "remove"))})


def update_account(ctx: Context, request: Json) -> Json:
    stored = DOCUMENTS.get(ctx.store, owner(ctx), "account", "account") or {}
    save_beside(ctx, "account", "account", _PATCHER.apply(stored, request.get("patchOperations", ())))
    return get_account(ctx, {})


# -- tags --------------------------------------------------------------------------------------------

_KINDS = {"restapis": "restapi", "apikeys": "apikey", "usageplans": "usageplan", "vpclinks": "vpclink"}


def _tagged(ctx: Context, text: str) -> tuple[tuple[str, str, str], Json]:
    """Owner, kind and id of what an ARN names, and its document: `arn:aws:apigateway:<region>::/restapis/<id>`."""
    try:
        parts = Arn.parse(text).resource.strip("/").split("/")
    except ValueError:
        raise bad_request("Invalid ARN specified in the request") from None
    if len(parts) == 4 and parts[0] == "restapis" and parts[2] == "stages":
        key = (api_owner(ctx, parts[1]), "stage", parts[3])
    elif len(parts) == 2 and parts[0] in _KINDS:
        key = (owner(ctx), _KINDS[parts[0]], parts[1])
    else:
        raise bad_request("Invalid ARN specified in the request")
    found = DOCUMENTS.get(ctx.store, *key)
    if found is None:
        raise not_found("Invalid resource identifier specified")
    return key, found


def get_tags(ctx: Context, request: Json) -> Json:
    return {"tags": _tagged(ctx, request["resourceArn"])[1].get("tags", {})}


def tag_resource(ctx: Context, request: Json) -> Json:
    key, document = _tagged(ctx, request["resourceArn"])
    document["tags"] = {**document.get("tags", {}), **request["tags"]}
    DOCUMENTS.put(ctx.store, *key, document)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    key, document = _tagged(ctx, request["resourceArn"])
    document["tags"] = {k: v for k, v in document.get("tags", {}).items() if k not in request["tagKeys"]}
    DOCUMENTS.put(ctx.store, *key, document)
    return {}

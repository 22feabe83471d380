"""The account's settings, and tags by ARN.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Account.html, API_TagResource.html
"""

from typing import NamedTuple

from penstock.base.arn import Arn
from penstock.base.documents import Documents
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, not_found, save_beside
from penstock.services.apigateway.patch import Member, Patch, Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.web.gateways import custom_domains
from penstock.wire.model import Json

_LIMITS = {"burstLimit": 5000, "rateLimit": 10000.0}


def get_account(ctx: Context, request: Json) -> Json:
    stored = DOCUMENTS.get(ctx.store, owner(ctx), "account", "account") or {}
    return {"throttleSettings": _LIMITS, "features": ["UsagePlans"], "apiKeyVersion": "4", **stored}


def _feature(document: Json, patch: Patch) -> None:
    """Usage plans were once a choice; now every account has them."""
    if patch.op == "remove" and patch.value == "UsagePlans":
        raise bad_request("Usage Plans cannot be disabled once enabled")


_PATCHER = Patcher(
    {"cloudwatchRoleArn": scalar(ops=("add", "replace", "remove")), "features": Member(("add", "remove"), _feature)}
)


def update_account(ctx: Context, request: Json) -> Json:
    stored = DOCUMENTS.get(ctx.store, owner(ctx), "account", "account") or {}
    save_beside(ctx, "account", "account", _PATCHER.apply(stored, request.get("patchOperations", ())))
    return get_account(ctx, {})


# -- tags --------------------------------------------------------------------------------------------

_KINDS = {
    "restapis": "restapi", "apikeys": "apikey", "usageplans": "usageplan", "vpclinks": "vpclink",
    "clientcertificates": "clientcertificate",
}  # fmt: skip


class _Tagged(NamedTuple):
    """Where what an ARN names is kept."""

    documents: Documents
    owner: str
    kind: str
    id: str


def _tagged(ctx: Context, text: str) -> tuple[_Tagged, Json]:
    """What an ARN names, and its document: `arn:aws:apigateway:<region>::/restapis/<id>`."""
    try:
        parts = Arn.parse(text).resource.strip("/").split("/")
    except ValueError:
        raise bad_request("Invalid ARN specified in the request") from None
    if len(parts) == 4 and parts[0] == "restapis" and parts[2] == "stages":
        key = _Tagged(DOCUMENTS, api_owner(ctx, parts[1]), "stage", parts[3])
    elif len(parts) == 2 and parts[0] in _KINDS:
        key = _Tagged(DOCUMENTS, owner(ctx), _KINDS[parts[0]], parts[1])
    elif len(parts) == 2 and parts[0] == "domainnames":
        key = _Tagged(custom_domains.DOCUMENTS, owner(ctx), custom_domains.DOMAIN, parts[1].lower())
    else:
        raise bad_request("Invalid ARN specified in the request")
    found = key.documents.get(ctx.store, *key[1:])
    if found is None:
        raise not_found("Invalid resource identifier specified")
    return key, found


def get_tags(ctx: Context, request: Json) -> Json:
    return {"tags": _tagged(ctx, request["resourceArn"])[1].get("tags", {})}


def tag_resource(ctx: Context, request: Json) -> Json:
    key, document = _tagged(ctx, request["resourceArn"])
    document["tags"] = {**document.get("tags", {}), **request["tags"]}
    key.documents.put(ctx.store, *key[1:], document)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    key, document = _tagged(ctx, request["resourceArn"])
    document["tags"] = {k: v for k, v in document.get("tags", {}).items() if k not in request["tagKeys"]}
    key.documents.put(ctx.store, *key[1:], document)
    return {}

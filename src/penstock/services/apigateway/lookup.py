"""Finding documents, with AWS's words for those that are not there.

Which error an unknown API gives depends on the operation: what stands below a resource says that the resource is
unknown. Observed on AWS.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.store import DOCUMENTS, api_owner, owner
from penstock.wire.model import Json

_MISSING = {
    "resource": "Invalid Resource identifier specified",
    "deployment": "Invalid Deployment identifier specified",
    "stage": "Invalid Stage identifier specified",
    "authorizer": "Invalid Authorizer identifier specified",
    "validator": "Invalid Request Validator identifier specified",
    "documentationpart": "Invalid Documentation part identifier specified",
    "documentationversion": "Invalid Documentation version identifier specified",
    "apikey": "Invalid API Key identifier specified",
    "usageplan": "Invalid Usage Plan ID specified",
    "clientcertificate": "Invalid Client Certificate identifier specified",
}
PAGE = 25
MAX_PAGE = 500


def bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def not_found(message: str) -> AwsError:
    return AwsError("NotFoundException", message)


def rest_api(ctx: Context, api_id: str) -> Json:
    """Raises NotFoundException."""
    found = DOCUMENTS.get(ctx.store, owner(ctx), "restapi", api_id)
    if found is None:
        raise not_found(f"Invalid API identifier specified {ctx.account}:{api_id}")
    return found


def part(ctx: Context, api_id: str, kind: str, id: str) -> Json:
    """What belongs to an API: a resource, a stage, an authorizer, ... Raises NotFoundException."""
    found = DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), kind, id)
    if found is None:
        raise not_found(f"Invalid model name specified: {id}" if kind == "model" else _MISSING[kind])
    return found


def parts(ctx: Context, api_id: str, kind: str) -> list[Json]:
    return DOCUMENTS.all(ctx.store, api_owner(ctx, api_id), kind)


def save_part(ctx: Context, api_id: str, kind: str, id: str, document: Json) -> Json:
    DOCUMENTS.put(ctx.store, api_owner(ctx, api_id), kind, id, document)
    return document


def delete_part(ctx: Context, api_id: str, kind: str, id: str) -> None:
    """Raises NotFoundException where there is none."""
    if not DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), kind, id):
        raise not_found(f"Invalid model name specified: {id}" if kind == "model" else _MISSING[kind])


def beside(ctx: Context, kind: str, id: str) -> Json:
    """What stands beside the APIs: a key, a usage plan. Raises NotFoundException."""
    found = DOCUMENTS.get(ctx.store, owner(ctx), kind, id)
    if found is None:
        raise not_found(_MISSING[kind])
    return found


def save_beside(ctx: Context, kind: str, id: str, document: Json) -> Json:
    DOCUMENTS.put(ctx.store, owner(ctx), kind, id, document)
    return document


def method_of(resource: Json, http_method: str) -> Json:
    """Raises NotFoundException."""
    found: Json | None = resource.get("resourceMethods", {}).get(http_method)
    if found is None:
        raise not_found("Invalid Method identifier specified")
    return found


def integration_of(resource: Json, http_method: str) -> Json:
    """Raises NotFoundException."""
    found: Json | None = method_of(resource, http_method).get("methodIntegration")
    if found is None:
        raise not_found("Invalid Integration identifier specified")
    return found


def members(request: Json, names: Iterable[str]) -> Json:
    """Those of the named members that the request has."""
    return {name: request[name] for name in names if request.get(name) is not None}


def page(items: list[Json], request: Json, limit: int = PAGE) -> dict[str, Any]:
    """One page of `items`; `position` is where the next one begins. Raises BadRequestException."""
    start = _offset(request.get("position"))
    size = min(request.get("limit", limit), MAX_PAGE)
    result: dict[str, Any] = {"items": items[start : start + size]}
    if start + size < len(items):
        result["position"] = base64.urlsafe_b64encode(b"%d" % (start + size)).decode()
    return result


def _offset(position: str | None) -> int:
    if not position:
        return 0
    try:
        return int(base64.urlsafe_b64decode(position))
    except (binascii.Error, ValueError):
        raise bad_request("Invalid position parameter specified") from None

"""HTTP and WebSocket APIs: schema, and finding documents with AWS's words for those that are not there.

What an API consists of belongs to `<account>:<region>/<api id>`, the APIs themselves to `<account>:<region>`.
"""

import base64
import binascii
from collections.abc import Iterable

from penstock.base.documents import Documents
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.wire.model import Json

DOCUMENTS = Documents("apigatewayv2_documents")
SCHEMA = DOCUMENTS.schema
PAGE = 100

_NOUNS = {
    "route": "Route",
    "integration": "Integration",
    "authorizer": "Authorizer",
    "deployment": "Deployment",
    "model": "Model",
    "routeresponse": "RouteResponse",
    "integrationresponse": "IntegrationResponse",
}
_UNKNOWN = "Invalid {} identifier specified {}"


def owner(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def api_owner(ctx: Context, api_id: str) -> str:
    return f"{owner(ctx)}/{api_id}"


def bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def not_found(message: str) -> AwsError:
    return AwsError("NotFoundException", message)


def not_implemented(message: str) -> AwsError:
    return AwsError("NotImplemented", message, status=501)


def api_of(ctx: Context, request: Json) -> Json:
    """Raises NotFoundException."""
    found = DOCUMENTS.get(ctx.store, owner(ctx), "api", request["ApiId"])
    if found is None:
        raise not_found(f"Invalid API identifier specified {ctx.account}:{request['ApiId']}")
    return found


def part_of(ctx: Context, request: Json, kind: str, id: str) -> Json:
    """Raises NotFoundException for the API, then for the part."""
    api_of(ctx, request)
    found = DOCUMENTS.get(ctx.store, api_owner(ctx, request["ApiId"]), kind, id)
    if found is None:
        named = "Invalid stage identifier specified" if kind == "stage" else _UNKNOWN.format(_NOUNS[kind], id)
        raise not_found(named)
    return found


def parts_of(ctx: Context, request: Json, kind: str) -> list[Json]:
    api_of(ctx, request)
    return DOCUMENTS.all(ctx.store, api_owner(ctx, request["ApiId"]), kind)


def save_part(ctx: Context, api_id: str, kind: str, id: str, document: Json) -> Json:
    DOCUMENTS.put(ctx.store, api_owner(ctx, api_id), kind, id, document)
    return document


def delete_part(ctx: Context, request: Json, kind: str, id: str) -> None:
    part_of(ctx, request, kind, id)
    DOCUMENTS.delete(ctx.store, api_owner(ctx, request["ApiId"]), kind, id)


def members(request: Json, names: Iterable[str]) -> Json:
    """Those of the named members that the request has."""
    return {name: request[name] for name in names if request.get(name) is not None}


def page(items: list[Json], request: Json) -> Json:
    """One page of `items`. Raises BadRequestException."""
    start = _offset(request.get("NextToken"))
    try:
        size = int(request.get("MaxResults") or PAGE)
    except ValueError:
        raise bad_request("Invalid MaxResults specified") from None
    result: Json = {"Items": items[start : start + size]}
    if start + size < len(items):
        result["NextToken"] = base64.urlsafe_b64encode(b"%d" % (start + size)).decode()
    return result


def _offset(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (binascii.Error, ValueError):
        raise bad_request("Invalid NextToken specified") from None

"""Tags of functions, event source mappings and code signing configurations.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
"""

import re
from collections.abc import Callable

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_ import code_signing
from penstock.services.lambda_.names import function_ref, invalid, missing
from penstock.services.lambda_.state import function_of, set_settings
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_MAX = 50
_KINDS = {":event-source-mapping:": "mapping", ":code-signing-config:": code_signing.KIND}  # of documents
_QUALIFIED = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:[^:]+:.+")
Tags = dict[str, str]


def _open(ctx: Context, resource: str) -> tuple[Tags, Callable[[Tags], None]]:
    """A resource's tags, and how to store others."""
    if _QUALIFIED.fullmatch(resource):
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    if kind := next((kind for part, kind in _KINDS.items() if part in resource), ""):
        return _of_document(ctx, Arn.parse(resource), kind)
    function = function_of(ctx, function_ref(ctx, resource))
    tags: Tags = function.settings.get("Tags", {})
    return tags, lambda new: set_settings(ctx, function, Tags=new or None)


def _of_document(ctx: Context, arn: Arn, kind: str) -> tuple[Tags, Callable[[Tags], None]]:
    owner, id = f"{arn.account}:{arn.region}", arn.resource_id
    document = DOCUMENTS.get(ctx.store, owner, kind, id)
    if document is None:
        raise missing()
    tags: Tags = document.get("Tags", {})
    return tags, lambda new: DOCUMENTS.put(ctx.store, owner, kind, id, {**document, "Tags": new})


def tag_resource(ctx: Context, request: Json) -> Json:
    if not request["Tags"]:
        raise invalid("An error occurred and the request cannot be processed.")
    tags, save = _open(ctx, request["Resource"])
    new = {**tags, **request["Tags"]}
    if len(new) > _MAX:
        raise invalid("Number of tags exceeds resource tag limit.")
    save(new)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    if not request["TagKeys"]:
        message = (
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"
        )
        raise AwsError("ValidationException", message, status=400)
    tags, save = _open(ctx, request["Resource"])
    save({key: value for key, value in tags.items() if key not in request["TagKeys"]})
    return {}


def list_tags(ctx: Context, request: Json) -> Json:
    return {"Tags": _open(ctx, request["Resource"])[0]}

"""Tags of functions and event source mappings.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
"""

import re
from collections.abc import Callable

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.lambda_.names import function_ref, invalid, missing
from penstock.services.lambda_.state import function_of, set_settings
from penstock.services.lambda_.store import DOCUMENTS
from penstock.wire.model import Json

_MAX = 50
_QUALIFIED = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:[^:]+:.+")
Tags = dict[str, str]


def _open(ctx: Context, resource: str) -> tuple[Tags, Callable[[Tags], None]]:
    """A resource's tags, and how to store others."""
    if _QUALIFIED.fullmatch(resource):
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    if ":event-source-mapping:" in resource:
        return _of_mapping(ctx, resource)
    function = function_of(ctx, function_ref(ctx, resource))
    tags: Tags = function.settings.get("Tags", {})
    return tags, lambda new: set_settings(ctx, function, Tags=new or None)


def _of_mapping(ctx: Context, resource: str) -> tuple[Tags, Callable[[Tags], None]]:
    arn = Arn.parse(resource)
    owner, uuid = f"{arn.account}:{arn.region}", arn.resource_id
    document = DOCUMENTS.get(ctx.store, owner, "mapping", uuid)
    if document is None:
        raise missing()
    tags: Tags = document.get("Tags", {})
    return tags, lambda new: DOCUMENTS.put(ctx.store, owner, "mapping", uuid, {**document, "Tags": new})


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

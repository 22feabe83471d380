"""Tags of namespaces and services.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_TagResource.html
"""

from collections.abc import Iterable

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import store
from penstock.services.servicediscovery.state import MapService, Namespace, state
from penstock.wire.model import Json

MAX_TAGS = 50


def checked(tags: Iterable[Json], resource: str, known: dict[str, str] | None = None) -> dict[str, str]:
    """The tags, on top of those already known. Raises TooManyTagsException."""
    result = {**(known or {}), **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(result) > MAX_TAGS:
        message = f"The list of tags on the resource is over the quota. The maximum number of tags is {MAX_TAGS}."
        raise AwsError("TooManyTagsException", message, ResourceName=resource)
    return result


def tag_resource(ctx: Context, request: Json) -> Json:
    thing = _thing(ctx, request["ResourceARN"])
    _put(ctx, thing, checked(request["Tags"], thing.arn, thing.tags))
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    thing = _thing(ctx, request["ResourceARN"])
    _put(ctx, thing, {key: value for key, value in thing.tags.items() if key not in request["TagKeys"]})
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = _thing(ctx, request["ResourceARN"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _thing(ctx: Context, arn: str) -> Namespace | MapService:
    memory = state(ctx)
    found = memory.namespaces.get(arn) or memory.services.get(arn)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Resource not found: {arn}")
    return found


def _put(ctx: Context, thing: Namespace | MapService, tags: dict[str, str]) -> None:
    document, text = orjson.dumps(thing.document).decode(), orjson.dumps(tags).decode()
    if isinstance(thing, Namespace):
        ctx.store.run(store.UPDATE_NAMESPACE, document, text, thing.arn)
        state(ctx).refresh_namespace(thing.arn)
    else:
        ctx.store.run(store.UPDATE_SERVICE, document, orjson.dumps(thing.attributes).decode(), text, thing.arn)
        state(ctx).refresh_service(thing.arn)

"""Tags of streams and consumers.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html
"""

import re
from collections.abc import Mapping

import orjson

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.kinesis import store
from penstock.services.kinesis.errors import invalid, no_stream
from penstock.services.kinesis.state import Consumer, Stream, Tags, consumer_of, state, stream_of
from penstock.wire.model import Json

MAX_TAGS = 50

_PAGE = 50
_FORBIDDEN = re.compile(r"[^\u00C0-\u1FFF\u2C00-\uD7FF\w./\-=+ @%:]")
_CHARACTERS = (
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :."
)


def checked(tags: Tags) -> Tags:
    """Raises InvalidArgumentException."""
    if any(_FORBIDDEN.search(text) for pair in tags.items() for text in pair):
        raise invalid(_CHARACTERS)
    if len(tags) > MAX_TAGS:
        raise invalid(f"A resource cannot have more than {MAX_TAGS} tags associated with it.")
    return tags


# -- of a stream ---------------------------------------------------------------------------------------


def add_tags_to_stream(ctx: Context, request: Json) -> Json:
    stream = stream_of(ctx, request)
    _add(ctx, stream, request["Tags"], f"stream {stream.name}")
    return {}


def remove_tags_from_stream(ctx: Context, request: Json) -> Json:
    _remove(ctx, stream_of(ctx, request), request["TagKeys"])
    return {}


def list_tags_for_stream(ctx: Context, request: Json) -> Json:
    tags, after = stream_of(ctx, request).tags, request.get("ExclusiveStartTagKey", "")
    keys = sorted(key for key in tags if key > after)
    page = keys[: request.get("Limit", _PAGE)]
    return {"Tags": _listed({key: tags[key] for key in page}), "HasMoreTags": len(page) < len(keys)}


# -- of a stream or consumer ---------------------------------------------------------------------------


def tag_resource(ctx: Context, request: Json) -> Json:
    owner = resource_at(ctx, request["ResourceARN"])
    _add(ctx, owner, request["Tags"], f"resource {owner.arn}")
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    _remove(ctx, resource_at(ctx, request["ResourceARN"]), request["TagKeys"])
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = resource_at(ctx, request["ResourceARN"]).tags
    return {"Tags": _listed(dict(sorted(tags.items())))}


def resource_at(ctx: Context, arn: str) -> Stream | Consumer:
    """What has this ARN. Raises ResourceNotFoundException."""
    if "/consumer/" in arn:
        return consumer_of(ctx, arn)
    found = state(ctx).by_arn.get(arn)
    if found is None:
        parsed = Arn.parse(arn)
        raise no_stream(parsed.resource_id, parsed.account)
    return found


def _listed(tags: Mapping[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _add(ctx: Context, owner: Stream | Consumer, tags: Tags, what: str) -> None:
    after = owner.tags | checked(tags)
    if len(after) > MAX_TAGS:
        raise invalid(
            f"Failed to add tags to {what} under account {ctx.account} because a given stream cannot have more than "
            f"{MAX_TAGS} tags associated with it."
        )
    _set(ctx, owner, after)


def _remove(ctx: Context, owner: Stream | Consumer, keys: list[str]) -> None:
    _set(ctx, owner, {key: value for key, value in owner.tags.items() if key not in keys})


def _set(ctx: Context, owner: Stream | Consumer, tags: Tags) -> None:
    before, owner.tags = owner.tags, tags
    ctx.store.after_rollback(lambda: setattr(owner, "tags", before))
    text = orjson.dumps(tags).decode()
    if isinstance(owner, Stream):
        ctx.store.run(store.UPDATE_TAGS, text, owner.id)
    else:
        ctx.store.run(store.UPDATE_CONSUMER_TAGS, text, owner.arn)

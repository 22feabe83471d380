"""Tags of log groups, by the older operations (by name) and the newer ones (by ARN)."""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.logs import groups, store
from penstock.services.logs.store import Group
from penstock.wire.model import Json

_MOST = 50


def tag_resource(ctx: Context, request: Json) -> Json:
    return _tag(ctx, _tagged(ctx, request), request["tags"])


def untag_resource(ctx: Context, request: Json) -> Json:
    return _untag(ctx, _tagged(ctx, request), request["tagKeys"])


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    return {"tags": orjson.loads(_tagged(ctx, request).tags)}


def tag_log_group(ctx: Context, request: Json) -> Json:
    return _tag(ctx, groups.group_named(ctx, request["logGroupName"]), request["tags"])


def untag_log_group(ctx: Context, request: Json) -> Json:
    return _untag(ctx, groups.group_named(ctx, request["logGroupName"]), request["tags"])


def list_tags_log_group(ctx: Context, request: Json) -> Json:
    return {"tags": orjson.loads(groups.group_named(ctx, request["logGroupName"]).tags)}


def _tagged(ctx: Context, request: Json) -> Group:
    row = ctx.store.one(store.GROUP, request["resourceArn"].removesuffix(":*"))
    if row is None:
        raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")
    return Group(*row)


def _tag(ctx: Context, group: Group, tags: dict[str, str]) -> Json:
    merged = orjson.loads(group.tags) | tags
    if len(merged) > _MOST:
        raise AwsError("TooManyTagsException", f"The resource can have at most {_MOST} tags.")
    ctx.store.run(store.SET_TAGS, orjson.dumps(merged).decode(), group.id)
    return {}


def _untag(ctx: Context, group: Group, keys: list[str]) -> Json:
    kept = {key: value for key, value in orjson.loads(group.tags).items() if key not in keys}
    ctx.store.run(store.SET_TAGS, orjson.dumps(kept).decode(), group.id)
    return {}

"""Tags of roles, users, instance profiles and policies.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html and its siblings.
"""

from collections.abc import Callable
from typing import Any

import orjson

from penstock.call import Context
from penstock.services.iam import entities, policies, store
from penstock.services.iam.entities import INSTANCE_PROFILE, ROLE, USER, Kind
from penstock.wire.model import Json

Operation = Callable[[Context, Json], Json]


def _tag(kind: Kind) -> Operation:
    def tag(ctx: Context, request: Json) -> Json:
        entity = entities.named(ctx, kind, request)
        merged = entities.merged_tags(entity.tags, entities.tag_map(request["Tags"]))
        ctx.store.run(store.SET_TAGS, _text(merged), entity.id)
        return {}

    return tag


def _untag(kind: Kind) -> Operation:
    def untag(ctx: Context, request: Json) -> Json:
        entity = entities.named(ctx, kind, request)
        gone = {key.lower() for key in request["TagKeys"]}
        kept = {key: value for key, value in entity.tags.items() if key.lower() not in gone}
        ctx.store.run(store.SET_TAGS, _text(kept), entity.id)
        return {}

    return untag


def _list(kind: Kind) -> Operation:
    def tags(ctx: Context, request: Json) -> Json:
        return _page(request, entities.named(ctx, kind, request).tags)

    return tags


tag_role, tag_user, tag_instance_profile = _tag(ROLE), _tag(USER), _tag(INSTANCE_PROFILE)
untag_role, untag_user, untag_instance_profile = _untag(ROLE), _untag(USER), _untag(INSTANCE_PROFILE)
list_role_tags, list_user_tags, list_instance_profile_tags = _list(ROLE), _list(USER), _list(INSTANCE_PROFILE)


def tag_policy(ctx: Context, request: Json) -> Json:
    policy = policies.managed(ctx, request["PolicyArn"])
    added = entities.tag_map(request["Tags"], fold=False)
    merged = entities.merged_tags(orjson.loads(policy.tags), added, fold=False)
    ctx.store.run(store.SET_POLICY_TAGS, _text(merged), policy.arn)
    return {}


def untag_policy(ctx: Context, request: Json) -> Json:
    policy = policies.managed(ctx, request["PolicyArn"])
    kept = {key: value for key, value in orjson.loads(policy.tags).items() if key not in request["TagKeys"]}
    ctx.store.run(store.SET_POLICY_TAGS, _text(kept), policy.arn)
    return {}


def list_policy_tags(ctx: Context, request: Json) -> Json:
    return _page(request, orjson.loads(policies.managed(ctx, request["PolicyArn"]).tags))


def _page(request: Json, tags: dict[str, str]) -> Json:
    after = entities.marker(request)
    listed = [tag for tag in entities.tag_list(dict(sorted(tags.items()))) if tag["Key"] > after]
    found, end = entities.page(request, listed, lambda tag: tag["Key"])
    return {"Tags": found, **end}


def _text(tags: dict[str, Any]) -> str:
    return orjson.dumps(tags).decode()

"""Groups of users.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html and its siblings.
"""

from penstock.call import Context
from penstock.services.iam import entities, store
from penstock.services.iam.entities import GROUP, USER, Entity
from penstock.wire.model import Json


def create_group(ctx: Context, request: Json) -> Json:
    return {"Group": entities.described(entities.create(ctx, GROUP, request, {}))}


def get_group(ctx: Context, request: Json) -> Json:
    group = entities.named(ctx, GROUP, request)
    members = (Entity.of(row) for row in ctx.store.each(store.MEMBERS, group.id, entities.marker(request)))
    users, end = entities.page(request, members, lambda user: user.name)
    return {"Group": entities.described(group), "Users": [entities.described(user) for user in users], **end}


def list_groups(ctx: Context, request: Json) -> Json:
    found, end = entities.entities(ctx, GROUP, request)
    return {"Groups": [entities.described(group) for group in found], **end}


def update_group(ctx: Context, request: Json) -> Json:
    entities.rename(ctx, GROUP, request)
    return {}


def delete_group(ctx: Context, request: Json) -> Json:
    group = entities.named(ctx, GROUP, request)
    if ctx.store.one(store.MEMBERS, group.id, "") is not None:
        raise entities.conflict("Cannot delete entity, must remove users from group first.")
    entities.delete(ctx, group)
    return {}


def add_user_to_group(ctx: Context, request: Json) -> Json:
    user, group = entities.named(ctx, USER, request), entities.named(ctx, GROUP, request)
    ctx.store.run(store.ADD_MEMBER, group.id, user.id)
    return {}


def remove_user_from_group(ctx: Context, request: Json) -> Json:
    user, group = entities.named(ctx, USER, request), entities.named(ctx, GROUP, request)
    ctx.store.run(store.REMOVE_MEMBER, group.id, user.id)
    return {}


def list_groups_for_user(ctx: Context, request: Json) -> Json:
    user = entities.named(ctx, USER, request)
    rows = ctx.store.each(store.CONTAINERS, user.id, GROUP.name, entities.marker(request))
    found, end = entities.page(request, map(Entity.of, rows), lambda group: group.name)
    return {"Groups": [entities.described(group) for group in found], **end}

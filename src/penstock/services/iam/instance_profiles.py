"""Instance profiles, each with at most one role.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.iam import entities, roles, store
from penstock.services.iam.entities import INSTANCE_PROFILE, ROLE, Entity
from penstock.wire.model import Json


def create_instance_profile(ctx: Context, request: Json) -> Json:
    profile = entities.create(ctx, INSTANCE_PROFILE, request, {})
    return {"InstanceProfile": _described(ctx, profile) | entities.tagged(profile.tags)}


def get_instance_profile(ctx: Context, request: Json) -> Json:
    profile = entities.named(ctx, INSTANCE_PROFILE, request)
    return {"InstanceProfile": _described(ctx, profile) | {"Tags": entities.tag_list(profile.tags)}}


def list_instance_profiles(ctx: Context, request: Json) -> Json:
    found, end = entities.entities(ctx, INSTANCE_PROFILE, request)
    return {"InstanceProfiles": [_described(ctx, profile) for profile in found], **end}


def list_instance_profiles_for_role(ctx: Context, request: Json) -> Json:
    role = entities.named(ctx, ROLE, request)
    rows = ctx.store.all(store.CONTAINERS, role.id, INSTANCE_PROFILE.name, entities.marker(request))
    found, end = entities.page(request, map(Entity.of, rows), lambda profile: profile.name)
    return {"InstanceProfiles": [_described(ctx, profile) for profile in found], **end}


def delete_instance_profile(ctx: Context, request: Json) -> Json:
    profile = entities.named(ctx, INSTANCE_PROFILE, request)
    if ctx.store.one(store.MEMBERS, profile.id, "") is not None:
        raise entities.conflict("Cannot delete entity, must remove roles from instance profile first.")
    entities.delete(ctx, profile)
    return {}


def add_role_to_instance_profile(ctx: Context, request: Json) -> Json:
    profile, role = entities.named(ctx, INSTANCE_PROFILE, request), entities.named(ctx, ROLE, request)
    if ctx.store.one(store.MEMBERS, profile.id, "") is not None:
        raise AwsError("LimitExceededException", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    ctx.store.run(store.ADD_MEMBER, profile.id, role.id)
    return {}


def remove_role_from_instance_profile(ctx: Context, request: Json) -> Json:
    profile, role = entities.named(ctx, INSTANCE_PROFILE, request), entities.named(ctx, ROLE, request)
    if not ctx.store.run(store.REMOVE_MEMBER, profile.id, role.id):
        raise AwsError("NoSuchEntityException", f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
    return {}


def _described(ctx: Context, profile: Entity) -> Json:
    members = map(Entity.of, ctx.store.all(store.MEMBERS, profile.id, ""))
    return entities.described(profile) | {"Roles": [roles.brief(role) for role in members]}

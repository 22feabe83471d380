"""Permissions boundaries of roles and users.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html and its siblings.
"""

from penstock.call import Context
from penstock.services.iam import entities
from penstock.services.iam.entities import ROLE, USER, Kind
from penstock.wire.model import Json


def put_role_permissions_boundary(ctx: Context, request: Json) -> Json:
    return _set(ctx, ROLE, request)


def put_user_permissions_boundary(ctx: Context, request: Json) -> Json:
    return _set(ctx, USER, request)


def delete_role_permissions_boundary(ctx: Context, request: Json) -> Json:
    return _set(ctx, ROLE, request)


def delete_user_permissions_boundary(ctx: Context, request: Json) -> Json:
    return _set(ctx, USER, request)


def _set(ctx: Context, kind: Kind, request: Json) -> Json:
    """To the request's, or to none."""
    entity = entities.named(ctx, kind, request)
    entities.set_settings(ctx, entity, PermissionsBoundary=request.get("PermissionsBoundary"))
    return {}

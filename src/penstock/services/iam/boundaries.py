"""Permissions boundaries of roles and users.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.iam import aws_managed, entities, store
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
    check(ctx, request)
    entities.set_settings(ctx, entity, PermissionsBoundary=request.get("PermissionsBoundary"))
    return {}


def check(ctx: Context, request: Json) -> None:
    """Raises InvalidInputException, NoSuchEntityException."""
    arn = request.get("PermissionsBoundary")
    if arn is None or aws_managed.is_aws(arn):
        return
    if not arn.startswith("arn:") or ":policy/" not in arn:
        raise AwsError("InvalidInputException", f"ARN {arn} is not valid.")
    if ctx.store.one(store.POLICY, arn) is None:
        raise AwsError("NoSuchEntityException", f"Scope ARN: {arn} does not exist or is not attachable.")

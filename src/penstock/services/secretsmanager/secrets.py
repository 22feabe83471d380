"""Secrets: create, describe, update, delete and restore.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html and its siblings.
"""

import re
import string
from random import SystemRandom

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.secretsmanager import rotation, store, versions
from penstock.services.secretsmanager.find import secret_of, shown_name
from penstock.services.secretsmanager.store import Secret
from penstock.wire.model import Json

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_SUFFIX = string.ascii_letters + string.digits
_DAY = 86400.0
_random = SystemRandom()


async def start(ctx: Context) -> None:
    for secret_arn, deletion_date in ctx.store.all(store.DELETED):
        _plan_removal(ctx, secret_arn, deletion_date)


def create_secret(ctx: Context, request: Json) -> Json:
    name, scope = request["Name"], f"{ctx.account}:{ctx.region}"
    _check_name(name)
    if "AddReplicaRegions" in request:
        raise AwsError("NotImplemented", "Penstock does not replicate secrets to other regions.", status=501)
    token = versions.token_of(request)
    row = ctx.store.one(store.BY_NAME, scope, name)
    if row is not None:
        return _created_before(ctx, Secret(*row), request, token)
    suffix = "".join(_random.choices(_SUFFIX, k=6))
    secret_arn, now = arn("secretsmanager", ctx.region, ctx.account, f"secret:{name}-{suffix}"), ctx.clock.now()
    tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", ())}
    ctx.store.run(
        store.INSERT, secret_arn, scope, name, request.get("Description"), request.get("KmsKeyId"),
        request.get("Type"), now, now, orjson.dumps(tags or None).decode(),
    )  # fmt: skip
    result = {"ARN": secret_arn, "Name": name}
    if not versions.has_value(request):
        return result
    versions.add(ctx, secret_of(ctx, secret_arn), token, request, [versions.CURRENT])
    return result | {"VersionId": token}


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
            status=400,
        )


def _created_before(ctx: Context, known: Secret, request: Json, token: str) -> Json:
    """The same request again makes nothing new; any other is refused."""
    if known.deletion_date is not None:
        raise AwsError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    if versions.same(ctx, known, token, request):
        return {**shown_name(known), "VersionId": token}
    raise AwsError("ResourceExistsException", f"The operation failed because the secret {known.name} already exists.")


def describe_secret(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"], deleted=True)
    return described(ctx, secret, "VersionIdsToStages")


def update_secret(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    token = versions.token_of(request)
    known = (secret.description, secret.kms_key_id, secret.type)
    members = zip(("Description", "KmsKeyId", "Type"), known, strict=True)
    changed = [request.get(member, before) for member, before in members]
    ctx.store.run(store.UPDATE, *changed, ctx.clock.now(), secret.arn)
    if not versions.has_value(request):
        return shown_name(secret)
    if not versions.same(ctx, secret, token, request):
        versions.add(ctx, secret, token, request, [versions.CURRENT])
    return {**shown_name(secret), "VersionId": token}


# -- deletion ----------------------------------------------------------------------------------------


def delete_secret(ctx: Context, request: Json) -> Json:
    days, force = request.get("RecoveryWindowInDays"), request.get("ForceDeleteWithoutRecovery", False)
    if days is not None and not 7 <= days <= 30:
        message = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        raise AwsError("InvalidParameterException", message)
    if days is not None and force:
        message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        raise AwsError("InvalidParameterException", message)
    if force:
        return _delete_now(ctx, request["SecretId"])
    secret = secret_of(ctx, request["SecretId"])
    deletion_date = ctx.clock.now() + (days or 30) * _DAY
    ctx.store.run(store.SET_DELETION, deletion_date, secret.arn)
    _plan_removal(ctx, secret.arn, deletion_date)
    return {**shown_name(secret), "DeletionDate": deletion_date}


def _delete_now(ctx: Context, secret_id: str) -> Json:
    """Removes for good; of a secret that is not there AWS says nothing either."""
    try:
        secret = secret_of(ctx, secret_id, deleted=True)
    except AwsError:
        unknown = arn("secretsmanager", ctx.region, ctx.account, f"secret:{secret_id}-AAAAAA")
        return {"ARN": unknown, "Name": secret_id, "DeletionDate": ctx.clock.now()}
    _remove(ctx, secret.arn)
    return {**shown_name(secret), "DeletionDate": ctx.clock.now()}


def restore_secret(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"], deleted=True)
    ctx.store.run(store.SET_DELETION, None, secret.arn)
    return shown_name(secret)


def _plan_removal(ctx: Context, secret_arn: str, deletion_date: float) -> None:
    """Removes the secret at its date, unless it was restored, or deleted anew, meanwhile."""

    def due() -> None:
        row = ctx.store.one(store.BY_ARN, secret_arn)
        if row is not None and Secret(*row).deletion_date == deletion_date:
            _remove(ctx, secret_arn)

    ctx.clock.call_at(deletion_date, due)


def _remove(ctx: Context, secret_arn: str) -> None:
    for statement in store.REMOVE:
        ctx.store.run(statement, secret_arn)


# -- how a secret is shown ---------------------------------------------------------------------------


def described(ctx: Context, secret: Secret, stages_member: str) -> Json:
    """As DescribeSecret and ListSecrets show it; they name the versions' stages differently."""
    stages = {version.version_id: orjson.loads(version.stages) for version in versions.of(ctx, secret)}
    tags = orjson.loads(secret.tags)
    optional = {
        "Description": secret.description,
        "KmsKeyId": secret.kms_key_id,
        "Type": secret.type,
        "LastAccessedDate": secret.last_accessed_date,
        "DeletedDate": secret.deletion_date,
        **rotation.shown(ctx, secret),
        stages_member: {version_id: named for version_id, named in stages.items() if named},
    }
    return {
        **shown_name(secret),
        "CreatedDate": secret.created_date,
        "LastChangedDate": secret.last_changed_date,
        **{member: value for member, value in optional.items() if value or value is False},
        **({} if tags is None else {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}),
    }

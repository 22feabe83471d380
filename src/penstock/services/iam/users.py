"""Users and their access keys.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.base.store import Row
from penstock.call import Context
from penstock.iam import keys
from penstock.iam.principal import Principal
from penstock.services.iam import boundaries, entities, store
from penstock.services.iam.entities import GROUP, USER, Entity
from penstock.wire.model import Json

_MOST_KEYS = 2


async def start(ctx: Context) -> None:
    """Knows the callers of the last run again."""
    for key_id, status, arn, account, user_id in ctx.store.all(store.ALL_KEYS):
        _enter(ctx, key_id, status, Principal.user(arn, account, user_id))


def create_user(ctx: Context, request: Json) -> Json:
    boundaries.check(ctx, request)
    settings = {"PermissionsBoundary": request["PermissionsBoundary"]} if "PermissionsBoundary" in request else {}
    return {"User": _described(entities.create(ctx, USER, request, settings))}


def get_user(ctx: Context, request: Json) -> Json:
    if "UserName" not in request and ctx.principal.kind == "account":
        root = {"Path": "/", "UserName": "root", "UserId": ctx.account, "Arn": ctx.principal.arn, "CreateDate": 0.0}
        return {"User": root}
    return {"User": _described(_user(ctx, request))}


def list_users(ctx: Context, request: Json) -> Json:
    found, end = entities.entities(ctx, USER, request)
    return {"Users": [entities.described(user) for user in found], **end}


def update_user(ctx: Context, request: Json) -> Json:
    entities.rename(ctx, USER, request)
    return {}


def delete_user(ctx: Context, request: Json) -> Json:
    user = entities.named(ctx, USER, request)
    if ctx.store.one(store.CONTAINERS, user.id, GROUP.name, "") is not None:
        raise entities.conflict("Cannot delete entity, must remove users from group first.")
    if ctx.store.one(store.KEYS_OF, user.id) is not None:
        raise entities.conflict("Cannot delete entity, must delete access keys first.")
    entities.delete(ctx, user)
    return {}


def _described(user: Entity) -> Json:
    return entities.described(user) | entities.boundary(user) | entities.tagged(user.tags)


def _user(ctx: Context, request: Json) -> Entity:
    """The user that the request names, else the one who calls. Raises ValidationError, NoSuchEntityException."""
    if "UserName" in request:
        return entities.named(ctx, USER, request)
    if ctx.principal.kind != "user":
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials", status=400)
    return entities.find(ctx, USER, ctx.principal.arn.rpartition("/")[2])


# -- access keys -------------------------------------------------------------------------------------


def create_access_key(ctx: Context, request: Json) -> Json:
    user = _user(ctx, request)
    if len(ctx.store.all(store.KEYS_OF, user.id)) >= _MOST_KEYS:
        raise AwsError("LimitExceededException", f"Cannot exceed quota for AccessKeysPerUser: {_MOST_KEYS}")
    key_id, now = keys.access_key_id("AKIA", ctx.account), ctx.clock.now()
    ctx.store.run(store.INSERT_KEY, key_id, user.id, "Active", now)
    _enter(ctx, key_id, "Active", Principal.user(user.arn, user.account, user.id))
    ctx.store.after_rollback(lambda: ctx.kernel.principals.pop(key_id, None))
    return {"AccessKey": _key(user, (key_id, user.id, "Active", now)) | {"SecretAccessKey": keys.secret_access_key()}}


def list_access_keys(ctx: Context, request: Json) -> Json:
    user = _user(ctx, request)
    rows = ctx.store.all(store.KEYS_OF, user.id)
    return {"AccessKeyMetadata": [_key(user, row) for row in rows], "IsTruncated": False}


def update_access_key(ctx: Context, request: Json) -> Json:
    user = _user(ctx, request)
    key_id, status = _known_key(ctx, user, request), request["Status"]
    ctx.store.run(store.SET_KEY_STATUS, status, key_id)
    principal = Principal.user(user.arn, user.account, user.id)
    ctx.store.after_commit(lambda: _enter(ctx, key_id, status, principal))
    return {}


def delete_access_key(ctx: Context, request: Json) -> Json:
    user = _user(ctx, request)
    key_id = _known_key(ctx, user, request)
    ctx.store.run(store.DELETE_KEY, key_id)
    principal = Principal.user(user.arn, user.account, user.id)
    ctx.store.after_commit(lambda: _enter(ctx, key_id, "Inactive", principal))
    return {}


def get_access_key_last_used(ctx: Context, request: Json) -> Json:
    """When keys are used is not recorded: every key is shown as unused."""
    key_id = request["AccessKeyId"]
    row = ctx.store.one(store.KEY, key_id)
    owner = ctx.store.one(store.ENTITY_BY_ID, row[1]) if row else None
    if owner is None:
        raise AwsError(
            "AccessDenied",
            f"User: {ctx.principal.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: "
            f"access key {key_id}",
            status=403,
        )
    return {"UserName": Entity.of(owner).name, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}


def _known_key(ctx: Context, user: Entity, request: Json) -> str:
    key_id: str = request["AccessKeyId"]
    row = ctx.store.one(store.KEY, key_id)
    if row is None or row[1] != user.id:
        raise AwsError("NoSuchEntityException", f"The Access Key with id {key_id} cannot be found.")
    return key_id


def _key(user: Entity, row: Row) -> Json:
    return {"UserName": user.name, "AccessKeyId": row[0], "Status": row[2], "CreateDate": row[3]}


def _enter(ctx: Context, key_id: str, status: str, principal: Principal) -> None:
    """Makes the key mean its user, or nobody."""
    ctx.kernel.principals[key_id] = principal if status == "Active" else principal._replace(kind="inactive")

"""Policies of roles, users and groups: inline ones, and managed ones attached.

The three kinds have the same operations under their own names, so each operation is written once and made thrice.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html, API_AttachRolePolicy.html
"""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.iam import aws_managed, entities, store
from penstock.services.iam.documents import check_identity_policy
from penstock.services.iam.entities import GROUP, ROLE, USER, Kind
from penstock.wire.model import Json

Operation = Callable[[Context, Json], Json]

_MOST_ATTACHED = 10


# -- inline policies ---------------------------------------------------------------------------------


def _put(kind: Kind) -> Operation:
    def put(ctx: Context, request: Json) -> Json:
        entity = entities.named(ctx, kind, request)
        check_identity_policy(request["PolicyDocument"])
        ctx.store.run(store.PUT_INLINE, entity.id, request["PolicyName"], request["PolicyDocument"])
        return {}

    return put


def _get(kind: Kind) -> Operation:
    def get(ctx: Context, request: Json) -> Json:
        entity, name = entities.named(ctx, kind, request), request["PolicyName"]
        row = ctx.store.one(store.INLINE, entity.id, name)
        if row is None:
            raise _no_inline(kind, name)
        return {f"{kind.noun}Name": entity.name, "PolicyName": name, "PolicyDocument": entities.encoded(row[0])}

    return get


def _delete(kind: Kind) -> Operation:
    def delete(ctx: Context, request: Json) -> Json:
        entity, name = entities.named(ctx, kind, request), request["PolicyName"]
        if not ctx.store.run(store.DELETE_INLINE, entity.id, name):
            raise _no_inline(kind, name)
        return {}

    return delete


def _list(kind: Kind) -> Operation:
    def names(ctx: Context, request: Json) -> Json:
        entity = entities.named(ctx, kind, request)
        rows = ctx.store.each(store.INLINE_OF, entity.id, entities.marker(request))
        found, end = entities.page(request, (row[0] for row in rows), lambda name: name)
        return {"PolicyNames": found, **end}

    return names


def _no_inline(kind: Kind, name: str) -> AwsError:
    return AwsError("NoSuchEntityException", f"The {kind.name} policy with name {name} cannot be found.")


put_role_policy, put_user_policy, put_group_policy = _put(ROLE), _put(USER), _put(GROUP)
get_role_policy, get_user_policy, get_group_policy = _get(ROLE), _get(USER), _get(GROUP)
delete_role_policy, delete_user_policy, delete_group_policy = _delete(ROLE), _delete(USER), _delete(GROUP)
list_role_policies, list_user_policies, list_group_policies = _list(ROLE), _list(USER), _list(GROUP)


# -- managed policies --------------------------------------------------------------------------------


def _attach(kind: Kind) -> Operation:
    def attach(ctx: Context, request: Json) -> Json:
        entity, arn = entities.named(ctx, kind, request), request["PolicyArn"]
        _check_attachable(ctx, arn)
        count = ctx.store.one(store.COUNT_ATTACHED, entity.id, arn)
        if count is not None and count[0] >= _MOST_ATTACHED:
            message = f"Cannot exceed quota for PoliciesPer{kind.noun}: {_MOST_ATTACHED}"
            raise AwsError("LimitExceededException", message)
        ctx.store.run(store.ATTACH, entity.id, arn)
        return {}

    return attach


def _check_attachable(ctx: Context, arn: str) -> None:
    """Any policy of AWS is: which of them there are is not known here."""
    if not arn.startswith("arn:"):
        raise AwsError("ValidationError", f"ARN {arn} is not valid.", status=400)
    if not aws_managed.is_aws(arn) and ctx.store.one(store.POLICY, arn) is None:
        raise AwsError("NoSuchEntityException", f"Policy {arn} does not exist or is not attachable.")


def _detach(kind: Kind) -> Operation:
    def detach(ctx: Context, request: Json) -> Json:
        entity, arn = entities.named(ctx, kind, request), request["PolicyArn"]
        if not ctx.store.run(store.DETACH, entity.id, arn):
            raise AwsError("NoSuchEntityException", f"Policy {arn} was not found.")
        return {}

    return detach


def _list_attached(kind: Kind) -> Operation:
    def attached(ctx: Context, request: Json) -> Json:
        entity = entities.named(ctx, kind, request)
        prefix = request.get("PathPrefix", "/")
        rows = ctx.store.each(store.ATTACHED_TO, entity.id, entities.marker(request, 0))
        wanted = (row for row in rows if row[1].partition(":policy")[2].startswith(prefix))
        found, end = entities.page(request, wanted, lambda row: row[0])
        shown = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for _, arn in found]
        return {"AttachedPolicies": shown, **end}

    return attached


attach_role_policy, attach_user_policy, attach_group_policy = _attach(ROLE), _attach(USER), _attach(GROUP)
detach_role_policy, detach_user_policy, detach_group_policy = _detach(ROLE), _detach(USER), _detach(GROUP)
list_attached_role_policies = _list_attached(ROLE)
list_attached_user_policies = _list_attached(USER)
list_attached_group_policies = _list_attached(GROUP)

"""AWS Identity and Access Management. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services.iam import (
    account,
    attachments,
    boundaries,
    entities,
    groups,
    identities,
    instance_profiles,
    policies,
    resources,
    roles,
    simulate,
    store,
    tags,
    users,
)
from penstock.wire.constraints import Fault, Faults, summary
from penstock.wire.model import Json, OperationModel


class _Unquoted(Fault):
    """A fault as IAM words it: the refused value is never repeated."""

    def __str__(self) -> str:
        value = "null " if self.value is None else ""
        return f"Value {value}at '{self.path}' failed to satisfy constraint: Member {self.must}"


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    worded: Faults = [_Unquoted(f.path, f.value, f.kind, f.must, f.subject) for f in faults]
    return AwsError("ValidationError", summary(worded), status=400)


def _resource(ctx: Context, operation: str, request: Json) -> str:
    """The role, user, group or profile that the request names; else the policy, or the one that it makes."""
    for kind in entities.KINDS.values():
        name = request.get(f"{kind.noun}Name")
        if name:
            row = ctx.store.one(store.ENTITY, ctx.account, kind.name, name)
            return row[5] if row else entities.arn_of(ctx, kind, request.get("Path", "/"), name)
    if operation == "CreatePolicy":
        return f"arn:aws:iam::{ctx.account}:policy{request.get('Path', '/')}{request['PolicyName']}"
    return str(request.get("PolicyArn", "*"))


_KEYS = {
    "iam:AWSServiceName": "AWSServiceName",
    "iam:PermissionsBoundary": "PermissionsBoundary",
    "iam:PolicyARN": "PolicyArn",
}


def _keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    return {key: str(request[member]) for key, member in _KEYS.items() if member in request}


SERVICE = Service(
    name="iam",
    operations=(roles, users, groups, instance_profiles, policies, attachments, boundaries, tags, simulate, account),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    keys=_keys,
    validation_code="ValidationError",
    refuse=_refuse,
    state=identities.Identities,
    wrap=identities.forgetting,
    start=users.start,
)

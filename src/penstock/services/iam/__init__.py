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
    if "PolicyArn" in request and operation.endswith(("Policy", "PolicyVersion", "PolicyVersions")):
        arn: str = request["PolicyArn"]
        return arn
    for kind in entities.KINDS.values():
        name = request.get(f"{kind.noun}Name")
        if name:
            row = ctx.store.one(store.ENTITY, ctx.account, kind.name, name)
            return row[5] if row else entities.arn_of(ctx, kind, request.get("Path", "/"), name)
    return "*"


SERVICE = Service(
    name="iam",
    operations=(roles, users, groups, instance_profiles, policies, attachments, boundaries, tags, simulate, account),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    validation_code="ValidationError",
    refuse=_refuse,
    state=identities.Identities,
    wrap=identities.forgetting,
    start=users.start,
)

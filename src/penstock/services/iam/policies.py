"""Managed policies and their versions: the account's own, and those of AWS.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html and its siblings.
"""

from typing import NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.base.store import Row
from penstock.call import Context
from penstock.iam import keys
from penstock.services.iam import aws_managed, entities, store
from penstock.services.iam.documents import check_managed_policy
from penstock.services.iam.entities import Entity
from penstock.wire.model import Json

_MOST_VERSIONS = 5
_ABOVE_ALL = 2**31


class Managed(NamedTuple):
    """A row of `iam_policies`, or a policy of AWS in its form."""

    arn: str
    account: str
    id: str
    name: str
    path: str
    description: str | None
    create_date: float
    update_date: float
    default_version: int
    last_version: int
    tags: str


# -- policies ----------------------------------------------------------------------------------------


def create_policy(ctx: Context, request: Json) -> Json:
    name, path, now = request["PolicyName"], request.get("Path", "/"), ctx.clock.now()
    tags = entities.tag_map(request.get("Tags", ()), fold=False)
    check_managed_policy(request["PolicyDocument"])
    if ctx.store.one(store.POLICY_NAMED, ctx.account, name) is not None:
        message = f"A policy called {name} already exists. Duplicate names are not allowed."
        raise AwsError("EntityAlreadyExistsException", message)
    arn = f"arn:aws:iam::{ctx.account}:policy{path}{name}"
    ctx.store.run(
        store.INSERT_POLICY, arn, ctx.account, keys.unique_id("ANPA"), name, path, request.get("Description"), now,
        now, orjson.dumps(tags).decode(),
    )  # fmt: skip
    ctx.store.run(store.INSERT_VERSION, arn, 1, request["PolicyDocument"], now)
    return {"Policy": _described(ctx, managed(ctx, arn)) | entities.tagged(tags)}


def get_policy(ctx: Context, request: Json) -> Json:
    policy = managed(ctx, request["PolicyArn"])
    tags: Json = {"Tags": entities.tag_list(orjson.loads(policy.tags))}
    description = {"Description": policy.description} if policy.description else {}
    return {"Policy": _described(ctx, policy) | description | tags}


def list_policies(ctx: Context, request: Json) -> Json:
    """AWS's policies and the account's, in the order of their ARNs."""
    prefix, after = request.get("PathPrefix", "/"), entities.marker(request)
    policies = sorted(_in_scope(ctx, request.get("Scope", "All")), key=lambda policy: policy.arn)
    shown = (_described(ctx, policy) for policy in policies if policy.path.startswith(prefix) and policy.arn > after)
    wanted = (policy for policy in shown if policy["AttachmentCount"] or not request.get("OnlyAttached"))
    found, end = entities.page(request, wanted, lambda policy: policy["Arn"])
    return {"Policies": found, **end}


def _in_scope(ctx: Context, scope: str) -> list[Managed]:
    own = [Managed(*row) for row in ctx.store.all(store.POLICIES, ctx.account)] if scope != "AWS" else []
    return own + ([_of_aws(arn) for arn in aws_managed.policies()] if scope != "Local" else [])


def delete_policy(ctx: Context, request: Json) -> Json:
    arn = _own(ctx, request["PolicyArn"]).arn
    if ctx.store.one(store.ENTITIES_WITH, arn, ctx.account) is not None:
        raise entities.conflict("Cannot delete a policy attached to entities.")
    if len(ctx.store.all(store.VERSIONS, arn, _ABOVE_ALL)) > 1:
        raise entities.conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    for statement in store.DELETE_POLICY:
        ctx.store.run(statement, arn)
    return {}


def list_entities_for_policy(ctx: Context, request: Json) -> Json:
    arn = managed(ctx, request["PolicyArn"]).arn
    only, prefix = request.get("EntityFilter"), request.get("PathPrefix", "/")
    result: Json = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": [], "IsTruncated": False}
    for entity in map(Entity.of, ctx.store.all(store.ENTITIES_WITH, arn, ctx.account)):
        noun = entities.KINDS[entity.kind].noun
        if only in (None, noun) and entity.path.startswith(prefix):
            result[f"Policy{noun}s"].append({f"{noun}Name": entity.name, f"{noun}Id": entity.id})
    return result


# -- versions ----------------------------------------------------------------------------------------


def create_policy_version(ctx: Context, request: Json) -> Json:
    policy = _own(ctx, request["PolicyArn"])
    check_managed_policy(request["PolicyDocument"])
    if len(ctx.store.all(store.VERSIONS, policy.arn, _ABOVE_ALL)) >= _MOST_VERSIONS:
        raise AwsError(
            "LimitExceededException",
            f"A managed policy can have up to {_MOST_VERSIONS} versions. Before you create a new version, you must "
            "delete an existing version.",
        )
    version, now = policy.last_version + 1, ctx.clock.now()
    ctx.store.run(store.INSERT_VERSION, policy.arn, version, request["PolicyDocument"], now)
    ctx.store.run(store.SET_LAST_VERSION, version, policy.arn)
    default = request.get("SetAsDefault", False)
    if default:
        ctx.store.run(store.SET_DEFAULT_VERSION, version, now, policy.arn)
    return {"PolicyVersion": {"VersionId": f"v{version}", "IsDefaultVersion": default, "CreateDate": now}}


def get_policy_version(ctx: Context, request: Json) -> Json:
    arn = request["PolicyArn"]
    policy, row = _version(ctx, arn, request["VersionId"])
    shown = _version_described(policy, row) | {"Document": entities.encoded(row[1])}
    return {"PolicyVersion": shown}


def list_policy_versions(ctx: Context, request: Json) -> Json:
    policy = managed(ctx, request["PolicyArn"])
    if aws_managed.known(policy.arn):
        row = (policy.default_version, "", policy.update_date)
        return {"Versions": [_version_described(policy, row)], "IsTruncated": False}
    rows = ctx.store.each(store.VERSIONS, policy.arn, entities.marker(request, _ABOVE_ALL))
    found, end = entities.page(request, rows, lambda row: row[0])
    return {"Versions": [_version_described(policy, row) for row in found], **end}


def set_default_policy_version(ctx: Context, request: Json) -> Json:
    policy, row = _version(ctx, request["PolicyArn"], request["VersionId"])
    ctx.store.run(store.SET_DEFAULT_VERSION, row[0], ctx.clock.now(), policy.arn)
    return {}


def delete_policy_version(ctx: Context, request: Json) -> Json:
    policy, row = _version(ctx, request["PolicyArn"], request["VersionId"])
    if row[0] == policy.default_version:
        raise entities.conflict("Cannot delete the default version of a policy.")
    ctx.store.run(store.DELETE_VERSION, policy.arn, row[0])
    return {}


def _version(ctx: Context, arn: str, version_id: str) -> tuple[Managed, Row]:
    """(the policy, the version's row). Raises NoSuchEntityException."""
    missing = AwsError(
        "NoSuchEntityException", f"Policy {arn} version {version_id} does not exist or is not attachable."
    )
    number = int(version_id[1:].partition(".")[0])
    if aws_managed.known(arn):
        policy = _of_aws(arn)
        if number != policy.default_version:
            raise missing
        return policy, (number, aws_managed.document(arn), policy.update_date)
    row = ctx.store.one(store.POLICY, arn)
    version = ctx.store.one(store.VERSION, arn, number)
    if row is None or version is None:
        raise missing
    return Managed(*row), version


def _version_described(policy: Managed, row: Row) -> Json:
    return {"VersionId": f"v{row[0]}", "IsDefaultVersion": row[0] == policy.default_version, "CreateDate": row[2]}


# -- finding one -------------------------------------------------------------------------------------


def managed(ctx: Context, arn: str) -> Managed:
    """Raises NoSuchEntityException."""
    if aws_managed.known(arn):
        return _of_aws(arn)
    row = ctx.store.one(store.POLICY, arn)
    if row is None:
        raise AwsError("NoSuchEntityException", f"Policy {arn} was not found.")
    return Managed(*row)


def document_of(ctx: Context, arn: str) -> str | None:
    """The document of a policy's default version, or None where the policy is not known here."""
    if aws_managed.known(arn):
        return aws_managed.document(arn)
    row = ctx.store.one(store.POLICY, arn)
    version = ctx.store.one(store.VERSION, arn, Managed(*row).default_version) if row else None
    return version[1] if version else None


def _own(ctx: Context, arn: str) -> Managed:
    """A policy that the account may change. Raises AccessDenied for those of AWS."""
    policy = managed(ctx, arn)
    if aws_managed.known(arn):
        raise AwsError("AccessDenied", f"Policy {arn} belongs to AWS and cannot be changed.", status=403)
    return policy


def _of_aws(arn: str) -> Managed:
    found = aws_managed.policies()[arn]
    name = arn.rpartition("/")[2]
    path = arn.partition(":policy")[2].removesuffix(name)
    version = int(found["VersionId"][1:])
    return Managed(
        arn, "aws", aws_managed.policy_id(arn), name, path, None, found["CreateDate"], found["UpdateDate"], version,
        version, "{}",
    )  # fmt: skip


def _described(ctx: Context, policy: Managed) -> Json:
    count = ctx.store.one(store.COUNT_ATTACHMENTS, policy.arn, ctx.account)
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": count[0] if count else 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
    }

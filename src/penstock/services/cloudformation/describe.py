"""Rows -> the shapes of CloudFormation's answers, and finding a stack by name or id."""

from collections.abc import Sequence
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import store
from penstock.services.cloudformation.store import ResourceRow, StackRow
from penstock.wire.model import Json

PAGE = 100


def find(ctx: Context, name: str) -> StackRow | None:
    """By name among those that are there, by id among all."""
    if name.startswith("arn:"):
        return store.stack_by_id(ctx.store, name)
    return store.stack_by_name(ctx.store, ctx.account, ctx.region, name)


def known(ctx: Context, name: str, message: str = "Stack with id {} does not exist") -> StackRow:
    """The stack; ValidationError with the operation's own wording where there is none."""
    row = find(ctx, name)
    if row is None:
        raise AwsError("ValidationError", message.format(name))
    return row


def page(items: Sequence[Any], request: Json, size: int = PAGE) -> tuple[list[Any], Json]:
    """One page of the items, and the member that leads to the next one."""
    token = request.get("NextToken")
    if token is not None and not token.isdecimal():
        raise AwsError("ValidationError", f"Invalid NextToken: {token}")
    start = int(token or 0)
    rest: Json = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return list(items[start : start + size]), rest


def _given(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def stack(row: StackRow) -> Json:
    """A stack as DescribeStacks has it."""
    body = row.body
    return _given(
        StackId=row.stack_id,
        StackName=row.stack_name,
        ChangeSetId=body.get("ChangeSetId"),
        Description=body.get("Description") or None,
        Parameters=[parameter(name, value) for name, value in body.get("Parameters", {}).items()] or None,
        CreationTime=row.created_at,
        DeletionTime=row.deleted_at or body.get("DeletionTime"),
        LastUpdatedTime=row.updated_at,
        RollbackConfiguration=body.get("RollbackConfiguration", {}),
        StackStatus=row.status,
        StackStatusReason=body.get("StackStatusReason"),
        DisableRollback=body.get("DisableRollback", False),
        NotificationARNs=body.get("NotificationARNs", []),
        TimeoutInMinutes=body.get("TimeoutInMinutes"),
        Capabilities=body.get("Capabilities"),
        Outputs=body.get("Outputs") or None,
        RoleARN=body.get("RoleARN"),
        Tags=[{"Key": key, "Value": value} for key, value in body.get("Tags", {}).items()],
        EnableTerminationProtection=None if row.deleted_at else body.get("EnableTerminationProtection", False),
        ParentId=body.get("ParentId"),
        RootId=body.get("RootId"),
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
    )


def parameter(name: str, value: Json) -> Json:
    shown = "****" if value.get("NoEcho") else value["Value"]
    return _given(ParameterKey=name, ParameterValue=shown, ResolvedValue=value.get("Resolved"))


def summary(row: StackRow) -> Json:
    """A stack as ListStacks has it."""
    body = row.body
    return _given(
        StackId=row.stack_id,
        StackName=row.stack_name,
        TemplateDescription=body.get("Description") or None,
        CreationTime=row.created_at,
        LastUpdatedTime=row.updated_at,
        DeletionTime=row.deleted_at,
        StackStatus=row.status,
        StackStatusReason=body.get("StackStatusReason"),
        ParentId=body.get("ParentId"),
        RootId=body.get("RootId"),
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
    )


def resource(row: ResourceRow) -> Json:
    """What DescribeStackResources and ListStackResources say alike; the timestamp's name is theirs."""
    return _given(
        LogicalResourceId=row.record.logical_id,
        PhysicalResourceId=row.record.physical_id or None,
        ResourceType=row.record.type,
        ResourceStatus=row.status,
        ResourceStatusReason=row.reason,
        DriftInformation={"StackResourceDriftStatus": "NOT_CHECKED"},
    )

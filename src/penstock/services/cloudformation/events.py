"""A stack's events: recorded, told to whoever watches the deployment, and published to the stack's topics.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudformation import store
from penstock.services.cloudformation.state import Report, Step
from penstock.services.cloudformation.store import StackRow
from penstock.template.plan import Record
from penstock.wire.model import Json

log = logging.getLogger("penstock")

STACK = "AWS::CloudFormation::Stack"
_SUBJECT = "AWS CloudFormation Notification"


def of_stack(ctx: Context, row: StackRow, status: str, reason: str | None, report: Report) -> None:
    """The stack's own event."""
    _record(ctx, row, Record(row.stack_name, STACK, row.stack_id), status, reason, None)
    report(Step(row.stack_name, row.stack_name, STACK, status, reason))


def of_resource(
    ctx: Context, row: StackRow, record: Record, status: str, reason: str | None, properties: Mapping[str, Any]
) -> None:
    """The event of one of its resources; `properties` as they may be shown."""
    _record(ctx, row, record, status, reason, properties)


def _record(
    ctx: Context,
    row: StackRow,
    record: Record,
    status: str,
    reason: str | None,
    properties: Mapping[str, Any] | None,
) -> None:
    shown = None if properties is None else orjson.dumps(properties).decode()
    key = (row.stack_id, record.logical_id, record.physical_id, record.type)
    now, token = ctx.clock.now(), row.body.get("ClientRequestToken")
    id = store.add_event(ctx.store, *key, now, status, reason, shown, token)
    for topic in row.body.get("NotificationARNs", ()):
        found = (id, record.logical_id, record.physical_id, record.type, now, status, reason, shown, token)
        _publish(ctx, row, topic, described(row, *found))


def described(
    row: StackRow,
    id: int,
    logical_id: str,
    physical_id: str,
    kind: str,
    timestamp: float,
    status: str,
    reason: str | None,
    properties: str | None,
    token: str | None,
) -> Json:
    """An event as DescribeStackEvents has it."""
    event = {
        "StackId": row.stack_id,
        "EventId": _event_id(row, id, logical_id, physical_id, timestamp, status),
        "StackName": row.stack_name,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
        "Timestamp": timestamp,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ResourceProperties": properties,
        "ClientRequestToken": token,
    }
    return {name: value for name, value in event.items() if value is not None}


def _event_id(row: StackRow, id: int, logical_id: str, physical_id: str, timestamp: float, status: str) -> str:
    """A UUID for the stack, `Queue-CREATE_COMPLETE-2024-01-31T09:30:00.007Z` for a resource.

    Several events fall on one instant of the virtual clock: the milliseconds tell them apart.
    """
    if physical_id == row.stack_id:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{row.stack_id}/{id}"))
    return f"{logical_id}-{status}-{datetime.fromtimestamp(int(timestamp), UTC):%Y-%m-%dT%H:%M:%S}.{id % 1000:03}Z"


def _publish(ctx: Context, row: StackRow, topic: str, event: Json) -> None:
    """A topic that is not there gets nothing, and the deployment goes on."""
    lines = {
        **event,
        "Timestamp": f"{datetime.fromtimestamp(event['Timestamp'], UTC).isoformat(timespec='milliseconds')[:-6]}Z",
        "Namespace": row.account,
        "PrincipalId": ctx.account,
        "ResourceProperties": event.get("ResourceProperties", "null"),
        "ResourceStatusReason": event.get("ResourceStatusReason", ""),
        "ClientRequestToken": event.get("ClientRequestToken", "null"),
    }
    message = "".join(f"{name}='{value}'\n" for name, value in lines.items())
    try:
        ctx.call_now("sns", "Publish", {"TopicArn": topic, "Subject": _SUBJECT, "Message": message})
    except AwsError as error:
        log.debug("%s was not told of %s: %s", topic, row.stack_name, error.message)

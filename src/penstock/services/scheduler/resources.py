"""CloudFormation types of EventBridge Scheduler.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html
"""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from penstock.base.errors import AwsError
from penstock.services.scheduler.checks import unsupported
from penstock.services.scheduler.names import DEFAULT
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

# -- AWS::Scheduler::Schedule --------------------------------------------------------------------------

_DATES = ("StartDate", "EndDate")


async def _create_schedule(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(64)
    operation = "UpdateSchedule" if rc.resumed and await _schedule_exists(rc, name, properties) else "CreateSchedule"
    made = await rc.call("scheduler", operation, {**_request(properties), "Name": name})
    return Resource(name, {"Arn": made["ScheduleArn"]})


async def _update_schedule(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """A schedule that deleted itself after its last firing is made again, as it is on AWS."""
    request = {**_request(properties), "Name": resource.physical_id}
    try:
        await rc.call("scheduler", "UpdateSchedule", request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        await rc.call("scheduler", "CreateSchedule", request)
    return resource


async def _delete_schedule(rc: ResourceContext, resource: Resource) -> None:
    group = resource.properties.get("GroupName", DEFAULT)
    await rc.call("scheduler", "DeleteSchedule", {"Name": resource.physical_id, "GroupName": group})


async def _schedule_exists(rc: ResourceContext, name: str, properties: Properties) -> bool:
    with contextlib.suppress(AwsError):
        request = {"Name": name, "GroupName": properties.get("GroupName", DEFAULT)}
        return bool(await rc.call("scheduler", "GetSchedule", request))
    return False


def _request(properties: Properties) -> Json:
    return {**properties, **{name: _epoch(properties[name]) for name in _DATES if name in properties}}


def _epoch(value: Any) -> Any:
    """Epoch seconds of an ISO 8601 time in UTC."""
    with contextlib.suppress(TypeError, ValueError):
        when = datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return value


def _problems(properties: Properties) -> Iterable[tuple[str, str]]:
    target = properties.get("Target")
    arn = target.get("Arn") if isinstance(target, dict) else None
    if isinstance(arn, str) and arn.count(":") >= 5 and unsupported(arn):
        yield "Target.Arn", f"{arn.split(':')[2]} cannot be a schedule's target yet"
    window = properties.get("FlexibleTimeWindow")
    if isinstance(window, dict) and window.get("Mode") == "OFF" and "MaximumWindowInMinutes" in window:
        yield "FlexibleTimeWindow.MaximumWindowInMinutes", "AWS refuses it where the Mode is OFF"


_SCHEDULE = ResourceType(
    name="AWS::Scheduler::Schedule",
    create=_create_schedule,
    update=_update_schedule,
    delete=_delete_schedule,
    properties=frozenset(
        {"ActionAfterCompletion", "Description", "EndDate", "FlexibleTimeWindow", "GroupName", "Name"}
        | {"ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"}
    ),
    inert={"KmsKeyArn": "schedules on this machine are not encrypted"},
    replace_on=frozenset({"GroupName", "Name"}),
    problems=_problems,
)

# -- AWS::Scheduler::ScheduleGroup ---------------------------------------------------------------------


async def _create_group(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(64)
    request = {"Name": name, "Tags": rc.tag_list(properties), "ClientToken": name}
    await rc.call("scheduler", "CreateScheduleGroup", request)
    return await _group(rc, name)


async def _update_group(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    arn, wanted = resource.attributes["Arn"], rc.tag_list(properties)
    known = (await rc.call("scheduler", "ListTagsForResource", {"ResourceArn": arn}))["Tags"]
    gone = {tag["Key"] for tag in known} - {tag["Key"] for tag in wanted}
    if gone:
        await rc.call("scheduler", "UntagResource", {"ResourceArn": arn, "TagKeys": sorted(gone)})
    await rc.call("scheduler", "TagResource", {"ResourceArn": arn, "Tags": wanted})
    return await _group(rc, resource.physical_id)


async def _group(rc: ResourceContext, name: str) -> Resource:
    found = await rc.call("scheduler", "GetScheduleGroup", {"Name": name})
    return Resource(name, {member: str(found[member]) for member in ("Arn", *_GROUP_SHOWN)})


_GROUP_SHOWN = ("CreationDate", "LastModificationDate", "State")


async def _delete_group(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("scheduler", "DeleteScheduleGroup", {"Name": resource.physical_id})


_SCHEDULE_GROUP = ResourceType(
    name="AWS::Scheduler::ScheduleGroup",
    create=_create_group,
    update=_update_group,
    delete=_delete_group,
    properties=frozenset({"Name", "Tags"}),
    replace_on=frozenset({"Name"}),
)

TABLE = (_SCHEDULE, _SCHEDULE_GROUP)

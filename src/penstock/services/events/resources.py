"""CloudFormation types of EventBridge.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from collections.abc import Iterable
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.delivery.targets import TARGETS
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_NOT_ENCRYPTED = "events on this machine are not encrypted"

# -- AWS::Events::EventBus -----------------------------------------------------------------------------


async def _create_bus(rc: ResourceContext, properties: Properties) -> Resource:
    request = {**_bus_settings(properties), "Name": properties["Name"], "Tags": rc.tag_list(properties)}
    if not (rc.resumed and await _bus_exists(rc, properties["Name"])):
        await rc.call("events", "CreateEventBus", request)
    await _put_policy(rc, properties)
    return _bus(rc, properties)


async def _update_bus(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await rc.call("events", "UpdateEventBus", {**_bus_settings(properties), "Name": resource.physical_id})
    if "Policy" in resource.properties and "Policy" not in properties:
        request = {"EventBusName": resource.physical_id, "RemoveAllPermissions": True}
        await rc.call("events", "RemovePermission", request)
    await _put_policy(rc, properties)
    await _retag(rc, resource.attributes["Arn"], rc.tag_list(properties))
    return _bus(rc, properties)


def _bus_settings(properties: Properties) -> Json:
    names = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
    return {name: properties[name] for name in names if name in properties}


async def _bus_exists(rc: ResourceContext, name: str) -> bool:
    found = await rc.call("events", "ListEventBuses", {"NamePrefix": name})
    return any(bus["Name"] == name for bus in found["EventBuses"])


async def _put_policy(rc: ResourceContext, properties: Properties) -> None:
    if "Policy" in properties:
        request = {"EventBusName": properties["Name"], "Policy": properties["Policy"]}
        await rc.call("events", "PutPermission", request)


async def _retag(rc: ResourceContext, arn: str, wanted: list[dict[str, str]]) -> None:
    known = (await rc.call("events", "ListTagsForResource", {"ResourceARN": arn}))["Tags"]
    gone = {tag["Key"] for tag in known} - {tag["Key"] for tag in wanted}
    if gone:
        await rc.call("events", "UntagResource", {"ResourceARN": arn, "TagKeys": sorted(gone)})
    if wanted:
        await rc.call("events", "TagResource", {"ResourceARN": arn, "Tags": wanted})


def _bus(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties["Name"]
    attributes = {"Arn": f"arn:aws:events:{rc.region}:{rc.account}:event-bus/{name}", "Name": name}
    return Resource(name, attributes | ({"Policy": properties["Policy"]} if "Policy" in properties else {}))


async def _delete_bus(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("events", "DeleteEventBus", {"Name": resource.physical_id})


_EVENT_BUS = ResourceType(
    name="AWS::Events::EventBus",
    create=_create_bus,
    update=_update_bus,
    delete=_delete_bus,
    properties=frozenset({"Name", "Description", "Policy", "Tags", "DeadLetterConfig"}),
    inert={"KmsKeyIdentifier": _NOT_ENCRYPTED, "LogConfig": "event buses write no logs of their own here"},
    replace_on=frozenset({"Name"}),
)

# -- AWS::Events::EventBusPolicy -----------------------------------------------------------------------


async def _put_statement(rc: ResourceContext, properties: Properties) -> Resource:
    bus = properties.get("EventBusName", "default")
    if "Statement" in properties:
        described = await rc.call("events", "DescribeEventBus", {"Name": bus})
        sid, policy = properties["StatementId"], orjson.loads(described.get("Policy", '{"Statement": []}'))
        others = [statement for statement in policy["Statement"] if statement.get("Sid") != sid]
        document = {"Version": "2012-10-17", "Statement": [*others, {**properties["Statement"], "Sid": sid}]}
        await rc.call("events", "PutPermission", {"EventBusName": bus, "Policy": document})
    else:
        await rc.call("events", "PutPermission", {**properties, "EventBusName": bus})
    return Resource(f"{bus}|{properties['StatementId']}")


async def _update_statement(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _put_statement(rc, properties)


async def _remove_statement(rc: ResourceContext, resource: Resource) -> None:
    bus, _, sid = resource.physical_id.rpartition("|")
    await rc.call("events", "RemovePermission", {"EventBusName": bus, "StatementId": sid})


_EVENT_BUS_POLICY = ResourceType(
    name="AWS::Events::EventBusPolicy",
    create=_put_statement,
    update=_update_statement,
    delete=_remove_statement,
    properties=frozenset({"EventBusName", "StatementId", "Statement", "Action", "Principal", "Condition"}),
    replace_on=frozenset({"EventBusName", "StatementId"}),
)

# -- AWS::Events::Rule ---------------------------------------------------------------------------------

_RULE_MEMBERS = ("Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State")


async def _create_rule(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(64)
    rule = await _put_rule(rc, name, properties)
    await _put_targets(rc, name, properties)
    return rule


async def _put_rule(rc: ResourceContext, name: str, properties: Properties) -> Resource:
    request = {member: properties[member] for member in _RULE_MEMBERS if member in properties}
    request |= {"Name": name, "Tags": rc.tag_list(properties)}
    arn = (await rc.call("events", "PutRule", request))["RuleArn"]
    bus = properties.get("EventBusName", "default").rpartition(":event-bus/")[2]
    return Resource(name if bus == "default" else f"{bus}|{name}", {"Arn": arn})


async def _put_targets(rc: ResourceContext, name: str, properties: Properties) -> None:
    if properties.get("Targets"):
        targets = [_target(target) for target in properties["Targets"]]
        await rc.call("events", "PutTargets", {**_place(properties), "Rule": name, "Targets": targets})


def _target(properties: Properties) -> Json:
    """A target as the API has it: EcsParameters have two members under other names."""
    if not properties.get("EcsParameters"):
        return dict(properties)
    ecs = {_ECS_MEMBERS.get(name, name): value for name, value in properties["EcsParameters"].items()}
    return {**properties, "EcsParameters": ecs}


_ECS_MEMBERS = {"PlacementStrategies": "PlacementStrategy", "TagList": "Tags"}


async def _update_rule(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = _rule_name(resource)
    rule = await _put_rule(rc, name, properties)
    kept = {target["Id"] for target in properties.get("Targets") or ()}
    await _remove_targets(rc, resource, [target_id for target_id in _target_ids(resource) if target_id not in kept])
    await _put_targets(rc, name, properties)
    await _retag(rc, rule.attributes["Arn"], rc.tag_list(properties))
    return rule


async def _delete_rule(rc: ResourceContext, resource: Resource) -> None:
    await _remove_targets(rc, resource, _target_ids(resource))
    await rc.call("events", "DeleteRule", {**_place(resource.properties), "Name": _rule_name(resource)})


async def _remove_targets(rc: ResourceContext, resource: Resource, ids: list[str]) -> None:
    if ids:
        request = {**_place(resource.properties), "Rule": _rule_name(resource), "Ids": ids}
        await rc.call("events", "RemoveTargets", request)


def _target_ids(resource: Resource) -> list[str]:
    return [target["Id"] for target in resource.properties.get("Targets") or ()]


def _rule_name(resource: Resource) -> str:
    return resource.physical_id.rpartition("|")[2]


def _place(properties: Properties) -> Json:
    return {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}


def _unsupported_targets(properties: Properties) -> Iterable[tuple[str, str]]:
    for target in properties.get("Targets") or ():
        arn = target.get("Arn") if isinstance(target, dict) else None
        if isinstance(arn, str) and arn.startswith("arn:") and _service(arn) not in TARGETS:
            yield "Targets.Arn", f"{_service(arn)} cannot be a target yet"


def _service(arn: str) -> Any:
    return Arn.parse(arn).service if arn.count(":") >= 5 else arn


_TARGET_MEMBERS = (
    "Id",
    "Arn",
    "RoleArn",
    "Input",
    "InputPath",
    "InputTransformer",
    "EcsParameters",
    "HttpParameters",
    "KinesisParameters",
    "SqsParameters",
)
_RULE = ResourceType(
    name="AWS::Events::Rule",
    create=_create_rule,
    update=_update_rule,
    delete=_delete_rule,
    properties=frozenset(
        {"Name", "Tags", *_RULE_MEMBERS}
        | {f"Targets.{member}" for member in (*_TARGET_MEMBERS, "DeadLetterConfig", "RetryPolicy")}
    ),
    replace_on=frozenset({"Name", "EventBusName"}),
    problems=_unsupported_targets,
)

# -- AWS::Events::Archive ------------------------------------------------------------------------------


def _archive_request(rc: ResourceContext, properties: Properties) -> Json:
    request = {name: value for name, value in properties.items() if name != "SourceArn"}
    return {**request, "EventSourceArn": properties["SourceArn"]}


_ARCHIVE = one_call(
    "AWS::Events::Archive",
    "events",
    create="CreateArchive",
    update="UpdateArchive",
    delete="DeleteArchive",
    properties={"ArchiveName", "SourceArn", "Description", "EventPattern", "RetentionDays"},
    named=("ArchiveName", 48),
    request=_archive_request,
    made=lambda request, response: Resource(
        request["ArchiveName"], {"Arn": response["ArchiveArn"], "ArchiveName": request["ArchiveName"]}
    ),
    key="ArchiveName",
    replace_on={"SourceArn"},
    inert={"KmsKeyIdentifier": _NOT_ENCRYPTED},
)

TABLE = (_EVENT_BUS, _EVENT_BUS_POLICY, _RULE, _ARCHIVE)

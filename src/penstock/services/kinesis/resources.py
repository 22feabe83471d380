"""CloudFormation types of Kinesis.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Kinesis.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.kinesis.state import Settings
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NAME_LENGTH = 128
_CREATED = ("MaxRecordSizeInKiB", "ShardCount", "StreamModeDetails", "WarmThroughputMiBps")
_DEFAULTS = Settings()


# -- AWS::Kinesis::Stream ------------------------------------------------------------------------------


async def _create_stream(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(_NAME_LENGTH)
    given = {member: properties[member] for member in _CREATED if member in properties}
    tags = rc.tag_map(properties)
    await rc.call("kinesis", "CreateStream", {"StreamName": name, **given, **({"Tags": tags} if tags else {})})
    await _set(rc, name, {}, {key: value for key, value in properties.items() if key not in _CREATED})
    summary = await _summary(rc, name)
    return Resource(name, {"Arn": summary["StreamARN"]})


async def _update_stream(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """What a template does not say any more goes back to its default."""
    name = resource.physical_id
    await _set(rc, name, resource.properties, properties)
    await _set_shards(rc, name, properties)
    await _set_tags(rc, name, rc.tag_map(properties))
    return resource


async def _delete_stream(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("kinesis", "DeleteStream", {"StreamName": resource.physical_id, "EnforceConsumerDeletion": True})


async def _summary(rc: ResourceContext, name: str) -> Mapping[str, Any]:
    answer = await rc.call("kinesis", "DescribeStreamSummary", {"StreamName": name})
    summary: Mapping[str, Any] = answer["StreamDescriptionSummary"]
    return summary


async def _set(rc: ResourceContext, name: str, before: Properties, after: Properties) -> None:
    """Brings what is set by operations of its own from what it was to what it is to be."""
    for member, setter in _SETTERS.items():
        if before.get(member) != after.get(member):
            await setter(rc, name, before.get(member), after.get(member))


async def _set_mode(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    request = {"StreamARN": (await _summary(rc, name))["StreamARN"]}
    await rc.call(
        "kinesis", "UpdateStreamMode", {**request, "StreamModeDetails": after or {"StreamMode": _DEFAULTS.mode}}
    )


async def _set_retention(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    hours, now = (int(value or _DEFAULTS.retention_hours) for value in (after, before))
    operation = "Increase" if hours > now else "Decrease"
    request = {"StreamName": name, "RetentionPeriodHours": hours}
    await rc.call("kinesis", f"{operation}StreamRetentionPeriod", request)


async def _set_encryption(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    operation = "StartStreamEncryption" if after else "StopStreamEncryption"
    await rc.call("kinesis", operation, {"StreamName": name, **(after or before)})


async def _set_metrics(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    for operation, metrics in (
        ("DisableEnhancedMonitoring", [metric for metric in before or () if metric not in (after or ())]),
        ("EnableEnhancedMonitoring", after),
    ):
        if metrics:
            await rc.call("kinesis", operation, {"StreamName": name, "ShardLevelMetrics": metrics})


async def _set_size(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    arn = (await _summary(rc, name))["StreamARN"]
    request = {"StreamARN": arn, "MaxRecordSizeInKiB": after or _DEFAULTS.max_record_size}
    await rc.call("kinesis", "UpdateMaxRecordSize", request)


async def _set_throughput(rc: ResourceContext, name: str, before: Any, after: Any) -> None:
    request = {"StreamName": name, "WarmThroughputMiBps": after or _DEFAULTS.warm_throughput}
    await rc.call("kinesis", "UpdateStreamWarmThroughput", request)


async def _set_shards(rc: ResourceContext, name: str, properties: Properties) -> None:
    count = int(properties.get("ShardCount") or 0)
    if count and (await _summary(rc, name))["OpenShardCount"] != count:
        request = {"StreamName": name, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
        await rc.call("kinesis", "UpdateShardCount", request)


async def _set_tags(rc: ResourceContext, name: str, tags: dict[str, str]) -> None:
    listed = await rc.call("kinesis", "ListTagsForStream", {"StreamName": name})
    known = {tag["Key"]: tag["Value"] for tag in listed["Tags"]}
    if gone := [key for key in known if key not in tags]:
        await rc.call("kinesis", "RemoveTagsFromStream", {"StreamName": name, "TagKeys": gone})
    if changed := {key: value for key, value in tags.items() if known.get(key) != value}:
        await rc.call("kinesis", "AddTagsToStream", {"StreamName": name, "Tags": changed})


# In this order: warm throughput and shards go with a mode.
_SETTERS = {
    "StreamModeDetails": _set_mode,
    "RetentionPeriodHours": _set_retention,
    "StreamEncryption": _set_encryption,
    "DesiredShardLevelMetrics": _set_metrics,
    "MaxRecordSizeInKiB": _set_size,
    "WarmThroughputMiBps": _set_throughput,
}


# -- AWS::Kinesis::StreamConsumer ----------------------------------------------------------------------


async def _create_consumer(rc: ResourceContext, properties: Properties) -> Resource:
    tags = rc.tag_map(properties)
    request = {"StreamARN": properties["StreamARN"], "ConsumerName": properties["ConsumerName"]}
    answer = await rc.call("kinesis", "RegisterStreamConsumer", {**request, **({"Tags": tags} if tags else {})})
    consumer = answer["Consumer"]
    attributes = {
        **request,
        "ConsumerARN": consumer["ConsumerARN"],
        "ConsumerCreationTimestamp": str(int(consumer["ConsumerCreationTimestamp"])),
        "ConsumerStatus": "ACTIVE",
    }
    return Resource(consumer["ConsumerARN"], attributes)


async def _update_consumer(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """Its tags; anything else makes another consumer."""
    where = {"ResourceARN": resource.physical_id}
    tags = rc.tag_map(properties)
    listed = await rc.call("kinesis", "ListTagsForResource", where)
    if gone := [tag["Key"] for tag in listed["Tags"] if tag["Key"] not in tags]:
        await rc.call("kinesis", "UntagResource", {**where, "TagKeys": gone})
    if tags:
        await rc.call("kinesis", "TagResource", {**where, "Tags": tags})
    return resource


async def _delete_consumer(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("kinesis", "DeregisterStreamConsumer", {"ConsumerARN": resource.physical_id})


# -- AWS::Kinesis::ResourcePolicy ----------------------------------------------------------------------


async def _put_policy(rc: ResourceContext, properties: Properties) -> Resource:
    request = {"ResourceARN": properties["ResourceArn"], "Policy": properties["ResourcePolicy"]}
    await rc.call("kinesis", "PutResourcePolicy", request)
    return Resource(properties["ResourceArn"])


async def _update_policy(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _put_policy(rc, properties)


async def _delete_policy(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("kinesis", "DeleteResourcePolicy", {"ResourceARN": resource.physical_id})


TABLE = (
    ResourceType(
        name="AWS::Kinesis::Stream",
        create=_create_stream,
        update=_update_stream,
        delete=_delete_stream,
        properties=frozenset({"Name", "Tags", "ShardCount", *_SETTERS}),
        replace_on=frozenset({"Name"}),
        inert={
            "DesiredShardLevelMetrics": "no metrics of shards are recorded",
            "StreamEncryption": "data at rest is not encrypted on this machine",
            "WarmThroughputMiBps": "a stream takes what comes",
        },
    ),
    ResourceType(
        name="AWS::Kinesis::StreamConsumer",
        create=_create_consumer,
        update=_update_consumer,
        delete=_delete_consumer,
        properties=frozenset({"ConsumerName", "StreamARN", "Tags"}),
        replace_on=frozenset({"ConsumerName", "StreamARN"}),
    ),
    ResourceType(
        name="AWS::Kinesis::ResourcePolicy",
        create=_put_policy,
        update=_update_policy,
        delete=_delete_policy,
        properties=frozenset({"ResourceArn", "ResourcePolicy"}),
        replace_on=frozenset({"ResourceArn"}),
    ),
)

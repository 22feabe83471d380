"""CloudFormation's type of pipes.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pipes-pipe.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.services.pipes.enrichments import ENRICHMENTS
from penstock.services.pipes.execution import kind_of
from penstock.services.pipes.sources import SOURCES
from penstock.services.pipes.targets import TARGETS
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_MEMBERS = ("Description", "DesiredState", "Source", "SourceParameters", "Enrichment", "EnrichmentParameters", "Target",
            "TargetParameters", "RoleArn", "LogConfiguration")  # fmt: skip
_SUPPORTED = (
    "Name", "Tags", "Description", "DesiredState", "Source", "Enrichment", "EnrichmentParameters", "Target", "RoleArn",
    "SourceParameters.FilterCriteria", "SourceParameters.SqsQueueParameters",
    "SourceParameters.KinesisStreamParameters", "SourceParameters.DynamoDBStreamParameters",
    "LogConfiguration.Level", "LogConfiguration.IncludeExecutionData", "LogConfiguration.CloudwatchLogsLogDestination",
    *(f"TargetParameters.{name}" for name in (
        "InputTemplate", "LambdaFunctionParameters", "StepFunctionStateMachineParameters", "EcsTaskParameters",
        "SqsQueueParameters", "HttpParameters", "EventBridgeEventBusParameters", "CloudWatchLogsParameters",
        "KinesisStreamParameters")),
)  # fmt: skip


# Where a stream is read from at first cannot be changed.
_BEGINNINGS = tuple(
    f"SourceParameters.{stream}StreamParameters.{name}"
    for stream in ("Kinesis", "DynamoDB")
    for name in ("StartingPosition", "StartingPositionTimestamp")
)


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(64)
    if not (rc.resumed and await _exists(rc, name)):
        request = {**_request(properties), "Name": name}
        if tags := rc.tag_map(properties):
            request["Tags"] = tags
        await rc.call("pipes", "CreatePipe", request)
    return await _made(rc, name)


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """What a template does not say any more goes back to nothing."""
    gone = {name: _EMPTY[name] for name in _EMPTY if name in resource.properties and name not in properties}
    await rc.call("pipes", "UpdatePipe", {**gone, **_request(properties), "Name": resource.physical_id})
    made = await _made(rc, resource.physical_id)
    await _retag(rc, made.attributes["Arn"], rc.tag_map(properties))
    return made


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("pipes", "DeletePipe", {"Name": resource.physical_id})


_EMPTY: Json = {"Description": "", "Enrichment": "", "DesiredState": "RUNNING", "LogConfiguration": {"Level": "OFF"}}


def _request(properties: Properties) -> Json:
    return {member: properties[member] for member in _MEMBERS if member in properties}


async def _exists(rc: ResourceContext, name: str) -> bool:
    found = await rc.call("pipes", "ListPipes", {"NamePrefix": name})
    return any(pipe["Name"] == name for pipe in found["Pipes"])


async def _made(rc: ResourceContext, name: str) -> Resource:
    """Raises AwsError where the pipe could not be brought to run."""
    pipe = await rc.call("pipes", "DescribePipe", {"Name": name})
    if pipe["CurrentState"].endswith("_FAILED"):
        raise AwsError("NotStabilized", f"Pipe {name} is {pipe['CurrentState']}: {pipe['StateReason']}", status=400)
    shown = ("Arn", "CurrentState", "StateReason", "CreationTime", "LastModifiedTime")
    return Resource(name, {member: str(pipe[member]) for member in shown})


async def _retag(rc: ResourceContext, arn: str, wanted: dict[str, str]) -> None:
    known = (await rc.call("pipes", "ListTagsForResource", {"resourceArn": arn}))["tags"]
    if gone := sorted(known.keys() - wanted.keys()):
        await rc.call("pipes", "UntagResource", {"resourceArn": arn, "tagKeys": gone})
    if wanted:
        await rc.call("pipes", "TagResource", {"resourceArn": arn, "tags": wanted})


def _problems(properties: Properties) -> Iterable[tuple[str, str]]:
    for name, known, reason in (
        ("Source", SOURCES, "cannot be a source yet"),
        ("Enrichment", ENRICHMENTS, "cannot enrich events"),
        ("Target", TARGETS, "cannot be a target yet"),
    ):
        arn = properties.get(name)
        if isinstance(arn, str) and arn.count(":") >= 5 and (kind := kind_of(arn)) not in known:
            yield name, f"{kind} {reason}"


TABLE = (
    ResourceType(
        name="AWS::Pipes::Pipe",
        create=_create,
        update=_update,
        delete=_delete,
        properties=frozenset(_SUPPORTED),
        replace_on=frozenset({"Name", "Source", *_BEGINNINGS}),
        inert={"KmsKeyIdentifier": "pipes on this machine are not encrypted"},
        problems=_problems,
    ),
)

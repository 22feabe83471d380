"""What a delivery is, and which call it means for each kind of target. Pure.

One table for rules, schedules and destinations. `parameters` are a target's own settings under the names that
EventBridge gives them (`SqsParameters`, `EcsParameters`, `KinesisParameters`, `HttpParameters`).
"""

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.delivery.paths import MISSING, compile_path
from penstock.delivery.sdk import capital, service_of


class Delivery(NamedTuple):
    """An event on its way to one target: all that is needed to bring it there, or into its dead-letter queue."""

    source_arn: str  # the rule, pipe or schedule that sends it
    target_arn: str
    text: str  # what the target receives
    accepted_at: float  # epoch seconds
    parameters: Mapping[str, Any]  # and whatever else its sender needs at each attempt
    event: str = ""  # what a dead-letter queue receives, where that is another text
    dead_letter_arn: str = ""
    attempts: int = 185
    age: float = 86_400.0
    trace: str = ""  # X-Ray's header
    lane: str = ""  # deliveries of one lane are made in their order


class Call(NamedTuple):
    """An operation in another service; `prepare` is to be called first where the operation finds no resource.

    With `sdk` the request's members are spelled as the SDK has them (`TaskArn` for `taskArn`).
    """

    service: str
    operation: str
    request: dict[str, Any]
    account: str
    region: str
    prepare: "Call | None" = None
    sdk: bool = False


class HttpCall(NamedTuple):
    """An HTTP endpoint: the ARN of an API destination or of a stage, the target's HttpParameters, and the event."""

    arn: Arn
    parameters: Mapping[str, Any]
    text: str


class Post(NamedTuple):
    """A POST to an endpoint that has no ARN, at most `rate` a second to one URL (0: as many as there are)."""

    url: str
    headers: Mapping[str, str]
    text: str
    rate: float = 0.0


def call_for(delivery: Delivery, endpoint: str) -> Call | HttpCall:
    """Raises AwsError for a target that is not supported; `endpoint` is the runtime's own URL."""
    try:
        arn = Arn.parse(delivery.target_arn)
    except ValueError as error:
        raise AwsError("ValidationException", str(error), status=400) from None
    make = TARGETS.get(arn.service)
    if make is None:
        message = f"Penstock does not deliver to targets of {arn.service} ({delivery.target_arn})."
        raise AwsError("NotImplemented", message, status=501)
    return make(delivery, arn, endpoint)


def queue_call(arn: Arn, body: str, endpoint: str, **members: Any) -> Call:
    url = f"{endpoint}/{arn.account}/{arn.resource}"
    return Call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body, **members}, arn.account, arn.region)


def _function(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    request = {
        "FunctionName": delivery.target_arn,
        "InvocationType": "Event",
        "Payload": delivery.text.encode(),
    }
    return Call("lambda", "Invoke", request, arn.account, arn.region)


def _queue(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    members = dict(delivery.parameters.get("SqsParameters") or {})
    if delivery.trace:
        header = {"DataType": "String", "StringValue": delivery.trace}
        members["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    return queue_call(arn, delivery.text, endpoint, **members)


def _events(delivery: Delivery, arn: Arn, endpoint: str) -> Call | HttpCall:
    destination = arn.resource.startswith("api-destination/")
    return _endpoint(delivery, arn, endpoint) if destination else _bus(delivery, arn)


def _endpoint(delivery: Delivery, arn: Arn, endpoint: str) -> HttpCall:
    return HttpCall(arn, delivery.parameters.get("HttpParameters") or {}, delivery.text)


def _bus(delivery: Delivery, arn: Arn) -> Call:
    given = delivery.parameters.get("EventBridgeParameters") or {}
    entry = {
        "EventBusName": delivery.target_arn,
        "Source": given.get("Source", ""),
        "DetailType": given.get("DetailType", ""),
        "Detail": delivery.text,
        **({"Resources": given["Resources"]} if "Resources" in given else {}),
        **({"TraceHeader": delivery.trace} if delivery.trace else {}),
    }
    return Call("events", "PutEvents", {"Entries": [entry]}, arn.account, arn.region)


def _log_group(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    """Into one stream per source."""
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    names = {"logGroupName": group, "logStreamName": str(uuid.uuid5(uuid.NAMESPACE_URL, delivery.source_arn))}
    prepare = Call("logs", "CreateLogStream", names, arn.account, arn.region)
    request = {**names, "logEvents": [_log_event(delivery)]}
    return Call("logs", "PutLogEvents", request, arn.account, arn.region, prepare)


def _log_event(delivery: Delivery) -> dict[str, Any]:
    """A transformed input may give timestamp and message itself, as AWS requires of it."""
    with contextlib.suppress(orjson.JSONDecodeError):
        given = orjson.loads(delivery.text)
        if isinstance(given, dict) and given.keys() == {"timestamp", "message"}:
            return given
    return {"timestamp": int(delivery.accepted_at * 1000), "message": delivery.text}


def _task(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    """EcsParameters are RunTask's request in capitals; what the target receives are the task's overrides."""
    given = delivery.parameters.get("EcsParameters") or {}
    request = {
        **run_task_members(given),
        "cluster": str(arn),
        "startedBy": started_by(delivery.source_arn),
        "overrides": _overrides(delivery.text),
    }
    return Call("ecs", "RunTask", request, arn.account, arn.region)


def run_task_members(given: Mapping[str, Any]) -> dict[str, Any]:
    """EcsParameters of a rule's or pipe's target under the names that RunTask has for them."""
    request = {member: given[name] for name, member in _RUN_TASK.items() if name in given}
    if network := (given.get("NetworkConfiguration") or {}).get("awsvpcConfiguration"):
        members = {name[:1].lower() + name[1:]: value for name, value in network.items()}
        request["networkConfiguration"] = {"awsvpcConfiguration": members}
    if "Tags" in given:
        request["tags"] = [{"key": tag["Key"], "value": tag["Value"]} for tag in given["Tags"]]
    return request


def started_by(source_arn: str) -> str:
    """`events-rule/<name>` or `chronos-schedule/<name>`, as far as ECS has room for it."""
    source = Arn.parse(source_arn)
    kind, _, name = source.resource.partition("/")
    service = "chronos" if source.service == "scheduler" else source.service
    return f"{service}-{kind}/{name.rpartition('/')[2]}"[:36]


def _overrides(text: str) -> dict[str, Any]:
    """An input made for the task; an event that is passed on as it is overrides nothing."""
    with contextlib.suppress(orjson.JSONDecodeError):
        given = orjson.loads(text)
        if isinstance(given, dict):
            return {name: given[name] for name in _OVERRIDES if name in given}
    return {}


_RUN_TASK = {
    "TaskDefinitionArn": "taskDefinition",
    "TaskCount": "count",
    "LaunchType": "launchType",
    "PlatformVersion": "platformVersion",
    "Group": "group",
    "CapacityProviderStrategy": "capacityProviderStrategy",
    "EnableECSManagedTags": "enableECSManagedTags",
    "EnableExecuteCommand": "enableExecuteCommand",
    "PlacementConstraints": "placementConstraints",
    "PlacementStrategy": "placementStrategy",
    "PropagateTags": "propagateTags",
    "ReferenceId": "referenceId",
}
_OVERRIDES = ("containerOverrides", "cpu", "memory", "taskRoleArn", "executionRoleArn", "ephemeralStorage",
              "inferenceAcceleratorOverrides")  # fmt: skip


def _execution(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    request = {
        "stateMachineArn": delivery.target_arn,
        "input": delivery.text,
        **({"traceHeader": delivery.trace} if delivery.trace else {}),
    }
    return Call("stepfunctions", "StartExecution", request, arn.account, arn.region)


def _object(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    """An object of its own in a bucket, whose ARN names no account: the source's is asked."""
    key = delivery.parameters["S3Parameters"]["Key"]
    request = {"Bucket": arn.resource, "Key": key, "Body": delivery.text.encode(), "ContentType": "application/json"}
    source = Arn.parse(delivery.source_arn)
    return Call("s3", "PutObject", request, source.account, source.region)


def _stream(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    request = {
        "StreamARN": delivery.target_arn,
        "Data": delivery.text.encode(),
        "PartitionKey": _partition_key(delivery),
    }
    return Call("kinesis", "PutRecord", request, arn.account, arn.region)


def _partition_key(delivery: Delivery) -> str:
    """A schedule's PartitionKey, or what a rule's PartitionKeyPath selects from the event: by default its id."""
    given = delivery.parameters.get("KinesisParameters") or {}
    if "PartitionKey" in given:
        return str(given["PartitionKey"])
    try:
        found = compile_path(given.get("PartitionKeyPath", "$.id"))(orjson.loads(delivery.event or delivery.text))
    except ValueError as error:
        raise AwsError("ValidationException", str(error), status=400) from None
    return found if isinstance(found, str) else str(uuid.uuid4()) if found is MISSING else orjson.dumps(found).decode()


def _operation(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    """A universal target, `arn:aws:scheduler:::aws-sdk:service:operation`: what it receives is the request."""
    _, service, operation = arn.resource.split(":")
    source = Arn.parse(delivery.source_arn)
    try:
        request = orjson.loads(delivery.text)
    except orjson.JSONDecodeError as error:
        raise AwsError("ValidationException", f"Invalid RequestJson provided. Reason {error}", status=400) from None
    return Call(service_of(service), capital(operation), request, source.account, source.region, sdk=True)


_OF_TOPICS = ("Subject", "MessageAttributes")


def _topic(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
    further = {name: delivery.parameters[name] for name in _OF_TOPICS if delivery.parameters.get(name)}
    request = {"TopicArn": delivery.target_arn, "Message": delivery.text, **further}
    return Call("sns", "Publish", request, arn.account, arn.region)


TARGETS: dict[str, Callable[[Delivery, Arn, str], Call | HttpCall]] = {
    "ecs": _task,
    "events": _events,
    "execute-api": _endpoint,
    "kinesis": _stream,
    "lambda": _function,
    "logs": _log_group,
    "s3": _object,
    "scheduler": _operation,
    "sns": _topic,
    "sqs": _queue,
    "states": _execution,
}

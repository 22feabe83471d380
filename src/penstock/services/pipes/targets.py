"""Targets: which calls a batch means, and which of its records failed.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

import contextlib
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from penstock.base.errors import AwsError
from penstock.delivery.mappings import BatchFailed
from penstock.delivery.targets import run_task_members
from penstock.services.pipes.functions import into_function, into_state_machine
from penstock.services.pipes.stage import Stage, settings
from penstock.services.pipes.templates import compile_parameters
from penstock.wire.model import Json


class Target(NamedTuple):
    """`largest` is how many events it takes at a time."""

    deliver: Callable[[Stage], Awaitable[Collection[str]]]
    largest: int


async def _into_queue(stage: Stage) -> Collection[str]:
    resolve = compile_parameters(settings(stage, "SqsQueueParameters"))
    url = f"{stage.ctx.config.endpoint}/{stage.arn.account}/{stage.arn.resource}"
    attributes: Json = {}
    if stage.ctx.traced:
        header = {"DataType": "String", "StringValue": stage.ctx.trace.header}
        attributes = {"MessageSystemAttributes": {"AWSTraceHeader": header}}
    entries = [
        {"Id": str(index), "MessageBody": text, **resolve(event), **attributes}
        for index, (event, text) in enumerate(zip(stage.events, stage.texts, strict=True))
    ]
    answer = await stage.call("sqs", "SendMessageBatch", {"QueueUrl": url, "Entries": entries})
    return stage.identifiers({int(failed["Id"]) for failed in answer.get("Failed", ())})


async def _into_stream(stage: Stage) -> Collection[str]:
    resolve = compile_parameters(settings(stage, "KinesisStreamParameters"))
    records = [
        {"Data": text.encode(), "PartitionKey": resolve(event)["PartitionKey"]}
        for event, text in zip(stage.events, stage.texts, strict=True)
    ]
    answer = await stage.call("kinesis", "PutRecords", {"StreamARN": str(stage.arn), "Records": records})
    return stage.identifiers({index for index, entry in enumerate(answer["Records"]) if "ErrorCode" in entry})


async def _into_topic(stage: Stage) -> Collection[str]:
    entries = [{"Id": str(index), "Message": text} for index, text in enumerate(stage.texts)]
    request = {"TopicArn": str(stage.arn), "PublishBatchRequestEntries": entries}
    answer = await stage.call("sns", "PublishBatch", request)
    return stage.identifiers({int(failed["Id"]) for failed in answer["Failed"]})


async def _onto_bus(stage: Stage) -> Collection[str]:
    given = dict(settings(stage, "EventBridgeEventBusParameters"))
    endpoint = {"EndpointId": given.pop("EndpointId")} if "EndpointId" in given else {}
    named = {
        "Source": f"Pipe {stage.pipe['Name']}",
        "DetailType": f"Event from aws:{stage.pipe['Source'].split(':')[2]}",
        **given,
    }
    resolve = compile_parameters(named)
    entries = [
        {**_event(resolve(event)), "Detail": text, "EventBusName": str(stage.arn)}
        for event, text in zip(stage.events, stage.texts, strict=True)
    ]
    answer = await stage.call("events", "PutEvents", {"Entries": entries, **endpoint})
    return stage.identifiers({index for index, entry in enumerate(answer["Entries"]) if "ErrorCode" in entry})


def _event(given: Json) -> Json:
    return {**given, "Time": _epoch(given["Time"])} if "Time" in given else given


def _epoch(value: str) -> float:
    """Epoch seconds of an ISO 8601 time or of epoch seconds or milliseconds. Raises BatchFailed."""
    with contextlib.suppress(ValueError):
        number = float(value)
        return number / 1000 if number > 1e11 else number
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        raise BatchFailed(f"{value!r} is not a time") from None


async def _into_log_group(stage: Stage) -> Collection[str]:
    given = settings(stage, "CloudWatchLogsParameters")
    resolve = compile_parameters({"Timestamp": given["Timestamp"]} if "Timestamp" in given else {})
    names = {
        "logGroupName": stage.arn.resource.removeprefix("log-group:").removesuffix(":*"),
        "logStreamName": given.get("LogStreamName") or stage.pipe["Name"],
    }
    now = stage.ctx.clock.now()
    events: list[Json] = []
    for event, text in zip(stage.events, stage.texts, strict=True):
        time = resolve(event).get("Timestamp")
        events.append({"timestamp": int((_epoch(time) if time else now) * 1000), "message": text})
    events.sort(key=lambda event: int(event["timestamp"]))
    await _make_stream(stage, names)
    await stage.call("logs", "PutLogEvents", {**names, "logEvents": events})
    return ()


async def _make_stream(stage: Stage, names: Json) -> None:
    where = stage.ctx.at(account=stage.arn.account, region=stage.arn.region)
    try:
        await where.call("logs", "CreateLogStream", names)
    except AwsError as error:
        if error.code not in ("ResourceAlreadyExistsException", "ResourceNotFoundException"):
            raise


async def _into_task(stage: Stage) -> Collection[str]:
    given = compile_parameters(settings(stage, "EcsTaskParameters"))(stage.only)
    request = {
        **run_task_members(given),
        "cluster": str(stage.arn),
        "startedBy": f"events-pipe/{stage.pipe['Name']}"[:36],
        "overrides": _lowered(given.get("Overrides") or {}),
    }
    answer = await stage.call("ecs", "RunTask", request)
    if answer.get("failures"):
        raise stage.refuse(f"No task was started: {answer['failures'][0].get('reason', '')}")
    return ()


def _lowered(value: Any) -> Any:
    """ECS's own names: those of Pipes begin with a capital."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lowered(inner) for name, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


async def _into_endpoint(stage: Stage) -> Collection[str]:
    await stage.fetch(compile_parameters(settings(stage, "HttpParameters"))(stage.only))
    return ()


# Service in the ARN (with the resource's type where one service has several) -> its target.
TARGETS: dict[str, Target] = {
    "ecs": Target(_into_task, 1),
    "events:api-destination": Target(_into_endpoint, 1),
    "events:event-bus": Target(_onto_bus, 10),
    "execute-api": Target(_into_endpoint, 1),
    "kinesis": Target(_into_stream, 500),
    "lambda": Target(into_function, 10_000),
    "logs": Target(_into_log_group, 10_000),
    "sns": Target(_into_topic, 10),
    "sqs": Target(_into_queue, 10),
    "states": Target(into_state_machine, 10_000),
}

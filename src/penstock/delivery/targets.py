"""What a delivery is, and which call it means for each kind of target. Pure.

One table for rules, pipes, schedules and destinations. `parameters` are a target's own settings under the names that
EventBridge gives them (`SqsParameters`, `EventBridgeParameters`).
"""

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError


class Delivery(NamedTuple):
    """An event on its way to one target: all that is needed to bring it there, or into its dead-letter queue."""

    source_arn: str  # the rule, pipe or schedule that sends it
    target_arn: str
    text: str  # what the target receives
    accepted_at: float  # epoch seconds
    parameters: Mapping[str, Any]
    event: str = ""  # what a dead-letter queue receives, where that is another text
    dead_letter_arn: str = ""
    attempts: int = 185
    age: float = 86_400.0
    trace: str = ""  # X-Ray's header


class Call(NamedTuple):
    """An operation in another service; `prepare` is to be called first where the operation finds no resource."""

    service: str
    operation: str
    request: dict[str, Any]
    account: str
    region: str
    prepare: "Call | None" = None


def call_for(delivery: Delivery, endpoint: str) -> Call:
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


def _bus(delivery: Delivery, arn: Arn, endpoint: str) -> Call:
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


TARGETS: dict[str, Callable[[Delivery, Arn, str], Call]] = {
    "events": _bus,
    "lambda": _function,
    "logs": _log_group,
    "sqs": _queue,
}

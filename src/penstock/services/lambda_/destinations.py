"""Who is told of the outcome of an asynchronous invocation: destinations, and the dead-letter queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from typing import Any, Protocol

import orjson

from penstock.call import Context
from penstock.compute.functions.model import InvocationResult
from penstock.delivery.targets import Delivery
from penstock.services.lambda_.event_invoke import config_for
from penstock.services.lambda_.names import LATEST
from penstock.services.lambda_.state import Function, state
from penstock.wire.model import Json
from penstock.wire.timestamps import iso8601_milliseconds


class _Event(Protocol):
    @property
    def qualifier(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def trace(self) -> str: ...
    @property
    def attempts(self) -> int: ...


def succeeded(ctx: Context, function: Function, event: _Event, result: InvocationResult) -> None:
    _tell(ctx, function, event, "Success", result)


def failed(ctx: Context, function: Function, event: _Event, condition: str, result: InvocationResult | None) -> None:
    """`condition` is RetriesExhausted or EventAgeExceeded; `result` is that of the last attempt, if there was one."""
    _tell(ctx, function, event, condition, result)
    version = function.kind("version").get(event.qualifier) or function.latest
    target = version["Configuration"].get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        _deliver(ctx, function, event, target, event.payload.decode(), _dead_letter(event, result))


def _dead_letter(event: _Event, result: InvocationResult | None) -> Json:
    """What a dead letter says besides the event itself."""
    document = orjson.loads(result.payload) if result else {}
    message = document.get("errorMessage", "") if isinstance(document, dict) else ""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": message[:1024] or "Unknown"},
    }
    return {"SqsParameters": {"MessageAttributes": attributes}, "MessageAttributes": attributes}


def _tell(ctx: Context, function: Function, event: _Event, condition: str, result: InvocationResult | None) -> None:
    success = condition == "Success"
    destinations = config_for(function, event.qualifier).get("DestinationConfig", {})
    target = destinations.get("OnSuccess" if success else "OnFailure", {}).get("Destination")
    if not target:
        return
    name = f"{function.arn}:{event.qualifier}"
    outcome = "Success" if success else "Failure"
    bus = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Resources": [target, name],
    }
    text = orjson.dumps(_record(ctx, name, event, condition, result)).decode()
    _deliver(ctx, function, event, target, text, {"EventBridgeParameters": bus})


def _record(ctx: Context, function_arn: str, event: _Event, condition: str, result: InvocationResult | None) -> Json:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso8601_milliseconds(ctx.clock.now()),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts + (1 if result else 0),
        },
        "requestPayload": orjson.loads(event.payload),
    }
    if result is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": result.version or LATEST}
        if result.function_error:
            record["responseContext"]["functionError"] = result.function_error
        record["responsePayload"] = orjson.loads(result.payload or b"null")
    return record


def _deliver(ctx: Context, function: Function, event: _Event, target: str, text: str, parameters: Json) -> None:
    delivery = Delivery(
        source_arn=function.arn,
        target_arn=target,
        text=text,
        accepted_at=ctx.clock.now(),
        parameters={**parameters, "RoleArn": function.latest["Configuration"]["Role"]},
        trace=event.trace,
    )
    state(ctx).deliveries.deliver(delivery)

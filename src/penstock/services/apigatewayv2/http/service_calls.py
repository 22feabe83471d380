"""Integrations of HTTP APIs with other AWS services: an operation, whose parameters are mapped from the request.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.delivery.sdk import spelled
from penstock.services.apigatewayv2.http.exchange import HttpExchange
from penstock.services.apigatewayv2.http.selection import compile_value
from penstock.services.apigatewayv2.store import bad_request
from penstock.web.gateways.exchange import acting
from penstock.web.gateways.payloads import Malformed
from penstock.wire.codec import QueryCodec
from penstock.wire.message import Response
from penstock.wire.model import Json, ServiceModel

_QUERY_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


class Call(NamedTuple):
    """`required` are its parameters that have to be mapped, `optional` those that may be; `Region` may always."""

    service: str
    operation: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _call(service: str, operation: str, required: str, optional: str = "") -> Call:
    return Call(service, operation, frozenset(required.split()), frozenset(optional.split()))


CALLS = {
    "EventBridge-PutEvents": _call(
        "events", "PutEvents", "Detail DetailType Source", "EventBusName Resources Time TraceHeader"
    ),
    "SQS-SendMessage": _call(
        "sqs",
        "SendMessage",
        "QueueUrl MessageBody",
        "DelaySeconds MessageAttributes MessageDeduplicationId MessageGroupId MessageSystemAttributes",
    ),
    "SQS-ReceiveMessage": _call(
        "sqs",
        "ReceiveMessage",
        "QueueUrl",
        "AttributeNames MaxNumberOfMessages MessageAttributeNames ReceiveRequestAttemptId VisibilityTimeout "
        "WaitTimeSeconds",
    ),
    "SQS-DeleteMessage": _call("sqs", "DeleteMessage", "QueueUrl ReceiptHandle"),
    "SQS-PurgeQueue": _call("sqs", "PurgeQueue", "QueueUrl"),
    "AppConfig-GetConfiguration": _call(
        "appconfig", "GetConfiguration", "Application ClientId Configuration Environment", "ClientConfigurationVersion"
    ),
    "Kinesis-PutRecord": _call(
        "kinesis", "PutRecord", "Data PartitionKey StreamName", "ExplicitHashKey SequenceNumberForOrdering"
    ),
    "StepFunctions-StartExecution": _call("stepfunctions", "StartExecution", "StateMachineArn", "Input Name"),
    "StepFunctions-StartSyncExecution": _call(
        "stepfunctions", "StartSyncExecution", "StateMachineArn", "Input Name TraceHeader"
    ),
    "StepFunctions-StopExecution": _call("stepfunctions", "StopExecution", "ExecutionArn", "Cause Error"),
}
_NOT_HERE = frozenset({"appconfig"})


def unserved(subtype: str) -> str:
    """Why calls of a known subtype cannot be made here; empty where they can."""
    call = CALLS.get(subtype)
    return f"Penstock does not run the service of {subtype}." if call and call.service in _NOT_HERE else ""


def check_call(subtype: str, integration: Json) -> None:
    """Raises BadRequestException."""
    call = CALLS.get(subtype)
    if call is None:
        raise bad_request(f"Operation: {subtype} is not supported.")
    if not integration.get("CredentialsArn"):
        raise bad_request(f"Role ARN must be specified for AWS integration configuration with Subtype: {subtype}")
    parameters = integration.get("RequestParameters") or {}
    if not call.required <= parameters.keys():
        names = ", ".join(sorted(call.required))
        raise bad_request(
            f"Operation: {subtype} requires enabling passthrough, or defining all of the following parameters: {names}"
        )
    for name, value in parameters.items():
        if name not in call.required | call.optional | {"Region"}:
            raise bad_request(f"Parameter: {name} does not fit schema for Operation: {subtype}.")
        try:
            compile_value(value)
        except ValueError:
            raise bad_request(f"Invalid mapping expression specified: {value}") from None


# -- at work -----------------------------------------------------------------------------------------

# How a parameter, which is text, becomes what the operation's model has.
_READ: dict[str, Callable[[str], Any]] = {
    "blob": lambda text: base64.b64decode(text, validate=True),
    "boolean": lambda text: text == "true",
    "integer": int,
    "list": orjson.loads,
    "map": orjson.loads,
    "structure": orjson.loads,
    "timestamp": lambda text: datetime.fromisoformat(text).timestamp(),
}


def compile_call(integration: Json, kernel: Kernel) -> Callable[[HttpExchange], Awaitable[Response]]:
    call = CALLS[integration["IntegrationSubtype"]]
    readers = {name: compile_value(value) for name, value in integration["RequestParameters"].items()}
    loaded = kernel.loaded(call.service)
    operation = loaded.operation(call.operation)
    assert operation is not None
    codec = QueryCodec(loaded.model, namespace=_QUERY_NAMESPACE) if call.service == "sqs" else loaded.codec

    async def forward(exchange: HttpExchange) -> Response:
        values = {name: read(exchange, None) for name, read in readers.items()}
        given = {name: value for name, value in values.items() if value}
        if len(given) < len(values):  # whether it is required or not, as observed
            return Response(400, [("Content-Type", "application/json")], b'{"message":"Bad Request"}')
        principal = acting(exchange.stage.account, integration["CredentialsArn"])
        ctx = exchange.ctx.at(region=given.pop("Region", None), principal=principal)
        try:
            result = await ctx.call(call.service, call.operation, _request(call, loaded.model, given))
        except (AwsError, ValueError) as error:
            raise Malformed(f"{integration['IntegrationSubtype']}: {error}") from None
        return codec.write(operation.model, result, exchange.request_id)

    return forward


def _request(call: Call, model: ServiceModel, given: dict[str, str]) -> Json:
    """Raises ValueError for text that does not stand for what a parameter is."""
    shape = _shape(model, call)
    members, names = model.shapes[shape]["members"], spelled(model, shape)
    request: Json = {}
    for name, value in given.items():
        member = names[name.lower()]  # Step Functions writes its own in lower case
        request[member] = _read(model, members[member]["shape"], value)
    return {"Entries": [request]} if call.operation == "PutEvents" else request


def _shape(model: ServiceModel, call: Call) -> str:
    """What the parameters are members of: of an event itself, where an operation puts several."""
    if call.operation == "PutEvents":
        return "PutEventsRequestEntry"
    found = model.operations[call.operation].input
    assert found is not None
    return found


def _read(model: ServiceModel, shape: str, value: str) -> Any:
    return _READ.get(model.shapes[shape]["type"], str)(value)

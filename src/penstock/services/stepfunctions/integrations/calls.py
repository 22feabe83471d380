"""From a Task's parameters to an operation's request, and from its response or error to the Task's."""

from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.delivery.sdk import capital, to_model
from penstock.services.stepfunctions.asl.errors import RUNTIME, StateError
from penstock.services.stepfunctions.integrations.resource import Target
from penstock.services.stepfunctions.integrations.shapes import from_model
from penstock.wire.codec import status_of
from penstock.wire.model import Json, OperationModel, ServiceModel

# Names of services in errors of `aws-sdk` integrations, as the SDK for Java spells them.
_SDK_NAMES = {
    "apigateway": "ApiGateway",
    "apigatewayv2": "ApiGatewayV2",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "dynamodb": "DynamoDb",
    "elasticloadbalancingv2": "ElasticLoadBalancingV2",
    "eventbridge": "EventBridge",
    "secretsmanager": "SecretsManager",
    "servicediscovery": "ServiceDiscovery",
}
_SERVICES = {
    "dynamodb": "AmazonDynamoDBv2",
    "ecs": "AmazonECS",
    "lambda": "AWSLambda",
    "sqs": "AmazonSQS",
    "sns": "AmazonSNS",
    "events": "AmazonEventBridge",
    "stepfunctions": "AWSStepFunctions",
}


def operation_of(kernel: Kernel, target: Target) -> tuple[ServiceModel, OperationModel]:
    """Raises StateError for what this runtime does not have."""
    if target.service in kernel.services:
        model = kernel.loaded(target.service).model
        if (operation := model.operations.get(target.operation)) is not None:
            return model, operation
    raise StateError(RUNTIME, f"Penstock has no operation {target.service}:{target.operation} ({target.arn})")


def request_of(kernel: Kernel, target: Target, parameters: Any, execution_arns: list[str]) -> Json:
    if target.kind == "function":
        return {"FunctionName": target.arn, "Payload": orjson.dumps(parameters)}
    model, operation = operation_of(kernel, target)
    if not isinstance(parameters, dict):
        raise StateError(RUNTIME, f"The Parameters field of {target.arn} must be an object")
    request: Json = to_model(model, operation.input, parameters)
    if target.kind == "optimized" and target.service == "events":
        for entry in request.get("Entries", ()):
            entry["Resources"] = [*entry.get("Resources", ()), *execution_arns]
    return request


def result_of(kernel: Kernel, target: Target, response: Json) -> Any:
    """Raises StateError where the response tells of a failure."""
    if target.kind == "http":
        return response
    if target.service == "lambda" and target.operation == "Invoke" and target.kind != "sdk":
        return _invoked(target, response)
    model, operation = operation_of(kernel, target)
    if target.kind == "sdk":
        return from_model(model, operation.output, response)
    if target.service == "events" and response.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", orjson.dumps(response["Entries"]).decode())
    return {**from_model(model, operation.output, response, millis=True), **_metadata()}


def _metadata() -> Json:
    request_id = ids.uuid()
    headers = {"x-amzn-RequestId": request_id, "Content-Type": "application/x-amz-json-1.0"}
    every = {name: [value] for name, value in headers.items()}
    http = {"AllHttpHeaders": every, "HttpHeaders": headers, "HttpStatusCode": 200}
    return {"SdkHttpMetadata": http, "SdkResponseMetadata": {"RequestId": request_id}}


def _invoked(target: Target, response: Json) -> Any:
    payload = bytes(response.get("Payload") or b"").decode()
    if response.get("FunctionError"):
        raise _function_failed(payload)
    try:
        value = orjson.loads(payload) if payload else None
    except orjson.JSONDecodeError:
        value = payload
    if target.kind == "function":
        return value
    result = {"ExecutedVersion": response.get("ExecutedVersion", "$LATEST"), "Payload": value}
    return {**result, **_metadata(), "StatusCode": response.get("StatusCode", 200)}


def _function_failed(payload: str) -> StateError:
    """The function's own error type; a time-out or a crash has one too."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        document = None
    named = document.get("errorType") if isinstance(document, dict) else None
    return StateError(named or "Lambda.Unknown", payload)


def failure_of(kernel: Kernel, target: Target, error: AwsError) -> StateError:
    """As the SDK for Java tells it: what its model has no exception for is the service's own."""
    model = kernel.loaded(target.service).model if target.service in kernel.services else None
    status = status_of(model, error) if model is not None else error.status or 400
    request_id = ids.uuid()
    sdk = target.kind == "sdk"
    name = _SDK_NAMES.get(target.prefix, capital(target.prefix)) if sdk else _SERVICES.get(target.service, "")
    code = _exception(model, error.code) or f"{name.removesuffix('v2') or target.service}Exception"
    if sdk:
        extended = f", Extended Request ID: {ids.token(76)}" if target.service == "s3" else ""
        cause = f"{error.message} (Service: {name}, Status Code: {status}, Request ID: {request_id}{extended})"
        return StateError(f"{name}.{code}", cause)
    details = (
        f"Service: {name or target.service}; Status Code: {status}; Error Code: {error.code}; "
        f"Request ID: {request_id}; Proxy: null"
    )
    return StateError(f"{target.prefix}.{code}", f"{error.message} ({details})")


def _exception(model: ServiceModel | None, code: str) -> str:
    """The exception that stands for an error of the model; empty for one that the model does not have."""
    if model is not None and model.error_shape(code) is None:
        return ""
    return code if code.endswith(("Exception", "Error")) else f"{code}Exception"

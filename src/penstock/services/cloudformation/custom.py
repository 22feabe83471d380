"""Custom resources: the protocol between CloudFormation and the function that makes the resource.

Rule: the function is invoked with a ResponseURL of this runtime and answers there with a PUT. A function that fails
before it has answered fails the resource at once; AWS would wait for an hour. Functions behind CDK's provider framework
are called directly, in the framework's own way, because its Node.js code insists on an https ResponseURL.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context, Kernel
from penstock.services.cloudformation.state import State
from penstock.template.functions import as_text
from penstock.template.provider import Properties, Resource, ResourceContext
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

PLACE = "cloudformation-custom-resource"
DEFAULT_TIMEOUT = 3600.0
_ON_EVENT = "USER_ON_EVENT_FUNCTION_ARN"
_IS_COMPLETE = "USER_IS_COMPLETE_FUNCTION_ARN"
_QUERY_INTERVAL = 5.0  # the framework's default

PROPERTIES = frozenset({"ServiceToken", "ServiceTimeout"})


async def create(rc: ResourceContext, properties: Properties) -> Resource:
    return await _request(rc, "Create", properties, None)


async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _request(rc, "Update", properties, resource)


async def delete(rc: ResourceContext, resource: Resource) -> None:
    await _request(rc, "Delete", resource.properties, resource)


async def _request(rc: ResourceContext, kind: str, properties: Properties, resource: Resource | None) -> Resource:
    token = str(properties.get("ServiceToken", ""))
    event = _event(rc, kind, properties, resource)
    if ":lambda:" not in token:
        raise PenstockError(f"the ServiceToken {token!r} is no Lambda function; other providers are not supported")
    variables = await _variables(rc, token)
    if _ON_EVENT in variables:
        return await _framework(rc, event, variables)
    answer = await _answer(rc, token, event, float(properties.get("ServiceTimeout", DEFAULT_TIMEOUT)))
    if answer.get("Status") != "SUCCESS":
        raise PenstockError(f"Received response status [FAILED] from custom resource. Message returned: {_why(answer)}")
    if not answer.get("PhysicalResourceId"):
        raise PenstockError("Invalid PhysicalResourceId in the custom resource's response")
    return Resource(str(answer["PhysicalResourceId"]), answer.get("Data") or {})


def _why(answer: Mapping[str, Any]) -> str:
    return str(answer.get("Reason") or "no reason was given")


def _event(rc: ResourceContext, kind: str, properties: Properties, resource: Resource | None) -> Json:
    event: Json = {
        "RequestType": kind,
        "ServiceToken": properties.get("ServiceToken"),
        "StackId": rc.stack_id,
        "RequestId": ids.uuid(),
        "LogicalResourceId": rc.logical_id,
        "ResourceType": "AWS::CloudFormation::CustomResource",
        "ResourceProperties": _as_strings(properties),
    }
    if resource is not None:
        event["PhysicalResourceId"] = resource.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = _as_strings(resource.properties)
    return event


def _as_strings(node: Any) -> Any:
    """CloudFormation sends every scalar as a string."""
    if isinstance(node, Mapping):
        return {key: _as_strings(child) for key, child in node.items()}
    if isinstance(node, list):
        return [_as_strings(child) for child in node]
    return as_text(node)


async def _variables(rc: ResourceContext, function: str) -> Mapping[str, str]:
    found = await rc.call("lambda", "GetFunctionConfiguration", {"FunctionName": function})
    variables: Mapping[str, str] = found.get("Environment", {}).get("Variables", {})
    return variables


async def _invoke(rc: ResourceContext, function: str, event: Json) -> Any:
    """What the function returned; PenstockError with its error message where it failed."""
    request = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": orjson.dumps(event)}
    response = await rc.call("lambda", "Invoke", request)
    payload = response.get("Payload") or b"null"
    result = orjson.loads(payload)
    if response.get("FunctionError"):
        message = result.get("errorMessage", result) if isinstance(result, dict) else result
        raise PenstockError(f"the custom resource's function failed: {message}")
    return result


# -- the CloudFormation protocol -------------------------------------------------------------------------------------


async def _answer(rc: ResourceContext, function: str, event: Json, timeout: float) -> Json:
    ctx: Context = rc.engine.ctx
    state: State = ctx.state("cloudformation")
    token = ids.hex_id(32)
    answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
    state.answers[token] = answer
    event = {**event, "ResponseURL": f"{ctx.config.endpoint}/_aws/{PLACE}/{token}"}
    invocation = ctx.spawn(_until_failed(rc, function, event, answer), f"custom resource {rc.logical_id}")
    try:
        return await _before(ctx, answer, timeout)
    finally:
        invocation.cancel()
        del state.answers[token]


async def _until_failed(rc: ResourceContext, function: str, event: Json, answer: "asyncio.Future[Json]") -> None:
    ctx: Context = rc.engine.ctx
    try:
        with ctx.clock.work():
            await _invoke(rc, function, event)
    except (AwsError, PenstockError) as error:
        if not answer.done():
            answer.set_result({"Status": "FAILED", "Reason": str(error)})


async def _before(ctx: Context, answer: "asyncio.Future[Json]", timeout: float) -> Json:
    """The answer, if it comes within `timeout` virtual seconds."""

    def expire() -> None:
        if not answer.done():
            reason = "CloudFormation did not receive a response from your Custom Resource."
            answer.set_result({"Status": "FAILED", "Reason": reason})

    timer = ctx.clock.call_at(ctx.clock.now() + timeout, expire)
    try:
        with ctx.clock.rest():
            return await answer
    finally:
        timer.cancel()


def place(kernel: Kernel) -> Callable[[Request, Reply, str, str], bool]:
    """Takes the answers: PUT to the ResponseURL."""

    def handle(request: Request, reply: Reply, token: str, path: str) -> bool:
        state: State = kernel.states["cloudformation"]
        answer = state.answers.get(token)
        if answer is None or request.method != "PUT":
            return False
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            body = {"Status": "FAILED", "Reason": "the response is no JSON"}
        if not answer.done():
            answer.set_result(body if isinstance(body, dict) else {})
        reply(Response(200, [], b""))
        return True

    return handle


# -- CDK's provider framework ----------------------------------------------------------------------------------------


async def _framework(rc: ResourceContext, event: Json, variables: Mapping[str, str]) -> Resource:
    """https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html#provider-framework"""
    result = await _invoke(rc, variables[_ON_EVENT], event) or {}
    default = event["RequestId"] if event["RequestType"] == "Create" else event["PhysicalResourceId"]
    physical_id = str(result.get("PhysicalResourceId") or default)
    data = result.get("Data") or {}
    if variables.get(_IS_COMPLETE):
        data |= await _completed(rc, variables[_IS_COMPLETE], {**event, **result, "PhysicalResourceId": physical_id})
    return Resource(physical_id, data)


async def _completed(rc: ResourceContext, function: str, event: Json) -> Json:
    ctx: Context = rc.engine.ctx
    deadline = ctx.clock.now() + DEFAULT_TIMEOUT
    while ctx.clock.now() < deadline:
        result = await _invoke(rc, function, event) or {}
        if result.get("IsComplete"):
            data: Json = result.get("Data") or {}
            return data
        with ctx.clock.rest():
            await ctx.clock.sleep(_QUERY_INTERVAL)
    raise PenstockError("the custom resource's isComplete function did not report completion in time")

"""TestInvokeMethod: one method of an API as it is being edited, called without deployment, authorizer and key; and
TestInvokeAuthorizer: what an authorizer says of a request.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html and API_TestInvokeAuthorizer.html;
the logs are as observed.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from penstock.call import Context
from penstock.services.apigateway.lookup import integration_of, part, parts, rest_api
from penstock.services.apigateway.serving.authorize import Authorizer
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.execution_log import execution_lines
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.services.apigateway.serving.stage import DeployedStage, Method
from penstock.web.gateways.payloads import Values
from penstock.web.gateways.router import Router
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_STAGE = "test-invoke-stage"
_SHOWN = 6
_OURS = ("x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id")


async def test_invoke_method(ctx: Context, request: Json) -> Json:
    resource = part(ctx, request["restApiId"], "resource", request["resourceId"])
    integration_of(resource, request["httpMethod"])
    method = Method(resource, request["httpMethod"], _open(resource["resourceMethods"][request["httpMethod"]]))
    stage = _stage(ctx, request)
    path, _, query = (request.get("pathWithQueryString") or resource["path"]).partition("?")
    answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    sent = _request(request, path, query)
    exchange = RestExchange(stage, path, sent, answered.set_result)
    exchange.steps = []
    exchange.run(_run(stage, exchange, method, _params(resource, path)), lambda error: stage.failed(exchange, error))
    response = await answered
    return _result(exchange, response, ctx.clock.now())


async def _run(stage: DeployedStage, exchange: RestExchange, method: Method, params: dict[str, str]) -> Response:
    result = stage.run(exchange, method, params)
    return result if isinstance(result, Response) else await result


def _open(method: Json) -> Json:
    """The method as anybody may call it."""
    return {**method, "authorizationType": "NONE", "apiKeyRequired": False}


def _stage(ctx: Context, request: Json) -> DeployedStage:
    api_id = request["restApiId"]
    kinds = ("validator", "model", "gatewayresponse")
    snapshot: Json = {kind: parts(ctx, api_id, kind) for kind in kinds}
    snapshot |= {
        "authorizer": [],
        "resources": [],
        "api": {**rest_api(ctx, api_id), "disableExecuteApiEndpoint": False},
    }
    document = {"stageName": _STAGE, "deploymentId": "", "variables": request.get("stageVariables")}
    return DeployedStage(ctx.kernel, ctx.account, ctx.region, document, snapshot)


async def test_invoke_authorizer(ctx: Context, request: Json) -> Json:
    """Whether the policy lets the caller through is not looked at, as on AWS: no method is called."""
    found = part(ctx, request["restApiId"], "authorizer", request["authorizerId"])
    stage = _stage(ctx, request)
    path, _, query = (request.get("pathWithQueryString") or "/").partition("?")
    sent = _request({"httpMethod": "GET", **request}, path, query)
    exchange = RestExchange(stage, path, sent, lambda response: None)
    lines = [f"Starting authorizer: {found['id']} for request: {exchange.request_id}"]
    try:
        grant = await Authorizer(found).grant(exchange)
    except Refusal as refusal:
        refused = stage.refuse(exchange, refusal)
        lines += [refusal.log or str(refusal.message)]
        return {"clientStatus": refused.status, "latency": _latency(ctx, exchange), "log": _logged(exchange, lines)}
    principal = grant.authorizer["principalId"]
    lines += [f"Using valid authorizer policy for principal: {_masked(str(principal))}"]
    lines += ["Successfully completed authorizer execution"]
    return {
        "clientStatus": 0,
        "principalId": principal,
        "policy": orjson.dumps(grant.policy).decode(),
        "latency": _latency(ctx, exchange),
        "log": _logged(exchange, lines),
    }


def _latency(ctx: Context, exchange: RestExchange) -> int:
    return int((ctx.clock.now() - exchange.now) * 1000)


def _masked(text: str) -> str:
    """All but the last letters."""
    shown = text[-_SHOWN:] if len(text) > _SHOWN else ""
    return "*" * (len(text) - len(shown)) + shown


def _request(request: Json, path: str, query: str) -> Request:
    multi: Mapping[str, list[str]] = request.get("multiValueHeaders") or {}
    pairs = [*(request.get("headers") or {}).items(), *((name, v) for name, values in multi.items() for v in values)]
    headers = {name.lower(): value for name, value in pairs}
    raw = [(name.encode(), value.encode()) for name, value in pairs]
    return Request(request["httpMethod"], path, query, headers, (request.get("body") or "").encode(), raw)


def _params(resource: Json, path: str) -> dict[str, str]:
    """The path parameters; none where the path is not the resource's."""
    router: Router[bool] = Router()
    router.add(resource["path"], "ANY", True)
    match = router.match(path, "ANY")
    return match[1] if match else {}


def _result(exchange: RestExchange, response: Response, now: float) -> Json:
    response.headers = [pair for pair in response.headers if pair[0].lower() not in _OURS]
    headers = Values.of(response.headers)
    body = response.body.decode("utf-8", "replace") if isinstance(response.body, bytes) else ""
    return {
        "status": response.status,
        "body": body,
        "headers": headers.single,
        "multiValueHeaders": headers.multi,
        "latency": int((now - exchange.now) * 1000),
        "log": _log(exchange, response),
    }


def _log(exchange: RestExchange, response: Response) -> str:
    return _logged(exchange, execution_lines(exchange, response, data_trace=True))


def _logged(exchange: RestExchange, lines: list[str]) -> str:
    at = datetime.fromtimestamp(exchange.now, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    return f"Execution log for request {exchange.request_id}\n" + "".join(f"{at} : {line}\n" for line in lines)

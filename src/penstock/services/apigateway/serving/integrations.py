"""The integrations of a deployed method, compiled: exchange -> response, at once or later.

Proxies hand the request on as it is; the others map it by parameters and templates, and their answer back.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
"""

import re
from collections.abc import Callable

import orjson

from penstock.services.apigateway.serving.exchange import Integrate, RestExchange, Result, Stage
from penstock.services.apigateway.serving.headers import remapped
from penstock.services.apigateway.serving.http import compile_http, compile_http_proxy, traced
from penstock.services.apigateway.serving.mapping import RequestMapping, ResponseMapping
from penstock.services.apigateway.serving.refusal import Refusal, misconfigured
from penstock.services.apigateway.serving.service_call import compile_service_call
from penstock.services.apigateway.serving.sources import Endpoint
from penstock.web.gateways.exchange import FunctionFailed, function_of, with_variables
from penstock.web.gateways.payloads import Malformed, read_1, response_1, text_body
from penstock.wire.message import Response
from penstock.wire.model import Json

_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d+)""")
_INTERNAL = "Internal server error"


def compile_integration(integration: Json, stage: Stage) -> Integrate:
    """Raises Refusal for one that could never be served."""
    resolved = {**integration, "uri": with_variables(integration.get("uri") or "", stage.variables)}
    return _KINDS[integration["type"]](resolved, stage)


# -- Lambda proxy ------------------------------------------------------------------------------------


def _lambda_proxy(integration: Json, stage: Stage) -> Integrate:
    if integration.get("httpMethod") != "POST":
        # AWS accepts it when it is put, and fails when it is called.
        return _always(misconfigured("an AWS_PROXY integration calls its function with POST, nothing else"))
    function = function_of(integration["uri"])
    mapping, role = RequestMapping(integration), integration.get("credentials") or ""
    timeout = integration["timeoutInMillis"] / 1000

    async def integrate(exchange: RestExchange) -> Response:
        exchange.time_out(timeout)
        event = proxy_event(exchange)
        mapping.add_to_event(exchange, event)
        payload = await _invoke(exchange, function, orjson.dumps(event), role)
        return _proxy_response(exchange, payload)

    return integrate


def proxy_event(exchange: RestExchange) -> Json:
    """The event of a Lambda proxy integration."""
    binary = exchange.stage.binary.match(exchange.header("content-type"))
    body, encoded = text_body(exchange.request.body, binary)
    headers, query = exchange.headers, exchange.query
    return {
        "resource": exchange.resource.path,
        "path": exchange.event_path,
        "httpMethod": exchange.request.method,
        "headers": headers.single,
        "multiValueHeaders": headers.multi,
        "queryStringParameters": query.single or None,
        "multiValueQueryStringParameters": query.multi or None,
        "pathParameters": exchange.params or None,
        "stageVariables": exchange.stage.variables or None,
        "requestContext": exchange.context(),
        "body": body,
        "isBase64Encoded": encoded,
    }


async def _invoke(exchange: RestExchange, function: str, payload: bytes, role: str) -> bytes:
    try:
        return await exchange.invoke(function, payload, role=role)
    except FunctionFailed as error:
        if not error.invoked:
            raise misconfigured(str(error)) from None
        log = f"Lambda execution failed due to customer function error: {error}"
        raise Refusal("DEFAULT_5XX", _INTERNAL, status=502, log=log) from None


def _proxy_response(exchange: RestExchange, payload: bytes) -> Response:
    wants_binary = exchange.stage.binary.match(exchange.header("accept"))
    try:
        response = response_1(read_1(payload, strict=True), wants_binary)
    except Malformed as error:
        log = f"Execution failed due to configuration error: Malformed Lambda proxy response: {error}"
        raise Refusal("DEFAULT_5XX", _INTERNAL, status=502, log=log) from None
    response.headers = remapped(response.headers)
    return traced(exchange, response)


def _always(refusal: Refusal) -> Integrate:
    def integrate(exchange: RestExchange) -> Result:
        raise refusal

    return integrate


# -- mock --------------------------------------------------------------------------------------------


def _mock(integration: Json, stage: Stage) -> Integrate:
    mapping = RequestMapping(integration)
    responses = ResponseMapping(integration, stage)

    def integrate(exchange: RestExchange) -> Response:
        body, overrides = mapping.body(exchange)
        status = _mock_status(body)
        if status is None:
            raise misconfigured("Unable to parse statusCode. It should be an integer defined in the request template.")
        return responses.response(exchange, Endpoint(status, [], b""), overrides)

    return integrate


def _mock_status(body: bytes) -> int | None:
    """The status of the rendered template, which need not be strict JSON: the CDK writes `{ statusCode: 200 }`."""
    match = _STATUS.search(body.decode("utf-8", "replace"))
    return int(match[1]) if match else None


# -- Lambda, with mappings ---------------------------------------------------------------------------


def _aws(integration: Json, stage: Stage) -> Integrate:
    if ":lambda:path/" not in integration["uri"]:
        return compile_service_call(integration, stage)
    function = function_of(integration["uri"])
    mapping, responses = RequestMapping(integration), ResponseMapping(integration, stage)
    timeout = integration["timeoutInMillis"] / 1000

    async def integrate(exchange: RestExchange) -> Response:
        exchange.time_out(timeout)
        body, overrides = mapping.body(exchange)
        kind = mapping.headers(exchange, overrides).get("X-Amz-Invocation-Type", "RequestResponse")
        try:
            payload = await exchange.invoke(function, body or b"{}", kind, role=integration.get("credentials") or "")
            selection = "200"
        except FunctionFailed as error:
            if not error.invoked:
                raise misconfigured(str(error)) from None
            payload = str(error).encode()
            selection = _error_message(payload)
        return traced(exchange, responses.response(exchange, Endpoint(200, [], payload), overrides, selection))

    return integrate


def _error_message(payload: bytes) -> str:
    """What selection patterns are matched with when a function fails."""
    try:
        return str(orjson.loads(payload).get("errorMessage", ""))
    except (orjson.JSONDecodeError, AttributeError):
        return ""


_KINDS: dict[str, Callable[[Json, Stage], Integrate]] = {
    "AWS_PROXY": _lambda_proxy,
    "AWS": _aws,
    "MOCK": _mock,
    "HTTP": compile_http,
    "HTTP_PROXY": compile_http_proxy,
}

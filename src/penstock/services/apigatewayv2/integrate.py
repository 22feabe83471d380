"""The integrations of a stage, compiled: exchange -> response.

Its parameter mapping stands around whatever answers an integration: a function, an HTTP endpoint, or a private one.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from penstock.services.apigatewayv2.exchange import HttpExchange, event_1
from penstock.services.apigatewayv2.parameters import map_request, map_response, request_rules, response_rules
from penstock.web.client import fetch
from penstock.web.gateway import function_of
from penstock.web.payloads import Malformed, read_1, response_1, response_2
from penstock.web.upstream import Upstream
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.apigatewayv2.serving import Stage

Integrate = Callable[[HttpExchange], Coroutine[Any, Any, Response]]
# The exchange, its request as it was mapped, and the path where the mapping gives one.
Forward = Callable[[HttpExchange, Request, str | None], Coroutine[Any, Any, Response]]

_TEXT = "text/plain; charset=utf-8"
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_PARAMETER = re.compile(r"\{(\w+)\+?\}")


def refuse(status: int, message: str) -> Response:
    return Response(status, [("Content-Type", "application/json")], orjson.dumps({"message": message}))


def _late() -> Response:
    return refuse(503, "Service Unavailable")


def compile_integration(integration: Json, stage: "Stage") -> Integrate:
    timeout = integration["TimeoutInMillis"] / 1000
    requests = request_rules(integration.get("RequestParameters") or {})
    responses = response_rules(integration.get("ResponseParameters") or {})
    forward = _forward(integration, stage.variables)

    async def integrate(exchange: HttpExchange) -> Response:
        exchange.limit(timeout, _late)
        request, path = map_request(requests, exchange) if requests else (exchange.request, None)
        response = await forward(exchange, request, path)
        rules = responses.get(response.status)
        return map_response(rules, exchange, response) if rules else response

    return integrate


def _forward(integration: Json, variables: Mapping[str, str]) -> Forward:
    uri = _VARIABLE.sub(lambda match: variables.get(match[1], ""), integration.get("IntegrationUri", ""))
    if integration["IntegrationType"] == "HTTP_PROXY":
        return _http(uri, integration.get("IntegrationMethod", "ANY"))
    return _FUNCTIONS[integration["PayloadFormatVersion"]](function_of(uri))


# -- functions ---------------------------------------------------------------------------------------


def _function_1(function: str) -> Forward:
    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        event = event_1(exchange, request, path or exchange.full_path)
        result = read_1(await exchange.invoke(function, orjson.dumps(event)), strict=False)
        if "statusCode" not in result:
            raise Malformed("the result has no statusCode")
        return response_1(result, wants_binary=True, default_type=_TEXT)

    return forward


def _function_2(function: str) -> Forward:
    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        event = exchange.event(request, path or exchange.full_path)
        return response_2(await exchange.invoke(function, orjson.dumps(event)), default_type=_TEXT)

    return forward


_FUNCTIONS: dict[str, Callable[[str], Forward]] = {"1.0": _function_1, "2.0": _function_2}


# -- HTTP endpoints ----------------------------------------------------------------------------------


def _http(uri: str, wanted: str) -> Forward:
    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        url = _PARAMETER.sub(lambda match: exchange.params.get(match[1], ""), uri)
        if path is not None:
            url = urlsplit(url)._replace(path=path if path.startswith("/") else f"/{path}").geturl()
        url += f"{'&' if '?' in url else '?'}{request.query_string}" if request.query_string else ""
        headers = [*request.raw_headers, *exchange.added]
        upstream = exchange.ctx.kernel.shared(Upstream)
        return await fetch(upstream, request.method if wanted == "ANY" else wanted, url, headers, request.body)

    return forward

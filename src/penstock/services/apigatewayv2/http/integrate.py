"""The integrations of a stage, compiled: exchange -> response.

Its parameter mapping stands around whatever answers an integration: a function, an HTTP endpoint, or a private one.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from penstock.services.apigatewayv2.http.exchange import HttpExchange, Integrate, Stage, event_1
from penstock.services.apigatewayv2.http.parameters import map_request, map_response, request_rules, response_rules
from penstock.services.apigatewayv2.http.service_calls import compile_call
from penstock.web.client import fetch
from penstock.web.gateways.exchange import MAX_BODY, TooLarge, function_of, with_variables
from penstock.web.gateways.payloads import Malformed, read_1, response_1, response_2
from penstock.web.gateways.private import cloud_map, listener
from penstock.web.network import Network
from penstock.web.stream import collect
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

# The exchange, its request as it was mapped, and the path where the mapping gives one.
Forward = Callable[[HttpExchange, Request, str | None], Coroutine[Any, Any, Response]]

_TEXT = "text/plain; charset=utf-8"
_PARAMETER = re.compile(r"\{(\w+)\+?\}")


class Refusal(Response):
    """What the gateway itself answers."""

    __slots__ = ("message",)

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, [("Content-Type", "application/json")], orjson.dumps({"message": message}))
        self.message = message


def refuse(status: int, message: str) -> Response:
    return Refusal(status, message)


def _late() -> Response:
    return refuse(503, "Service Unavailable")


def compile_integration(integration: Json, stage: Stage) -> Integrate:
    timeout = integration["TimeoutInMillis"] / 1000
    called = integration.get("IntegrationSubtype")
    requests = request_rules(integration.get("RequestParameters") or {}) if not called else []
    responses = response_rules(integration.get("ResponseParameters") or {})
    forward = _forward(integration, stage, timeout)

    async def integrate(exchange: HttpExchange) -> Response:
        exchange.limit(timeout, _late)
        request, path = map_request(requests, exchange) if requests else (exchange.request, None)
        response = await forward(exchange, request, path)
        exchange.integration_status = response.status
        if not isinstance(response.body, bytes) and int(response.header("Content-Length") or 0) > MAX_BODY:
            raise TooLarge(f"the response is longer than {MAX_BODY} bytes")
        rules = responses.get(response.status)
        if not rules:
            return response
        if any(rule.reads_body for rule in rules) and not isinstance(response.body, bytes):
            await collect(response)
            response.headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
        return map_response(rules, exchange, response)

    return integrate


def _forward(integration: Json, stage: Stage, timeout: float) -> Forward:
    if integration.get("IntegrationSubtype"):
        return _service(integration, stage)
    uri = with_variables(integration.get("IntegrationUri", ""), stage.variables)
    if integration["ConnectionType"] == "VPC_LINK":
        return _private(integration, uri, timeout)
    if integration["IntegrationType"] == "HTTP_PROXY":
        return _http(integration, uri, timeout)
    role = integration.get("CredentialsArn") or ""
    return _FUNCTIONS[integration["PayloadFormatVersion"]](function_of(uri), role)


def _service(integration: Json, stage: Stage) -> Forward:
    call = compile_call(integration, stage.kernel)

    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        return await call(exchange)

    return forward


# -- functions ---------------------------------------------------------------------------------------


def _function_1(function: str, role: str) -> Forward:
    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        event = event_1(exchange, request, path or exchange.full_path)
        result = read_1(await exchange.invoke(function, orjson.dumps(event), role=role), strict=False)
        if "statusCode" not in result:
            raise Malformed("the result has no statusCode")
        return response_1(result, wants_binary=True, default_type=_TEXT)

    return forward


def _function_2(function: str, role: str) -> Forward:
    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        event = exchange.event(request, path or exchange.full_path)
        return response_2(await exchange.invoke(function, orjson.dumps(event), role=role), default_type=_TEXT)

    return forward


_FUNCTIONS: dict[str, Callable[[str, str], Forward]] = {"1.0": _function_1, "2.0": _function_2}


# -- HTTP endpoints ----------------------------------------------------------------------------------

_LEGAL = "/:@!$&'()*+,;=~"  # of a path, besides letters, digits and -._


def _target(path: str, request: Request, legal: str = _LEGAL) -> str:
    quoted = quote(path if path.startswith("/") else f"/{path}", safe=legal)
    return f"{quoted}?{request.query_string}" if request.query_string else quoted


def _headers(exchange: HttpExchange, request: Request) -> Pairs:
    host = exchange.request.headers.get("host", "")
    forwarded = f"by={exchange.ctx.config.host};for={request.client};host={host};proto=http"
    return [*request.raw_headers, *exchange.added, ("Forwarded", forwarded), ("Via", "HTTP/1.1 AmazonAPIGateway")]


def _http(integration: Json, uri: str, timeout: float) -> Forward:
    wanted = integration.get("IntegrationMethod", "ANY")

    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        url = _PARAMETER.sub(lambda match: quote(exchange.params.get(match[1], ""), safe=_LEGAL), uri)
        if path is not None:
            url = urlsplit(url)._replace(path=quote(path, safe=_LEGAL + "%")).geturl()
        url += f"{'&' if '?' in url else '?'}{request.query_string}" if request.query_string else ""
        kernel, method = exchange.ctx.kernel, request.method if wanted == "ANY" else wanted
        network = kernel.shared(Network)
        headers = _headers(exchange, request)
        return await exchange.reach(
            fetch(
                kernel.shared(Upstream),
                method,
                url,
                headers,
                request.body,
                resolve=network.resolve,
                port=network.port,
                answer_timeout=timeout,
                stream=True,
            )
        )

    return forward


def _private(integration: Json, uri: str, timeout: float) -> Forward:
    """The path has the stage in it, and the Host is the client's, unless they are mapped."""
    target = cloud_map(uri) if ":servicediscovery:" in uri else listener(uri)
    wanted = integration.get("IntegrationMethod", "ANY")

    async def forward(exchange: HttpExchange, request: Request, path: str | None) -> Response:
        where = _target(exchange.full_path, request) if path is None else _target(path, request, _LEGAL + "%")
        method = request.method if wanted == "ANY" else wanted
        headers = _headers(exchange, request)
        return await exchange.reach(target.send(exchange.ctx, method, where, headers, request.body, timeout))

    return forward

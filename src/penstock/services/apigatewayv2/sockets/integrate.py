"""The integrations of a WebSocket API's stage, compiled: event -> response.

A proxy integration hands on the event and its answer as they are. Any other maps the message with a template, and the
answer with one of its integration responses, which a selection expression chooses.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from penstock.services.apigatewayv2.sockets.backends import BACKENDS
from penstock.services.apigatewayv2.sockets.exchange import SocketExchange, Stage
from penstock.services.apigatewayv2.sockets.selection import compile_selection
from penstock.services.apigatewayv2.sockets.templates import Templates, render
from penstock.web.gateways.exchange import function_of, with_variables
from penstock.web.gateways.payloads import Malformed, read_1, response_1
from penstock.wire.message import Response
from penstock.wire.model import Json

Integrate = Callable[[SocketExchange], Coroutine[Any, Any, Response]]
_STATUS = "${integration.response.statuscode}"


def compile_integration(integration: Json, responses: list[Json], stage: Stage) -> Integrate:
    timeout = integration["TimeoutInMillis"] / 1000
    uri = with_variables(integration.get("IntegrationUri", ""), stage.variables)
    located = {**integration, "IntegrationUri": uri}
    kind = integration["IntegrationType"]
    if kind == "AWS_PROXY":
        forward = _function(function_of(uri), integration.get("CredentialsArn") or "")
    elif kind == "HTTP_PROXY":
        forward = _proxy(BACKENDS["HTTP"](located, stage))
    else:
        forward = _mapped(located, responses, stage)

    async def integrate(exchange: SocketExchange) -> Response:
        exchange.limit(timeout, lambda: exchange.refusal(504, "Endpoint request timed out"))
        return await forward(exchange)

    return integrate


def _function(function: str, role: str) -> Integrate:
    async def forward(exchange: SocketExchange) -> Response:
        event = orjson.dumps(exchange.event())
        result = read_1(await exchange.invoke(function, event, role=role), strict=False)
        if "statusCode" not in result:
            raise Malformed("the result has no statusCode")
        return response_1(result, wants_binary=True)

    return forward


def _proxy(send: Callable[[SocketExchange, bytes], Coroutine[Any, Any, Response]]) -> Integrate:
    async def forward(exchange: SocketExchange) -> Response:
        return await send(exchange, exchange.happening.body.encode())

    return forward


# -- with templates ----------------------------------------------------------------------------------


class _Answer:
    """One integration response: `/regular expression/` or `$default` -> a template."""

    def __init__(self, settings: Json) -> None:
        key = settings["IntegrationResponseKey"]
        self.key: str = key
        self._pattern = re.compile(key[1:-1]) if len(key) > 2 and key[0] == key[-1] == "/" else None
        expression = settings.get("TemplateSelectionExpression")
        self._templates = Templates(settings.get("ResponseTemplates"), expression, _STATUS)

    def matches(self, selected: str) -> bool:
        return self._pattern.search(selected) is not None if self._pattern else self.key == selected

    def map(self, exchange: SocketExchange, response: Response, body: bytes) -> Response:
        template = self._templates.choose(exchange, response)
        mapped = render(template, exchange, body) if template is not None else body
        return Response(response.status, response.headers, mapped)


def _mapped(integration: Json, responses: list[Json], stage: Stage) -> Integrate:
    send = BACKENDS[integration["IntegrationType"]](integration, stage)
    expression = integration.get("TemplateSelectionExpression")
    templates = Templates(integration.get("RequestTemplates"), expression, "application/json")
    passthrough = integration.get("PassthroughBehavior", "WHEN_NO_MATCH")
    select = compile_selection(integration.get("IntegrationResponseSelectionExpression") or _STATUS)
    answers = [_Answer(settings) for settings in responses]

    async def forward(exchange: SocketExchange) -> Response:
        template = templates.choose(exchange, None)
        body = exchange.happening.body.encode()
        if template is not None:
            body = render(template, exchange, body)
        elif passthrough == "NEVER" or (passthrough == "WHEN_NO_TEMPLATES" and templates):
            raise Malformed("no template is for this message, and it may not pass without one")
        response = await send(exchange, body)
        selected = select(exchange, response) or ""
        answer = next((answer for answer in answers if answer.matches(selected)), None)
        answer = answer or next((answer for answer in answers if answer.key == "$default"), None)
        content = response.body if isinstance(response.body, bytes) else b""
        return answer.map(exchange, response, content) if answer is not None else response

    return forward

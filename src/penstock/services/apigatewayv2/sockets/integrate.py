"""The integrations of a WebSocket API's stage, compiled: event -> response.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

import re
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import orjson

from penstock.services.apigatewayv2.sockets.exchange import SocketExchange
from penstock.web.gateway import function_of
from penstock.web.payloads import Malformed, read_1, response_1
from penstock.wire.message import Response
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.apigatewayv2.sockets.stage import SocketStage

Integrate = Callable[[SocketExchange], Coroutine[Any, Any, Response]]
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def compile_integration(integration: Json, responses: list[Json], stage: "SocketStage") -> Integrate:
    timeout = integration["TimeoutInMillis"] / 1000
    uri = _VARIABLE.sub(lambda match: stage.variables.get(match[1], ""), integration.get("IntegrationUri", ""))
    forward = _function(function_of(uri))

    async def integrate(exchange: SocketExchange) -> Response:
        exchange.limit(timeout, lambda: exchange.refusal(504, "Endpoint request timed out"))
        return await forward(exchange)

    return integrate


def _function(function: str) -> Integrate:
    async def forward(exchange: SocketExchange) -> Response:
        result = read_1(await exchange.invoke(function, orjson.dumps(exchange.event())), strict=False)
        if "statusCode" not in result:
            raise Malformed("the result has no statusCode")
        return response_1(result, wants_binary=True)

    return forward

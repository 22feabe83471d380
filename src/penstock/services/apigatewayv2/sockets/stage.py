"""Serving a stage of a WebSocket API: who connects, which route a message takes, and what comes back.

A connection outlives the stage as it was compiled when it began: each message asks for the one that is served now.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

import logging
from collections.abc import Callable
from functools import partial

from penstock.base.meters import Meters
from penstock.base.telemetry import LogLine
from penstock.call import Kernel
from penstock.services.apigatewayv2.authorization import Denied
from penstock.services.apigatewayv2.metrics import (
    ANSWERED,
    CONNECTS,
    FAILED,
    INTEGRATION,
    MESSAGES,
    REFUSED,
    WEBSOCKET_API,
)
from penstock.services.apigatewayv2.sockets.authorize import Authorise, lambda_authorizer, signed
from penstock.services.apigatewayv2.sockets.connections import Connection, Connections
from penstock.services.apigatewayv2.sockets.exchange import Happening, SocketExchange, Stage, nowhere
from penstock.services.apigatewayv2.sockets.integrate import Integrate, compile_integration
from penstock.services.apigatewayv2.sockets.selection import compile_selection
from penstock.services.apigatewayv2.stage_settings import access_log, limits
from penstock.web.api import ApiEndpoint
from penstock.web.gateways.exchange import FunctionFailed
from penstock.web.gateways.payloads import Malformed
from penstock.web.gateways.throttle import Throttles
from penstock.web.http import Reply
from penstock.web.unreachable import Unreachable
from penstock.web.websocket import UNSUPPORTED, Limits, Listener, accept, asks
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_LIMITS = Limits(frame=32 * 1024, message=128 * 1024)
_INTERNAL = "Internal server error"
_CALLBACK = "/@connections/"
_DEFAULT = "$default"
log = logging.getLogger("penstock")

Find = Callable[[str, str], "SocketStage | None"]  # API id, stage -> as it is served now


class Route:
    """One route with what stands behind it. `two_way`: what its integration answers goes to the client."""

    __slots__ = ("authorise", "integrate", "key", "limits", "two_way")

    def __init__(self, key: str, integrate: Integrate | None, two_way: bool) -> None:
        self.key = key
        self.integrate = integrate
        self.two_way = two_way
        self.authorise: Authorise | None = None
        self.limits: tuple[float, int] | None = None


class SocketStage(Stage):
    def __init__(self, kernel: Kernel, account: str, region: str, document: Json, content: Json, find: Find) -> None:
        api = content["api"]
        self.kernel, self.account, self.region = kernel, account, region
        self.api_id: str = api["ApiId"]
        self.name: str = document["StageName"]
        self.domain = f"{self.api_id}.execute-api.{region}.amazonaws.com"
        self.variables: dict[str, str] = document.get("StageVariables") or {}
        self._closed: bool = api.get("DisableExecuteApiEndpoint", False)
        self._select = compile_selection(api["RouteSelectionExpression"])
        self._find = find
        self._connections = kernel.shared(Connections)
        self._endpoint = ApiEndpoint(kernel)
        place = (account, region)
        self._meter = kernel.shared(Meters).of(kernel.clock, WEBSOCKET_API, place, ApiId=self.api_id, Stage=self.name)
        self._throttles = Throttles()
        self._routes = self._compile(content, document)
        self._log = access_log(document, self.api_id)

    def _compile(self, content: Json, document: Json) -> dict[str, Route]:
        integrations = {f"integrations/{found['IntegrationId']}": found for found in content["integration"]}
        authorizers = {found["AuthorizerId"]: found for found in content["authorizer"]}
        answering = {response["RouteId"] for response in content["routeresponse"]}
        routes = {}
        for settings in content["route"]:
            integration = integrations.get(settings.get("Target", ""))
            compiled = self._integration(integration, content) if integration is not None else None
            route = Route(settings["RouteKey"], compiled, settings["RouteId"] in answering)
            route.limits = limits(document, route.key)
            route.authorise = _authorise(settings, authorizers)
            routes[route.key] = route
        return routes

    def _integration(self, integration: Json, content: Json) -> Integrate:
        id = integration["IntegrationId"]
        responses = [response for response in content["integrationresponse"] if response["IntegrationId"] == id]
        return compile_integration(integration, responses, self)

    # -- requests ------------------------------------------------------------------------------------

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        """`path` is what follows the stage: a handshake at its root, or the API that talks back."""
        if path.startswith(_CALLBACK):
            self._endpoint.handle(self._callback(path, request), reply)
        elif path == "/" and asks(request) and (not self._closed or request.domain is not None):
            self._connect(request, reply)
        else:
            reply(nowhere())

    def _callback(self, path: str, request: Request) -> Request:
        """The request as the SDK would send it to an endpoint of the API alone."""
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.raw_headers]
        asked = Request(request.method, path, request.query_string, request.headers, request.body, raw, request.client)
        asked.connection = request.connection
        return asked

    # -- $connect ------------------------------------------------------------------------------------

    def _connect(self, request: Request, reply: Reply) -> None:
        sent = partial(self._meter.add, MESSAGES)
        connection = Connection(self.api_id, self.name, request, self.kernel.clock, sent)

        def connected(response: Response) -> None:
            if 200 <= response.status < 300:
                self._open(connection, response)
            else:
                reply(response)

        self._begin(connection, Happening("CONNECT", "$connect"), connected)

    def _open(self, connection: Connection, response: Response) -> None:
        protocol = response.header("Sec-WebSocket-Protocol")
        headers = [("Sec-WebSocket-Protocol", protocol)] if protocol else []
        listener = Listener(
            partial(self._received, connection), connection.active, partial(self._disconnected, connection)
        )
        try:
            socket = accept(connection.request, headers, _LIMITS, listener)
        except ConnectionError:  # the client did not wait
            self._disconnected(connection, 1006, "Connection closed abnormally")
            return
        connection.opened(socket)
        self._connections.add(connection)
        socket.open()

    # -- messages ------------------------------------------------------------------------------------

    def _received(self, connection: Connection, message: str | bytes) -> None:
        if isinstance(message, bytes):
            connection.close(UNSUPPORTED, "Binary frames are not supported")
            return
        stage = self._find(self.api_id, self.name)
        if stage is None:
            connection.close(1001, "Going away")
        else:
            stage.receive(connection, message)

    def receive(self, connection: Connection, message: str) -> None:
        happening = Happening("MESSAGE", _DEFAULT, message)
        exchange = SocketExchange(self, connection, happening, lambda response: _answered(exchange, response))
        route = self._routed(exchange)
        if route is not None:
            exchange.happening = happening._replace(route_key=route.key)
            exchange.two_way = route.two_way
        self._run(exchange, route)

    def _routed(self, exchange: SocketExchange) -> Route | None:
        """The route that a message selects; connecting and leaving are not for messages."""
        key = self._select(exchange, None) or _DEFAULT
        found = self._routes.get(key) if key not in ("$connect", "$disconnect") else None
        return found or self._routes.get(_DEFAULT)

    # -- $disconnect ---------------------------------------------------------------------------------

    def _disconnected(self, connection: Connection, code: int, reason: str) -> None:
        self._connections.remove(connection)
        stage = self._find(self.api_id, self.name) if not self._connections.over else None
        if stage is not None:
            stage.bid_farewell(connection, code, reason or _REASONS.get(code, ""))

    def bid_farewell(self, connection: Connection, code: int, reason: str) -> None:
        if "$disconnect" in self._routes:
            self._begin(connection, Happening("DISCONNECT", "$disconnect", code=code, reason=reason), _unheard)

    # -- the way of an event -------------------------------------------------------------------------

    def _begin(self, connection: Connection, happening: Happening, reply: Reply) -> None:
        self._run(SocketExchange(self, connection, happening, reply), self._routes.get(happening.route_key))

    def _run(self, exchange: SocketExchange, route: Route | None) -> None:
        if route is None:
            nobody = Response(200) if exchange.happening.kind == "CONNECT" else exchange.refusal(403, "Forbidden")
            exchange.answer(nobody)
        elif route.limits is not None and not self._throttles.admit(route.key, *route.limits, exchange.now):
            exchange.answer(exchange.refusal(429, "Too Many Requests"))
        else:
            exchange.run(self._perform(exchange, route), lambda error: self._failed(exchange, error))

    async def _perform(self, exchange: SocketExchange, route: Route) -> Response:
        if route.authorise is not None:
            await route.authorise(exchange)
        if route.integrate is None:
            raise Malformed("the route has no integration")
        return await route.integrate(exchange)

    def _failed(self, exchange: SocketExchange, error: Exception) -> Response:
        if isinstance(error, Denied) and not error.fault:
            exchange.error = error.error
            return exchange.refusal(error.status, str(error))
        if not isinstance(error, Denied | FunctionFailed | Malformed | Unreachable):
            log.error("%s %s failed", self.api_id, exchange.happening.route_key, exc_info=error)
        self._report(exchange, error.error if isinstance(error, Denied) else str(error))
        return exchange.refusal(500 if isinstance(error, Denied) else 502, _INTERNAL)

    def _report(self, exchange: SocketExchange, text: str) -> None:
        exchange.error = text
        line = f"{self.api_id}/{self.name} {exchange.happening.route_key}: {text}"
        log.warning("%s", line)
        self.kernel.telemetry.log(LogLine(exchange.now, "WARNING", "apigatewayv2", line, exchange.request_id))

    def note(self, exchange: SocketExchange, response: Response) -> None:
        """What is measured of an event, and its line in the access log."""
        self._measure(exchange, response.status)
        if self._log is not None:
            length = len(response.body) if isinstance(response.body, bytes) else 0
            context = {**exchange.log_context(), "status": response.status, "responseLength": length}
            self._log.write(exchange.ctx, exchange.ctx.clock.now(), {**context, **exchange.latencies()})

    def _measure(self, exchange: SocketExchange, status: int) -> None:
        kind = exchange.happening.kind
        if kind == "MESSAGE" or (kind == "CONNECT" and status < 400):
            self._meter.add(MESSAGES if kind == "MESSAGE" else CONNECTS)
        if exchange.integration_latency is not None:
            self._meter.add(INTEGRATION, exchange.integration_latency)
        if status >= 400:
            refused = REFUSED if status < 500 else FAILED
            self._meter.add(refused if exchange.failed else ANSWERED)


# What AWS says where a client gives no reason.
_REASONS = {1001: "Going away", 1005: "Client-side close frame status not set", 1006: "Connection closed abnormally"}


def _authorise(route: Json, authorizers: dict[str, Json]) -> Authorise | None:
    if route["AuthorizationType"] == "AWS_IAM":
        return signed
    return lambda_authorizer(authorizers[route["AuthorizerId"]]) if route["AuthorizationType"] == "CUSTOM" else None


def _answered(exchange: SocketExchange, response: Response) -> None:
    """What the gateway itself says reaches the client by any route."""
    body = response.body
    if (exchange.failed or exchange.two_way) and isinstance(body, bytes) and body:
        exchange.connection.send(body.decode("utf-8", "replace"))


def _unheard(response: Response) -> None:
    """Nobody is there any more."""

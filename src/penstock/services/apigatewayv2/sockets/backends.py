"""What integrations with templates, and HTTP proxies, send to: an endpoint, a function, a service, or nobody.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from penstock.services.apigatewayv2.sockets.exchange import SocketExchange, Stage
from penstock.services.apigatewayv2.sockets.selection import Reader, compile_reference
from penstock.web.client import fetch
from penstock.web.gateways.exchange import FunctionFailed, function_of
from penstock.web.gateways.payloads import Malformed
from penstock.web.gateways.service_call import NoSuchService, ServiceCall
from penstock.web.network import Network
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Response
from penstock.wire.model import Json

Send = Callable[[SocketExchange, bytes], Coroutine[Any, Any, Response]]
_PLACE = "integration.request."
_JSON = "application/json"
# Of the client's connection, not of the request that is made for it.
_OWN = frozenset({"connection", "content-length", "host", "upgrade"})


class _Parameters:
    """`integration.request.header.x`: `route.request.header.y`, `context.z`, `stageVariables.v` or `'text'`."""

    def __init__(self, given: Json) -> None:
        self._readers: list[tuple[str, str, Reader]] = []
        for destination, source in given.items():
            place, _, name = destination.removeprefix(_PLACE).partition(".")
            self._readers.append((place, name, _reader(source)))

    def values(self, exchange: SocketExchange, place: str) -> Pairs:
        found = ((name, read(exchange, None)) for where, name, read in self._readers if where == place)
        return [(name, value) for name, value in found if value is not None]


def _reader(source: str) -> Reader:
    if source.startswith("'"):
        text = source.strip("'")
        return lambda exchange, response: text
    return compile_reference(source)


def _http(integration: Json, stage: Stage) -> Send:
    uri, method = integration["IntegrationUri"], integration.get("IntegrationMethod", "POST")
    parameters = _Parameters(integration.get("RequestParameters") or {})
    timeout = integration["TimeoutInMillis"] / 1000
    network, upstream = stage.kernel.shared(Network), stage.kernel.shared(Upstream)

    async def send(exchange: SocketExchange, body: bytes) -> Response:
        query = "&".join(f"{name}={value}" for name, value in parameters.values(exchange, "querystring"))
        url = f"{uri}{'&' if '?' in uri else '?'}{query}" if query else uri
        kind = _JSON if exchange.happening.kind == "MESSAGE" else ""
        headers = _headers(exchange, kind, parameters.values(exchange, "header"))
        return await exchange.reach(
            fetch(
                upstream,
                exchange.request.method if method == "ANY" else method,
                url,
                headers,
                body,
                resolve=network.resolve,
                port=network.port,
                answer_timeout=timeout,
            )
        )

    return send


def _headers(exchange: SocketExchange, kind: str, mapped: Pairs) -> Pairs:
    """Those of the handshake go with `$connect`; every request says which API it comes from."""
    stage = exchange.stage
    own = [("X-Amzn-Apigateway-Api-Id", stage.api_id), ("X-Amzn-Trace-Id", f"Root={exchange.ctx.trace.root}")]
    if exchange.happening.kind == "CONNECT":
        client = [pair for pair in exchange.request.raw_headers if pair[0].lower() not in _OWN]
    else:
        client = [("User-Agent", f"AmazonAPIGateway_{stage.api_id}")]
    typed = [("Content-Type", kind)] if kind else []
    replaced = {name.lower() for name, _ in mapped}
    return [*(pair for pair in [*client, *typed, *own] if pair[0].lower() not in replaced), *mapped]


def _aws(integration: Json, stage: Stage) -> Send:
    if ":lambda:path/" in integration["IntegrationUri"]:
        return _function(function_of(integration["IntegrationUri"]), integration.get("CredentialsArn") or "")
    parameters = _Parameters(integration.get("RequestParameters") or {})
    method = integration.get("IntegrationMethod", "POST")
    try:
        call = ServiceCall(
            stage.kernel, stage.account, integration["IntegrationUri"], integration.get("CredentialsArn")
        )
    except (NoSuchService, ValueError) as error:
        return _refusing(str(error))

    async def send(exchange: SocketExchange, body: bytes) -> Response:
        headers = {name.lower(): value for name, value in parameters.values(exchange, "header")}
        headers.setdefault("content-type", _JSON)
        return await call.send(method, call.path, parameters.values(exchange, "querystring"), headers, body)

    return send


def _refusing(why: str) -> Send:
    async def send(exchange: SocketExchange, body: bytes) -> Response:
        raise Malformed(why)

    return send


def _function(function: str, role: str) -> Send:
    """A function that gets what the template makes, and whose result is the answer, a failure as well."""

    async def send(exchange: SocketExchange, body: bytes) -> Response:
        try:
            answer = await exchange.invoke(function, body or b"{}", role=role)
        except FunctionFailed as error:
            if not error.invoked:
                raise
            answer = str(error).encode()
        return Response(200, [("Content-Type", _JSON)], answer)

    return send


def _mock(integration: Json, stage: Stage) -> Send:
    """Nobody: the template says the status."""

    async def send(exchange: SocketExchange, body: bytes) -> Response:
        try:
            said: Any = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError:
            said = None
        status = said.get("statusCode", 200) if isinstance(said, dict) else 500
        return Response(int(status), [("Content-Type", _JSON)], b"")

    return send


BACKENDS: dict[str, Callable[[Json, Stage], Send]] = {"AWS": _aws, "HTTP": _http, "MOCK": _mock}

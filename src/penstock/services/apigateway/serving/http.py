"""HTTP integrations: an endpoint on this machine, or one behind a VPC link; mapped, or handed through as a proxy.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html; texts as observed.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from penstock.call import Context, Kernel
from penstock.services.apigateway.serving.exchange import Integrate, RestExchange, Stage
from penstock.services.apigateway.serving.headers import NOT_PROXIED, remapped
from penstock.services.apigateway.serving.mapping import RequestMapping, ResponseMapping
from penstock.services.apigateway.serving.refusal import Refusal, misconfigured, timed_out
from penstock.services.apigateway.serving.sources import Endpoint
from penstock.services.apigateway.store import DOCUMENTS
from penstock.web.client import fetch
from penstock.web.gateways.exchange import MAX_BODY, TooLarge, counted, with_variables
from penstock.web.gateways.private import NoTarget, Target, listener, load_balancer
from penstock.web.network import Network
from penstock.web.unreachable import AnswerTimeout, Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Response
from penstock.wire.model import Json

# (exchange, method, URL, headers, body) -> the endpoint's answer, its body whole or as it comes. Raises Unreachable.
Call = Callable[[RestExchange, str, str, Pairs, bytes], Awaitable[Response]]

_PORTS = {"http": 80, "https": 443}


def compile_http(integration: Json, stage: Stage) -> Integrate:
    mapping, responses = RequestMapping(integration), ResponseMapping(integration, stage)
    send = _Sender(integration, stage)

    async def integrate(exchange: RestExchange) -> Response:
        body, overrides = mapping.body(exchange)
        headers = _with_defaults(exchange, mapping.headers(exchange, overrides), body)
        url = mapping.url(exchange, integration["uri"], proxy=False, overrides=overrides)
        answer = await send(exchange, url, headers, body)
        whole = answer.body if isinstance(answer.body, bytes) else b""
        return traced(exchange, responses.response(exchange, Endpoint(answer.status, answer.headers, whole), overrides))

    return integrate


def traced(exchange: RestExchange, response: Response) -> Response:
    """A gateway that called somebody itself names the trace."""
    response.headers.append(("X-Amzn-Trace-Id", f"Root={exchange.ctx.trace.root};Sampled=1"))
    return response


def compile_http_proxy(integration: Json, stage: Stage) -> Integrate:
    mapping = RequestMapping(integration)
    send = _Sender(integration, stage)

    async def integrate(exchange: RestExchange) -> Response:
        own = mapping.headers(exchange)
        given = NOT_PROXIED.union(name.lower() for name in own) if own else NOT_PROXIED
        headers = [
            (name, value)
            for name, values in exchange.headers.multi.items()
            if name.lower() not in given
            for value in values
        ]
        url = mapping.url(exchange, integration["uri"], proxy=True)
        headers += [("x-amzn-apigateway-api-id", stage.api_id), *own.items()]
        answer = await send(exchange, url, headers, exchange.request.body)
        answer.headers = remapped(answer.headers)
        if answer.body and isinstance(answer.body, bytes):
            answer.headers.append(("x-amzn-Remapped-Content-Length", str(len(answer.body))))
        return answer

    return integrate


def _with_defaults(exchange: RestExchange, own: dict[str, str], body: bytes) -> Pairs:
    """What a request that is not handed through has in its head besides what is mapped."""
    api_id = exchange.stage.api_id
    given = {name.lower() for name in own}
    defaults = [
        ("Accept", "application/json"),
        *([("Content-Type", "application/json")] if body else ()),
        ("User-Agent", f"AmazonAPIGateway_{api_id}"),
        ("X-Amzn-Trace-Id", f"Root={exchange.ctx.trace.root}"),
        ("x-amzn-apigateway-api-id", api_id),
    ]
    return [*own.items(), *(pair for pair in defaults if pair[0].lower() not in given)]


class _Sender:
    """Sends requests to one integration's endpoint, within its time limit. Raises Refusal."""

    def __init__(self, integration: Json, stage: Stage) -> None:
        self._method: str = integration.get("httpMethod") or "ANY"
        self._timeout: float = integration["timeoutInMillis"] / 1000
        self._streams = integration.get("responseTransferMode") == "STREAM"
        self._private = integration.get("connectionType") == "VPC_LINK"
        self._call = _private(integration, stage, self._timeout) if self._private else _public(self._timeout)

    async def __call__(self, exchange: RestExchange, url: str, headers: Pairs, body: bytes) -> Response:
        exchange.time_out(self._timeout)
        method = exchange.request.method if self._method == "ANY" else self._method
        exchange.sending(url, headers, body)
        try:
            answer = await exchange.reach(self._answer(exchange, method, url, headers, body))
        except AnswerTimeout:
            raise timed_out() from None
        except Unreachable as error:
            raise self._failed(error) from None
        exchange.received(answer.status, answer.headers, answer.body)
        return answer

    async def _answer(self, exchange: RestExchange, method: str, url: str, headers: Pairs, body: bytes) -> Response:
        answer = await self._call(exchange, method, url, headers, body)
        return answer if self._streams else await _whole(answer)

    def _failed(self, error: Unreachable) -> Refusal:
        if self._private or isinstance(error, NoTarget):
            text = "There was an internal error while executing your request"
            return misconfigured(f"Execution failed due to configuration error: {text} ({error})")
        text = "Network error communicating with endpoint"
        return Refusal("INTEGRATION_FAILURE", text, log=f"Execution failed due to an internal error: {text}: {error}")


async def _whole(answer: Response) -> Response:
    """The answer with its body as bytes. Raises Refusal where that is larger than AWS lets through."""
    if isinstance(answer.body, bytes):
        return answer
    announced = int(answer.header("Content-Length") or 0)
    parts: list[bytes] = []
    try:
        if announced > MAX_BODY:
            raise TooLarge
        async for chunk in counted(answer.body, lambda size: None, MAX_BODY):
            parts.append(chunk)
    except TooLarge:
        raise misconfigured(
            f"Execution failed due to configuration error: Integration response of reported length {announced} is "
            f"larger than allowed maximum of {MAX_BODY} bytes."
        ) from None
    # The gateway says the length itself: it may compress or change the body.
    headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
    return Response(answer.status, headers, b"".join(parts))


# -- endpoints ---------------------------------------------------------------------------------------


def _public(timeout: float) -> Call:
    def call(exchange: RestExchange, method: str, url: str, headers: Pairs, body: bytes) -> Awaitable[Response]:
        kernel: Kernel = exchange.ctx.kernel
        network = kernel.shared(Network)
        return fetch(
            kernel.shared(Upstream),
            method,
            url,
            headers,
            body,
            resolve=network.resolve,
            port=network.port,
            answer_timeout=timeout,
            stream=True,
        )

    return call


def _private(integration: Json, stage: Stage, timeout: float) -> Call:
    """The load balancer of the link answers, at the URI's port; the URI's host is only the Host that it is told."""
    link = with_variables(integration.get("connectionId", ""), stage.variables)
    targets: dict[int, Target] = {}  # by port: a URI may have a parameter there

    def target(url: str) -> Target:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 80)
        if port not in targets:
            targets[port] = _target(integration.get("integrationTarget", ""), link, port)
        return targets[port]

    async def call(exchange: RestExchange, method: str, url: str, headers: Pairs, body: bytes) -> Response:
        parts = urlsplit(url)  # an https:// one is called without TLS, as listeners are served without
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        told = [("Host", parts.netloc.rpartition("@")[2]), *(pair for pair in headers if pair[0].lower() != "host")]
        return await target(url).send(exchange.ctx, method, path, told, body, timeout)

    return call


def _target(arn: str, link: str, port: int) -> Target:
    """With a link of version 2 the integration names what it sends to, one of version 1 leads to a load balancer."""
    if ":listener/" in arn:
        return listener(arn)
    return load_balancer(lambda ctx: arn or _load_balancer_of(ctx, link), port)


def _load_balancer_of(ctx: Context, link: str) -> str:
    found = DOCUMENTS.get(ctx.store, f"{ctx.account}:{ctx.region}", "vpclink", link)
    if found is None:
        raise NoTarget(f"there is no VPC link {link!r}")
    arn: str = found["targetArns"][0]
    return arn

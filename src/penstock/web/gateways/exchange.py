"""What the REST and HTTP gateways share: one exchange at a time, its trace, its time limit, its function.

An exchange is answered once: by its integration, or by its time limit, whichever comes first. A function that is
still running then goes on, as on AWS; what it returns reaches nobody. A request to an HTTP endpoint ends there, and
where the client leaves.
"""

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

from penstock.base import ids
from penstock.base.clock import Timer
from penstock.base.errors import AwsError
from penstock.base.telemetry import Span, Trace
from penstock.call import Context, Kernel
from penstock.iam.principal import Principal
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

MAX_BODY = 10 * 1024 * 1024
_GATEWAY = "apigateway.amazonaws.com"
_ROLE = ":role/"
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_CREATED, _CLIENT_ERROR = 201, 400  # a Location stands in answers from the one up to the other
log = logging.getLogger("penstock")


class FunctionFailed(Exception):
    """The function could not be invoked (`invoked` is False), or failed. The text is for the log."""

    def __init__(self, text: str, invoked: bool) -> None:
        super().__init__(text)
        self.invoked = invoked


class Exchange:
    """One request on its way through a gateway. A gateway derives its own, with what it knows of the request."""

    __slots__ = (
        "_leavable",
        "_reply",
        "_timer",
        "_work",
        "answered",
        "ctx",
        "integration_latency",
        "now",
        "request",
        "request_id",
    )

    def __init__(self, kernel: Kernel, account: str, region: str, request: Request, reply: Reply) -> None:
        self.request = request
        self.now = kernel.clock.now()
        self.request_id = ids.uuid()
        header = request.headers.get("x-amzn-trace-id")
        trace = (Trace.parse(header) if header else None) or Trace.start(self.now)
        self.ctx = Context(kernel, account, region, Principal.service(_GATEWAY, account), trace, self.request_id)
        self.answered = False
        self.integration_latency: int | None = None  # milliseconds
        self._reply = reply
        self._timer: Timer | None = None
        self._work: asyncio.Task[None] | None = None
        self._leavable = False  # whether the work may be dropped in the middle

    def limit(self, seconds: float, late: Callable[[], Response]) -> None:
        """Answers with `late()` if nothing else did within `seconds` (virtual)."""
        self._timer = self.ctx.clock.call_at(self.now + seconds, lambda: self.answer(late()))

    def answer(self, response: Response) -> None:
        """Answers, when what was written meanwhile is committed; a second answer is dropped."""
        if self.answered:
            return
        self.answered = True
        if self._timer is not None:
            self._timer.cancel()
        self._leave()
        self.ctx.store.when_settled(lambda error: self._reply(response if error is None else _not_stored()))

    def told(self, path: str, api_id: str, status: int) -> None:
        """The exchange as a span, for those who watch."""
        arn = f"arn:aws:apigateway:{self.ctx.region}::/apis/{api_id}"
        what = f"http.{self.request.method} {path} {status}"
        self.ctx.telemetry.tell(Span(self.ctx, what, self.now, self.ctx.clock.now(), None, arn))

    def run(self, work: Coroutine[Any, Any, Response], failed: Callable[[Exception], Response]) -> None:
        """Answers with what `work` gives, or with `failed(error)`."""
        self._work = self.ctx.spawn(self._finish(work, failed), f"{self.request.method} {self.request.path}")

    async def _finish(self, work: Awaitable[Response], failed: Callable[[Exception], Response]) -> None:
        try:
            response = await work
        except Exception as error:
            response = failed(error)
        self.answer(response)

    @property
    def abandoned(self) -> bool:
        """Set by the connection when the client has gone."""
        return self.answered

    @abandoned.setter
    def abandoned(self, gone: bool) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._leavable and self._work is not None:
            self._work.cancel()

    async def reach(self, endpoint: Awaitable[Response]) -> Response:
        """An endpoint's answer. When nobody waits for it any more, its work ends too. Raises Unreachable."""
        connection, start = self.request.connection, self.ctx.clock.now()
        self._leavable = True
        if connection is not None:
            connection.waiter = self
        try:
            return await endpoint
        finally:
            self._leavable = False
            if connection is not None and connection.waiter is self:
                connection.waiter = None
            self.integration_latency = int((self.ctx.clock.now() - start) * 1000)

    def latencies(self) -> Json:
        """What access logs say of an exchange that is over."""
        latency = {"integrationLatency": self.integration_latency, "integration": {"latency": self.integration_latency}}
        return {**latency, "responseLatency": int((self.ctx.clock.now() - self.now) * 1000)}

    def source_arn(self) -> str:
        """What a function's permission has to name: the API's method or route that this is a request to."""
        return ""

    def authorizer_arn(self, authorizer_id: str) -> str:
        """The same where an authorizer's function is asked."""
        where, _, resource = self.source_arn().rpartition(":")
        return f"{where}:{resource.partition('/')[0]}/authorizers/{authorizer_id}"

    def _caller(self, role: str, source: str) -> Principal | None:
        """The role of an integration or authorizer, else the gateway itself."""
        if _ROLE in role:
            return acting(self.ctx.account, role)
        if self.ctx.kernel.authorise is None:
            return None  # nobody would ask for whom the gateway acts
        return Principal.service(_GATEWAY, self.ctx.account, source or self.source_arn())

    async def invoke(
        self, function: str, payload: bytes, kind: str = "RequestResponse", *, role: str = "", source: str = ""
    ) -> bytes:
        """What the function returned to the caller: `role`, or the gateway for `source`. Raises FunctionFailed."""
        request: Json = {"FunctionName": function, "InvocationType": kind, "Payload": payload}
        start = self.ctx.clock.now()
        try:
            result = await self.ctx.call("lambda", "Invoke", request, principal=self._caller(role, source))
        except AwsError as error:
            raise FunctionFailed(f"{function} could not be invoked: {error}", invoked=False) from error
        finally:
            self.integration_latency = int((self.ctx.clock.now() - start) * 1000)
        returned: bytes = result.get("Payload", b"")
        if "FunctionError" in result:
            raise FunctionFailed(returned.decode("utf-8", "replace"), invoked=True)
        return returned


def acting(account: str, role: str) -> Principal:
    """Who calls with an integration's or authorizer's role, whose session API Gateway calls so."""
    name = role.rpartition("/")[2]
    return Principal.role_session(account, name, "BackplaneAssumeRoleSession", name)


def relocate(request: Request, response: Response) -> None:
    """Makes a redirect to a path of the API's host one to where that path is here.

    Where an API is reached below `/_aws/execute-api/<id>`, its host begins there; the client does not know of it.
    """
    if request.mounted and _CREATED <= response.status < _CLIENT_ERROR:
        for at, (name, value) in enumerate(response.headers):
            if name.lower() == "location":
                response.headers[at] = (name, _mounted(request, value))


def _mounted(request: Request, location: str) -> str:
    parts = urlsplit(location)
    hosts = ("", request.headers.get("host", ""), request.domain[0] if request.domain else "")
    inside = parts.path.startswith("/") and not parts.path.startswith(f"{request.mounted}/")
    return parts._replace(path=request.mounted + parts.path).geturl() if inside and parts.netloc in hosts else location


class TooLarge(Exception):
    """A response that is longer than a gateway lets through."""


async def counted(
    chunks: AsyncIterator[bytes], over: Callable[[int], None], limit: float = math.inf
) -> AsyncIterator[bytes]:
    """The chunks as they come. `over` is called with their size once they have ended, or nobody wants more of them.

    Raises TooLarge in the middle.
    """
    size = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"the response is longer than {limit} bytes")
            yield chunk
    finally:
        over(size)


def _not_stored() -> Response:
    """What the exchange wrote (the count of a quota, for instance) could not be committed."""
    return Response(500, [("Content-Type", "application/json")], b'{"message":"Internal server error"}')


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """`${stageVariables.name}` replaced, by nothing where the stage has no such variable."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], ""), text)


def function_of(uri: str) -> str:
    """`arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<ARN>/invocations` -> the function's ARN."""
    _, found, rest = uri.partition("/functions/")
    return rest.removesuffix("/invocations") if found else uri

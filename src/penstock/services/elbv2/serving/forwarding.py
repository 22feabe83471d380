"""A request on its way through an application load balancer to a target, and the answer on its way back.

A target that refuses the connection has not seen the request, so that another one is tried before the client is told
502: AWS leaves that to health checks, which here would be the only thing a client could notice of a task's end.
"""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

import orjson

from penstock.base.errors import AwsError
from penstock.base.telemetry import Span, Trace
from penstock.call import Context, Kernel
from penstock.services.elbv2.serving import functions
from penstock.services.elbv2.serving.access_log import Line
from penstock.services.elbv2.serving.answers import page
from penstock.services.elbv2.serving.choosing import Weighted
from penstock.services.elbv2.serving.cookies import COOKIES, GROUP_COOKIE, Seal, cookies_of, set_cookies
from penstock.services.elbv2.serving.groups import Group, Member
from penstock.services.elbv2.serving.headers import Rewrite
from penstock.services.elbv2.serving.metrics import Requests
from penstock.web.http import Reply, take_over
from penstock.web.splice import join
from penstock.web.stream import Incomplete
from penstock.web.unreachable import AnswerTimeout, CannotConnect, ConnectTimeout, Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

_CONNECT = 10.0  # real seconds
_SWITCHED, _CLIENT_LEFT = 101, 460
log = logging.getLogger("penstock")


@dataclass(frozen=True, slots=True)
class Way:
    """What all requests of a listener share. `local`: the load balancer's address; `where`: that of a target;
    `requests` counts them."""

    kernel: Kernel
    upstream: Upstream
    ctx: Callable[[Trace | None], Context]
    local: str
    idle: float  # real seconds without an answer
    rewrite: Rewrite
    where: Callable[[Member], tuple[str, int] | None]
    requests: Requests


class Forward:
    """A forward action: target groups with their weights."""

    def __init__(self, action: Json, groups: list[Group], secret: str) -> None:
        config = action["ForwardConfig"]
        self.groups = groups
        self._weighted = Weighted([group["Weight"] for group in config["TargetGroups"]])
        stickiness = config["TargetGroupStickinessConfig"]
        self.seconds: int = stickiness["DurationSeconds"] if stickiness["Enabled"] else 0
        self.seal = Seal(secret)

    def choose(self) -> Group | None:
        index = self._weighted.choose()
        return self.groups[index] if index is not None else None

    def of_key(self, key: str | None) -> Group | None:
        return next((group for group in self.groups if group.arn.endswith(f"/{key}")), None) if key else None


class Passage:
    """One request. The server tells it, as the connection's waiter, when the client has left."""

    def __init__(self, way: Way, forward: Forward, request: Request, reply: Reply, line: Line | None = None) -> None:
        self._way = way
        self._forward = forward
        self._request = request
        self._reply = reply
        self._line = line
        self._now = way.kernel.clock.now()
        self._set: Pairs = []  # cookies for the answer
        self._sent: Pairs = []  # the headers for the target
        self._from = ""  # the target group that the answer came from
        self._task = way.kernel.spawn(self._run(), "request through a load balancer")
        if request.connection is not None:
            request.connection.waiter = self

    @property
    def abandoned(self) -> bool:
        return self._task.cancelled()

    @abandoned.setter
    def abandoned(self, left: bool) -> None:
        if self._line is not None and not self._task.done():
            self._line.over(_CLIENT_LEFT)
        self._task.cancel()

    async def _run(self) -> None:
        try:
            response = await self._answer()
        except Incomplete:
            return  # the client has left in the middle of its request
        except Exception:
            log.exception("%s %s failed in a load balancer", self._request.method, self._request.path)
            response = page(500)
        if response is not None:
            response.headers += self._set
            self._way.requests.answered(response.status, self._from, self._way.kernel.clock.now() - self._now)
            if self._way.kernel.telemetry.watchers:
                self._told(response.status)
            self._reply(response)

    def _told(self, status: int) -> None:
        """The request as a span, for those who watch."""
        kernel, header = self._way.kernel, dict(self._sent).get("X-Amzn-Trace-Id")
        ctx = self._way.ctx(Trace.parse(header) if header else None)
        what = f"http.{self._request.method} {self._request.path} {status}"
        kernel.telemetry.tell(Span(ctx, what, self._now, kernel.clock.now(), None, self._forward.groups[0].arn))

    async def _answer(self) -> Response | None:
        """None where the connection was handed on."""
        cookies = cookies_of(header) if (header := self._request.headers.get("cookie")) else {}
        group = self._group(cookies)
        if group is None:
            return page(503)
        member = self._remembered(group, cookies) or group.choose()
        if member is None:
            return page(503)
        if group.is_lambda:
            return await self._invoke(member)
        return await self._try(group, member)

    # -- stickiness ------------------------------------------------------------------------------------------

    def _group(self, cookies: dict[str, str]) -> Group | None:
        forward = self._forward
        if not forward.seconds:
            return forward.choose()
        known = forward.of_key(_opened(forward.seal, cookies, GROUP_COOKIE, self._now))
        if known is not None:
            return known
        group = forward.choose()
        if group is not None:
            expires = self._now + forward.seconds
            self._set += set_cookies(GROUP_COOKIE, forward.seal.close(group.arn.rpartition("/")[2], expires), expires)
        return group

    def _remembered(self, group: Group, cookies: dict[str, str]) -> Member | None:
        if group.sticky is None or not cookies:
            return None
        key = _opened(group.seal, cookies, COOKIES[group.sticky[0]], self._now)
        return group.of_key(key) if key else None

    def _stick(self, member: Member, response: Response) -> None:
        if member.group.sticky is None:
            return
        kind, own, seconds = member.group.sticky
        if kind == "app_cookie" and not any(
            name.lower() == "set-cookie" and value.startswith(f"{own}=") for name, value in response.headers
        ):
            return
        expires = self._now + seconds
        self._set += set_cookies(COOKIES[kind], member.group.seal.close(member.key, expires), expires)

    # -- servers ---------------------------------------------------------------------------------------------

    async def _try(self, group: Group, member: Member | None) -> Response | None:
        """Asks one target after the other until one accepts the connection."""
        peer = self._request.connection.peer[1] if self._request.connection is not None else 0
        headers = self._sent = self._way.rewrite(self._request, self._now, peer)
        tried: list[Member] = []
        late = False
        while member is not None:
            try:
                response = await self._ask(member, headers)
            except CannotConnect as error:
                late = isinstance(error, ConnectTimeout)
                tried.append(member)
                member = group.choose(tried)
                continue
            if response is not None:
                self._stick(member, response)
            return response
        return page(504 if late else 502)

    async def _ask(self, member: Member, headers: Pairs) -> Response | None:
        address = self._way.where(member)
        if address is None:
            raise ConnectTimeout(f"{member.address} is not on this machine")
        member.in_flight += 1
        kept = False
        try:
            if _is_websocket(self._request):
                response, kept = await self._upgrade(member, address, headers)
                return response
            request = self._request
            if self._line is not None:
                self._line.goes(member.group.arn, f"{member.address}:{member.port}", headers)
            answer = await self._way.upstream.send(
                request.method, *address, request.target, headers, request.stream or request.body,
                local=self._way.local, connect_timeout=_CONNECT, answer_timeout=self._way.idle,
            )  # fmt: skip
            self._from = member.group.arn
            if self._line is not None:
                self._line.came(answer.status)
            if not isinstance(answer.body, bytes):
                answer.body, kept = _Counted(answer.body, member), True
            return answer
        except CannotConnect:
            raise
        except AnswerTimeout:
            return page(504)
        except Unreachable:
            return page(502)
        finally:
            if not kept:
                member.leave()

    async def _upgrade(self, member: Member, address: tuple[str, int], headers: Pairs) -> tuple[Response | None, bool]:
        """The target's answer, or None where both sides now speak a protocol of their own, for as long as they do."""
        request = self._request
        asked = [*headers, ("Upgrade", "websocket")]
        if self._line is not None:
            self._line.goes(member.group.arn, f"{member.address}:{member.port}", headers)
        answer, connection = await self._way.upstream.upgrade(
            request.method, *address, request.target, asked,
            local=self._way.local, connect_timeout=_CONNECT, answer_timeout=self._way.idle,
        )  # fmt: skip
        if answer.status != _SWITCHED:
            return answer, False
        client, sent = take_over(request)
        if request.connection is not None:
            request.connection.waiter = None
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        client.write(f"HTTP/1.1 101 Switching Protocols\r\n{head}\r\n".encode("latin-1"))
        if self._line is not None:
            self._line.switched()
        join(client, connection.take_over(), sent, connection.rest, ended=partial(self._hang_up, member))
        return None, True

    def _hang_up(self, member: Member) -> None:
        member.leave()
        if self._line is not None:
            self._line.over(_SWITCHED)

    # -- functions -------------------------------------------------------------------------------------------

    async def _invoke(self, member: Member) -> Response:
        """A function's answer; 502 where it fails or returns what is no response."""
        request = self._request
        body = b"".join([chunk async for chunk in request.stream]) if request.stream is not None else request.body
        if len(body) > functions.MAX_BODY:
            return page(413)
        peer = request.connection.peer[1] if request.connection is not None else 0
        headers = self._way.rewrite(request, self._now, peer)
        multi = member.group.attributes["lambda.multi_value_headers.enabled"] == "true"
        event = functions.event(request, body, headers, member.group.arn, multi)
        trace = next(value for name, value in headers if name == "X-Amzn-Trace-Id")
        member.in_flight += 1
        if self._line is not None:
            self._line.goes(member.group.arn, "-", headers)
        try:
            ctx = self._way.ctx(Trace.parse(trace))
            caller = ctx.at(principal=ctx.principal._replace(source=member.group.arn))
            response = functions.response(await invoke(caller, member.id, event), multi)
            self._from = member.group.arn
            return response
        except functions.BadResult as error:
            log.warning("%s: %s", member.id, error)
            return page(502)
        finally:
            member.leave()


async def invoke(ctx: Context, function: str, event: Json) -> bytes:
    """What a function returned. Raises BadResult."""
    request: Json = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": orjson.dumps(event)}
    try:
        result = await ctx.call("lambda", "Invoke", request)
    except AwsError as error:
        raise functions.BadResult(f"it could not be invoked: {error}") from None
    payload: bytes = result.get("Payload", b"")
    if "FunctionError" in result:
        raise functions.BadResult(f"it failed: {payload.decode('utf-8', 'replace')}")
    return payload


def _is_websocket(request: Request) -> bool:
    """An Upgrade counts if the client says that it is for the next hop."""
    headers = request.headers
    return headers.get("upgrade", "").lower() == "websocket" and "upgrade" in headers.get("connection", "").lower()


def _opened(seal: Seal, cookies: dict[str, str], name: str, now: float) -> str | None:
    """What a cookie, or its twin, says."""
    value = cookies.get(name) or cookies.get(f"{name}CORS")
    return seal.open(value, now) if value else None


class _Counted:
    """A body that is still coming: its target works on the request until its end, or until nobody reads it."""

    def __init__(self, chunks: AsyncIterator[bytes], member: Member) -> None:
        self._chunks = chunks
        self._member: Member | None = member

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except BaseException:
            self._over()
            raise

    def _over(self) -> None:
        member, self._member = self._member, None
        if member is not None:
            member.leave()

    def __del__(self) -> None:
        self._over()

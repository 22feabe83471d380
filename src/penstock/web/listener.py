"""An HTTP server for load balancers: bodies of requests stream, WebSockets can be handed on, limits are kept.

The handler is called when the head of a request is there. A body that came with it or is announced as small is in
`request.body` as ever; any other in `request.stream`, read no faster than it is taken. What the handler leaves unread
is discarded, and so are trailers. To close is to stop accepting and to let what is in flight finish.

A request that two servers could read in two ways is refused, by the parser or because of its head. The refusal comes
when the requests before it are answered.
"""

import asyncio
import contextlib
from collections.abc import Callable

from penstock.web.http import Handler, HttpProtocol, encode
from penstock.web.stream import SMALL, ByteStream
from penstock.wire.message import Request, Response

# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_MAX_LINE = 16_384  # bytes of the request line, and of each header
_MAX_HEAD = 65_536
_MAX_WAITING = 100  # requests behind one that is being answered: above, no more are read
_CODINGS = ("chunked", "identity")

Refusal = Callable[[int], Response]  # a status -> what is said to the client


class _Refused(Exception):
    """Ends the parsing of a head."""


class StreamingProtocol(HttpProtocol):
    def __init__(self, handler: Handler, listener: "Listener") -> None:
        super().__init__(handler)
        self._listener = listener
        self._headed = False  # a head is there, and its request not yet handed on
        self._last = False
        self._unfinished = 0  # bytes that have come since a request was last whole
        self._fields = 0  # of the head that is there: what comes behind them are trailers
        self._objection = 0
        self._refused = b""
        self.is_quiet = False  # nothing has come since the listener last looked

    def finish(self) -> None:
        """Ends the connection as soon as nothing is in flight on it."""
        self._last = True
        if self._transport is not None and not self._busy and not self._target and self._body is None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        taken = super().take_over()
        self._listener.left(self)
        return taken

    # -- transport -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._listener.entered(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._listener.left(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self.is_quiet = False
        self._unfinished += len(data)
        super().data_received(data)
        if self._headed:
            size = self._headers.get("content-length")
            if size is None or int(size) > SMALL:
                self._begin_stream()
        elif self._unfinished > _MAX_HEAD and self._body is None:
            self._refuse(400)

    def expire(self) -> None:
        """Nothing has come for the idle timeout: the end, with an answer for a request that is not whole."""
        if self._transport is None or self._busy:
            return
        if self._unfinished:
            self._refuse(408)
        else:
            self._transport.close()

    def _refuse(self, status: int, message: str = "") -> None:
        """Says so when it is the turn of the request that is refused, and ends the connection."""
        if self._transport is None or self._refused:
            return
        response = self._listener.refusal(self._objection or self._objection_to_coding() or status)
        response.headers.append(("Connection", "close"))
        self._refused = encode(response, "GET")
        if self._body is not None and (self._sending is not None or not self._busy):
            self._transport.abort()  # it was answered while it was still coming
        elif self._body is not None or not self._busy:
            self._say_refusal()

    def _say_refusal(self) -> None:
        if self._transport is not None:
            self._transport.write(self._refused)
            self._transport.close()

    # -- parser callbacks ------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        self._objection = self._objection_to_head()
        if self._objection:
            raise _Refused
        super().on_headers_complete()
        self._headed = True
        self._fields = len(self._raw)

    def _objection_to_head(self) -> int:
        """The status that a request is refused with because of its head; 0: none."""
        version, host = self._parser.get_http_version(), self._headers.get("host")
        if version != "1.1" and version != "1.0":
            return 505 if version > "1.1" else 400
        if (host is None and version == "1.1") or (host is not None and "," in host):
            return 400
        if self._unfinished > _MAX_LINE and (objection := _too_large(self._target, self._raw)):
            return objection
        return self._objection_to_coding() if "transfer-encoding" in self._headers else 0

    def _objection_to_coding(self) -> int:
        return 0 if self._headers.get("transfer-encoding", "chunked").lower() in _CODINGS else 501

    def on_message_complete(self) -> None:
        self._headed = False
        self._unfinished = 0
        if self._body is None and len(self._raw) > self._fields:
            self._drop_trailers()
        super().on_message_complete()

    def _drop_trailers(self) -> None:
        """What comes behind a body must not pass for what came before it (RFC 9112, 7.1.2)."""
        fields, self._raw, self._headers = self._raw[: self._fields], [], {}
        for name, value in fields:
            self.on_header(name, value)

    def _end_stream(self, body: ByteStream) -> None:
        super()._end_stream(body)
        if self._last and not self._busy and self._transport is not None:
            self._transport.close()

    def _begin_stream(self) -> None:
        self._headed = False
        super()._begin_stream()

    def _enter(self, request: Request, keep: bool) -> None:
        super()._enter(request, keep)
        if len(self._waiting) > _MAX_WAITING and self._transport is not None:
            self._transport.pause_reading()

    def _sent(self, keep: bool) -> None:
        """Called after each reply."""
        self.is_quiet = False
        if len(self._waiting) == _MAX_WAITING and self._transport is not None:
            self._transport.resume_reading()
        super()._sent(keep and not (self._last and not self._waiting and self._body is None))
        if self._refused and not self._busy:
            self._say_refusal()


def _too_large(target: bytes, raw: list[tuple[bytes, bytes]]) -> int:
    """The status for a head above the limits; 0 for one within them."""
    sizes = [len(name) + len(value) + 4 for name, value in raw]
    if len(target) > _MAX_LINE:
        return 414
    return 400 if max(sizes, default=0) > _MAX_LINE or sum(sizes) + len(target) > _MAX_HEAD else 0


class Listener:
    """A server on one address. `refusal` makes the answers to what never becomes a request."""

    def __init__(self, handler: Handler, refusal: Refusal = Response, idle: float = 60.0) -> None:
        self.refusal = refusal
        self.idle = idle  # real seconds that a client may be silent for, at most twice that
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[StreamingProtocol] = set()
        self._empty: asyncio.Future[None] | None = None
        self._look: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> int:
        """Listens; port 0 takes a free one. The port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: StreamingProtocol(self._handler, self), host, port, backlog=1024
        )
        self._look = loop.call_later(self.idle, self._expire)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, grace: float = 0.0) -> None:
        """Accepts no more, and returns when all in flight is answered, or cut off after `grace` real seconds."""
        if self._server is not None:
            self._server.close()
        if self._look is not None:
            self._look.cancel()
        for connection in list(self._connections):
            connection.finish()
        if self._connections:
            self._empty = asyncio.get_running_loop().create_future()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty, grace)
        for connection in list(self._connections):
            connection.abort()

    def _expire(self) -> None:
        """Looks after each idle timeout: who has been silent since the last look has been for long enough."""
        for connection in list(self._connections):
            if connection.is_quiet:
                connection.expire()
            connection.is_quiet = True
        self._look = asyncio.get_running_loop().call_later(self.idle, self._expire)

    def entered(self, connection: StreamingProtocol) -> None:
        self._connections.add(connection)

    def left(self, connection: StreamingProtocol) -> None:
        self._connections.discard(connection)
        if not self._connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

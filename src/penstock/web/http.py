"""An HTTP/1.1 server protocol: bytes to `Request`, `Response` to bytes. It knows no path.

A handler gets the request and a `reply` function, which it calls once, now or later: an operation's reply has to wait
for the commit. Requests of one connection are answered in their order.

A body is collected, at most `MAX_BODY` of it, unless it is announced as large and `streams` says of its request's head
that the handler takes it as it comes: then it is `request.stream`, read no faster than it is taken. What the handler
leaves unread is discarded.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import httptools

from penstock.web.stream import SMALL, ByteStream, Chunks, Incomplete
from penstock.wire.message import Request, Response, Waiter

if TYPE_CHECKING:
    from ssl import SSLContext

Reply = Callable[[Response], None]
Handler = Callable[[Request, Reply], None]
Streams = Callable[[Request], bool]

MAX_BODY = 256 * 1024 * 1024
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_NO_BODY = frozenset({204, 304})
log = logging.getLogger("penstock")


class HttpProtocol(asyncio.Protocol):
    def __init__(self, handler: Handler, streams: Streams | None = None) -> None:
        self._handler = handler
        self._streams = streams
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._answering = False
        self._sending: asyncio.Task[None] | None = None
        self._drained = asyncio.Event()
        self._client = ""
        self.peer: tuple[str, int] = ("", 0)
        self.waiter: Waiter | None = None
        self._body: ByteStream | None = None
        self._rest = b""
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._raw: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._size = 0

    # -- transport -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports inherit from nothing
        peer = transport.get_extra_info("peername")
        self.peer = peer[:2] if peer else ("", 0)
        self._client = self.peer[0]
        self._drained.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._body is not None:
            self._body.end(Incomplete("the client closed the connection in the middle of its request"))
        if self.waiter is not None:
            self.waiter.abandoned = True
        self._waiting.clear()
        self._drained.set()
        if self._sending is not None:
            self._sending.cancel()

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "Not an HTTP request")

    def _upgrade(self, rest: bytes) -> None:
        """Goes on as if another protocol had not been asked for, as RFC 9110 7.8 allows: Java's client always asks.

        A request for a WebSocket is handed on with its connection paused: whoever can serves it takes that over.
        """
        if self._parser.get_method() == b"CONNECT":
            self._refuse(501, "CONNECT is not supported")
            return
        wanted = self._headers.get("upgrade", "").lower() == "websocket" and self._parser.get_method() == b"GET"
        if wanted and self._transport is not None:
            self._transport.pause_reading()
            self._rest = rest
            self._enter(self._take_request(b""), keep=False)
            return
        head = b"%b %b HTTP/1.1\r\n" % (self._parser.get_method(), self._target)
        kept = [b"%b: %b\r\n" % pair for pair in self._raw if _lower(pair[0]) not in ("upgrade", "expect")]
        self._reset()
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(b"%b%b\r\n%b" % (head, b"".join(kept), rest))

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        """The bare connection, paused, and what came behind the request's head. Raises ConnectionError."""
        if self._transport is None:
            raise ConnectionError("the client has left")
        transport, self._transport = self._transport, None
        return transport, self._rest

    def _refuse(self, status: int, message: str) -> None:
        if self._transport is not None:
            self._transport.write(encode(Response(status, [("Connection", "close")], message.encode()), "GET"))
            self._transport.close()

    # -- parser callbacks ------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw.append((name, value))
        headers, key = self._headers, _LOWER.get(name) or _lower(name)
        text = value.decode("latin-1")
        headers[key] = text if key not in headers else f"{headers[key]},{text}"

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._streams is not None and self._large() and self._streams(self._request()):
            self._begin_stream()

    def _large(self) -> bool:
        size = self._headers.get("content-length")
        if size is None:
            return "transfer-encoding" in self._headers
        return len(size) > 4 and int(size) > SMALL

    def _begin_stream(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        body = self._body = ByteStream(self._transport, lambda: None)
        for chunk in self._chunks:
            body.feed(chunk)
        keep = self._parser.should_keep_alive()
        request = self._take_request(b"")
        request.stream = Chunks(body)
        self._enter(request, keep)

    def on_body(self, body: bytes) -> None:
        if self._body is not None:
            self._body.feed(body)
            return
        self._size += len(body)
        if self._size > MAX_BODY:
            self._refuse(413, f"The body is larger than {MAX_BODY} bytes")
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return  # HttpParserUpgrade follows
        if self._body is not None:
            self._end_stream(self._body)
            return
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._enter(self._take_request(body), self._parser.should_keep_alive())

    def _end_stream(self, body: ByteStream) -> None:
        self._body = None
        body.trailers = self._headers
        body.end()
        self._reset()

    def _take_request(self, body: bytes) -> Request:
        request = self._request(body)
        self._reset()
        return request

    def _request(self, body: bytes = b"") -> Request:
        path, _, query = self._target.decode("latin-1").partition("?")
        if not path.startswith("/"):  # absolute form, as proxies are sent
            path = "/" + path.partition("://")[2].partition("/")[2]
        method = self._parser.get_method().decode("latin-1")
        return Request(method, path, query, self._headers, body, self._raw, self._client, self)

    def _enter(self, request: Request, keep: bool) -> None:
        if self._busy:
            self._waiting.append((request, keep))
        else:
            self._answer(request, keep)

    # -- replies ---------------------------------------------------------------------------------

    def _answer(self, request: Request, keep: bool) -> None:
        self._busy = True

        def reply(response: Response) -> None:
            self._send(response, request.method, keep)

        try:
            self._handler(request, reply)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            reply(
                Response(500, [("Content-Type", "text/plain")], b"Internal error; the trace is in the runtime's log\n")
            )

    def _send(self, response: Response, method: str, keep: bool) -> None:
        transport = self._transport
        if transport is None:
            return
        if isinstance(response.body, bytes):
            transport.write(encode(response, method))
            self._sent(keep)
        else:
            self._sending = asyncio.get_running_loop().create_task(self._stream(response, response.body, keep))

    async def _stream(self, response: Response, chunks: AsyncIterator[bytes], keep: bool) -> None:
        """Sends a body as it comes, in HTTP chunks unless its length is known, no faster than it is read.

        Where the body fails, the connection ends: nothing else tells the client that it is not whole. To a client of
        HTTP/1.0, which knows no chunks, the connection's end says that a body without a length is.
        """
        sized = response.header("Content-Length") is not None
        chunked = not sized and self._parser.get_http_version() != "1.0"
        extra = b"Transfer-Encoding: chunked\r\n" if chunked else b"" if sized else b"Connection: close\r\n"
        try:
            self._write(_head(response) + extra + b"\r\n")
            async for chunk in chunks:
                if chunk:
                    self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
                    await self._drained.wait()
            if chunked:
                self._write(b"0\r\n\r\n")
            self._sent(keep and (sized or chunked))
        except asyncio.CancelledError:
            pass  # the client has left
        except Exception as error:
            log.warning("The body of a response ended early: %s", error)
            if self._transport is not None:
                self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _sent(self, keep: bool) -> None:
        if self._body is not None and not self._waiting:
            self._body.abandon()
        self._busy = False
        self._sending = None
        if not keep and self._transport is not None:
            self._waiting.clear()
            self._transport.close()
        elif self._waiting and not self._answering:
            self._answer_waiting()

    def _answer_waiting(self) -> None:
        """In a loop, as a reply may come at once: thousands of pipelined requests are not as many frames."""
        self._answering = True
        while self._waiting and not self._busy:
            self._answer(*self._waiting.popleft())
        self._answering = False


_LOWER: dict[bytes, str] = {}


def _lower(name: bytes) -> str:
    """The names of headers recur, so each spelling is lowered once; a bound keeps strange callers from filling it."""
    text = name.decode("latin-1").lower()
    if len(_LOWER) < 1024:
        _LOWER[name] = text
    return text


def _head(response: Response) -> bytes:
    line = _LINES.get(response.status) or f"HTTP/1.1 {response.status} Status\r\n".encode()
    fields = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
    return line + fields.encode("latin-1", "replace")


def encode(response: Response, method: str) -> bytes:
    """A response with its body in bytes, as an answer to a request of `method`."""
    body = response.body
    assert isinstance(body, bytes)
    if response.status in _NO_BODY:
        return _head(response) + b"\r\n"
    if method == "HEAD":
        framed = any(name.lower() in ("content-length", "transfer-encoding") for name, _ in response.headers)
        length = b"" if framed else b"Content-Length: %d\r\n" % len(body)
        return _head(response) + length + b"\r\n"
    return b"%bContent-Length: %d\r\n\r\n%b" % (_head(response), len(body), body)


def take_over(request: Request) -> tuple[asyncio.Transport, bytes]:
    """The bare connection of a request for a WebSocket, paused, and what came behind the request's head.

    Whoever takes it answers the request, which then gets no reply, and sets the transport's next protocol
    (`splice.join`). Raises ConnectionError if the client has left.
    """
    if not isinstance(request.connection, HttpProtocol):
        raise ConnectionError("the request came by no connection of its own")
    return request.connection.take_over()


async def serve(
    handler: Handler, host: str, port: int, streams: Streams | None = None, tls: "SSLContext | None" = None
) -> asyncio.Server:
    """Listens on a loopback address; port 0 takes a free one. Raises OSError."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: HttpProtocol(handler, streams), host, port, backlog=1024, ssl=tls)

"""One connection to an endpoint: a request to bytes, bytes to a response. It knows no pool.

Hop-by-hop headers are left out both ways: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast

import httptools

from penstock.web.stream import SMALL, Body, ByteStream, Chunks, Incomplete
from penstock.web.unreachable import AnswerTimeout, Disconnected, MalformedAnswer, Unreachable
from penstock.wire.message import Pairs, Response

_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"})
_FRAMED = _HOP | {"content-length", "expect"}  # what a request says anew; the server has answered an Expect
_EXPECTS_BODY = frozenset({"POST", "PUT", "PATCH"})  # say so even if it is empty
_SWITCHING = 101
_MAX_HEAD = 32_768  # bytes of an answer's headers: load balancers take no more


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request with its head as bytes. `length` is that of a streamed body; None: it goes in chunks."""

    method: str
    where: str
    head: bytes
    body: Body
    length: int | None
    timeout: float
    upgrade: bool = False


def outgoing(
    method: str, where: str, target: str, headers: Pairs, body: Body, timeout: float, upgrade: bool = False
) -> Outgoing:
    """`where` is the Host of a request that has none. Raises Unreachable for what cannot be in a head."""
    omitted = _omitted(headers, _FRAMED)
    lines = [f"{name}: {value}\r\n" for name, value in headers if name.lower() not in omitted]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.insert(0, f"Host: {where}\r\n")
    length = None if isinstance(body, bytes) else _length(headers)
    if not isinstance(body, bytes):
        lines.append("Transfer-Encoding: chunked\r\n" if length is None else f"Content-Length: {length}\r\n")
    elif body or method in _EXPECTS_BODY:
        lines.append(f"Content-Length: {len(body)}\r\n")
    if upgrade:
        protocol = next((value for name, value in headers if name.lower() == "upgrade"), "websocket")
        lines.append(f"Connection: Upgrade\r\nUpgrade: {protocol}\r\n")
    text = f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n"
    if text.count("\r") != (breaks := len(lines) + 2 + upgrade) or text.count("\n") != breaks:
        raise Unreachable(f"{where}: a line break in the request's target or headers cannot be sent")
    return Outgoing(method, where, text.encode("latin-1", "replace"), body, length, timeout, upgrade)


def _omitted(headers: Pairs, always: frozenset[str]) -> frozenset[str]:
    """Lower-case names of the headers that concern one connection only, the ones that `Connection` lists too."""
    listed = [value for name, value in headers if name.lower() == "connection"]
    if not listed:
        return always
    # Whatever a client says of it, a request has its Host: it would be taken for one to the target itself.
    return always.union(name.strip().lower() for value in listed for name in value.split(",")) - {"host"}


def _length(headers: Pairs) -> int | None:
    value = next((value for name, value in headers if name.lower() == "content-length"), "")
    return int(value) if value.isascii() and value.isdigit() else None


class Connection(asyncio.Protocol):
    """One exchange after the other. `free` is called when the next may begin, `gone` when none may any more."""

    def __init__(self, free: Callable[["Connection"], None], gone: Callable[["Connection"], None]) -> None:
        self._free = free
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self._sender: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._stream: ByteStream | None = None
        self._used = False
        self.idle_since = 0.0
        self.rest = b""  # after an upgrade: what came behind the answer's head

    # -- the exchange ----------------------------------------------------------------------------

    async def exchange(self, request: Outgoing) -> Response:
        """The answer, as soon as it is there as a whole or is known to be a stream. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        answer = self._begin(request, loop)
        if isinstance(request.body, bytes):
            self._write(request.head + request.body)
        else:
            self._write(request.head)
            self._sender = loop.create_task(self._pump(request.body, request.length))
        try:
            return await answer
        except BaseException:
            if self._answer is answer:  # nobody waits for it any more; by now the next exchange may have begun
                self.abort()
            raise

    def _begin(self, request: Outgoing, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[Response]":
        self._request = request
        self._raw: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._silent = True  # no byte of an answer yet
        self._received = 0  # bytes, while the head is incomplete
        self._headed = self._complete = self._excess = False
        answer = self._answer = loop.create_future()
        self._timer = loop.call_later(request.timeout, self._late)
        return answer

    def _late(self) -> None:
        self._fail(AnswerTimeout(f"{self._request.where}: no answer within {self._request.timeout:g} s"))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _pump(self, body: AsyncIterator[bytes], length: int | None) -> None:
        """Sends a streamed body no faster than it is taken; each part gives the answer its whole time again."""
        sent = 0
        try:
            async for chunk in body:
                sent += len(chunk)
                if chunk:
                    self._write(chunk if length is not None else b"%x\r\n%b\r\n" % (len(chunk), chunk))
                if self._writable is not None:
                    await self._writable
                self._rearm()
            if length is None:
                self._write(b"0\r\n\r\n")
            elif sent != length:
                raise Incomplete(f"a body of {length} bytes ended after {sent}")
            self._sender = None
        except Exception as error:
            self._sender = None
            self._fail(error)

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(self._request.timeout, self._late)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def abort(self) -> None:
        self._disarm()
        self._answer = self._stream = None
        if self._transport is not None:
            self._transport.abort()

    close = abort

    def take_over(self) -> asyncio.Transport:
        """After an upgrade: the bare connection, for whoever sets its next protocol."""
        assert self._transport is not None
        transport, self._transport = self._transport, None
        return transport

    # -- transport -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._sender is not None:
            self._sender.cancel()
        self._end(error)

    def eof_received(self) -> bool:
        self._end(None)
        return False

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def data_received(self, data: bytes) -> None:
        if self._answer is None and self._stream is None:  # nobody asked
            self._gone(self)
            self.abort()
            return
        self._silent = False
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self._complete:
                self._fail(MalformedAnswer(f"{self._request.where}: not an HTTP response ({error})"))
                return
            self._excess = True
        if self._complete:
            self._finish()
        elif not self._headed and self._received > _MAX_HEAD:
            self._fail(MalformedAnswer(f"{self._request.where}: headers of more than {_MAX_HEAD} bytes"))
        elif self._headed and self._stream is None and (self._size is None or self._size > SMALL):
            self._begin_stream()

    # -- parser callbacks ------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._complete:
            self._excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._headed:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._status < 100:
            raise MalformedAnswer(f"status {self._status}")
        if self._status < 200 or self._complete:
            return
        if self._received > _MAX_HEAD and sum(len(name) + len(value) + 4 for name, value in self._raw) > _MAX_HEAD:
            raise MalformedAnswer(f"headers of more than {_MAX_HEAD} bytes")
        self._keep = self._parser.should_keep_alive()
        self._headers, self._size, self._framed = _read_head(self._raw)
        self._headed = True
        # llhttp is not told what was asked: it would wait for the body that a HEAD's answer only announces.
        self._complete = self._request.method == "HEAD"

    def on_body(self, body: bytes) -> None:
        if self._complete:
            self._excess = True
        elif self._stream is not None:
            self._stream.feed(body)
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._status >= 200:
            self._complete = True
        elif self._status != _SWITCHING:  # 100 Continue, 103 Early Hints: the answer is still to come
            self._raw = []

    # -- the answer ------------------------------------------------------------------------------

    def _begin_stream(self) -> None:
        assert self._transport is not None
        stream = self._stream = ByteStream(self._transport, self.abort)
        for chunk in self._chunks:
            stream.feed(chunk)
        headers = self._headers if self._size is None else [*self._headers, ("Content-Length", str(self._size))]
        self._resolve(Response(self._status, headers, Chunks(stream)))

    def _finish(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.end()
        else:
            self._resolve(self._whole())
        if self._request.method == "HEAD":
            self._parser = httptools.HttpResponseParser(self)
        if self._keep and not self._excess and self._sender is None and self._transport is not None:
            self._used = True
            self._free(self)
        else:
            self.abort()

    def _whole(self) -> Response:
        headers = self._headers
        if self._request.method == "HEAD" or self._status == 304:  # of the body which is not sent
            if self._size is not None:
                headers.append(("Content-Length", str(self._size)))
            elif self._framed:
                headers.append(("Transfer-Encoding", "chunked"))
        return Response(self._status, headers, self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks))

    def _switch(self, rest: bytes) -> None:
        if not self._request.upgrade or self._status != _SWITCHING:
            self._fail(MalformedAnswer(f"{self._request.where}: switched to a protocol that was not asked for"))
            return
        assert self._transport is not None
        self._transport.pause_reading()
        self.rest = rest
        self._resolve(Response(_SWITCHING, _decoded(self._raw)))

    def _resolve(self, response: Response) -> None:
        """Forgets the response as well: it lives as long as whoever reads its stream."""
        self._disarm()
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(response)

    def _end(self, error: Exception | None) -> None:
        """Nothing more will come: right for an idle connection and for a body that lasts until here."""
        self._gone(self)
        if self._answer is None and self._stream is None:
            return
        if self._headed and not self._framed and error is None:
            self._keep = False
            self._finish()
            return
        when = "in the middle of the answer" if self._headed else "without an answer"
        self._fail(
            Disconnected(f"{self._request.where}: the connection was closed {when}", self._used and self._silent)
        )

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        if self._stream is not None:
            self._stream.end(error)
        self.abort()


_NAMES: dict[bytes, tuple[str, str]] = {}


def _name(raw: bytes) -> tuple[str, str]:
    """A header's name as it came and in lower case. They recur; a bound keeps strange ones from filling the memory."""
    text = raw.decode("latin-1")
    if len(_NAMES) < 1024:
        _NAMES[raw] = (text, text.lower())
    return text, text.lower()


def _decoded(raw: list[tuple[bytes, bytes]]) -> Pairs:
    return [((_NAMES.get(name) or _name(name))[0], value.decode("latin-1")) for name, value in raw]


def _read_head(raw: list[tuple[bytes, bytes]]) -> tuple[Pairs, int | None, bool]:
    """The end-to-end headers, the body's length where it is said, and whether its end is told otherwise than by EOF."""
    headers: Pairs = []
    size: int | None = None
    framed = False
    listed = ""
    for name, value in raw:
        text, key = _NAMES.get(name) or _name(name)
        if key == "content-length":
            size, framed = int(value), True
        elif key in _HOP:
            framed = framed or key == "transfer-encoding"
            listed = value.decode("latin-1").lower() if key == "connection" else listed
        else:
            headers.append((text, value.decode("latin-1")))
    if listed and listed not in ("keep-alive", "close"):
        named = {name.strip() for name in listed.split(",")}
        headers = [pair for pair in headers if pair[0].lower() not in named]
    return headers, size, framed

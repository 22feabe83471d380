"""An HTTP server for gateways and load balancers: bodies of requests stream, WebSockets can be handed on.

The handler is called when the head of a request is there. A body that came with it or is announced as small is in
`request.body` as ever; any other in `request.stream`, read no faster than it is taken. What the handler leaves unread
is discarded. To close is to stop accepting and to let what is in flight finish.
"""

import asyncio
import contextlib

from penstock.web.http import Handler, HttpProtocol
from penstock.web.stream import SMALL, ByteStream
from penstock.wire.message import Request


class StreamingProtocol(HttpProtocol):
    def __init__(self, handler: Handler, listener: "Listener") -> None:
        super().__init__(handler)
        self._listener = listener
        self._headed = False  # a head is there, and its request not yet handed on
        self._last = False
        self._rest = b""

    def finish(self) -> None:
        """Ends the connection as soon as nothing is in flight on it."""
        self._last = True
        if self._transport is not None and not self._busy and not self._target and self._body is None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        if self._transport is None:
            raise ConnectionError("the client has left")
        transport, self._transport = self._transport, None
        self._listener.left(self)
        return transport, self._rest

    # -- transport -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._listener.entered(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._listener.left(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._headed:
            size = self._headers.get("content-length")
            if size is None or int(size) > SMALL:
                self._begin_stream()

    def _upgrade(self, rest: bytes) -> None:
        if self._headers.get("upgrade", "").lower() != "websocket" or self._transport is None:
            super()._upgrade(rest)
            return
        self._transport.pause_reading()
        self._rest = rest
        self._enter(self._take_request(b""), keep=False)

    # -- parser callbacks ------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._headed = True

    def on_message_complete(self) -> None:
        self._headed = False
        super().on_message_complete()

    def _end_stream(self, body: ByteStream) -> None:
        super()._end_stream(body)
        if self._last and not self._busy and self._transport is not None:
            self._transport.close()

    def _begin_stream(self) -> None:
        self._headed = False
        super()._begin_stream()

    def _sent(self, keep: bool) -> None:
        """Called after each reply."""
        super()._sent(keep and not (self._last and not self._waiting and self._body is None))


class Listener:
    """A server on one address."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[StreamingProtocol] = set()
        self._empty: asyncio.Future[None] | None = None

    async def open(self, host: str, port: int) -> int:
        """Listens; port 0 takes a free one. The port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: StreamingProtocol(self._handler, self), host, port, backlog=1024
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, grace: float = 0.0) -> None:
        """Accepts no more, and returns when all in flight is answered, or cut off after `grace` real seconds."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.finish()
        if self._connections:
            self._empty = asyncio.get_running_loop().create_future()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty, grace)
        for connection in list(self._connections):
            connection.abort()

    def entered(self, connection: StreamingProtocol) -> None:
        self._connections.add(connection)

    def left(self, connection: StreamingProtocol) -> None:
        self._connections.discard(connection)
        if not self._connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)


def take_over(request: Request) -> tuple[asyncio.Transport, bytes]:
    """The bare connection of a request for a WebSocket, paused, and what came behind the request's head.

    Whoever takes it answers the request, which then gets no reply, and sets the transport's next protocol
    (`splice.join`). Raises ConnectionError if the client has left.
    """
    if not isinstance(request.connection, StreamingProtocol):
        raise ConnectionError("the connection does not belong to a Listener")
    return request.connection.take_over()

"""The server's side of a WebSocket: whole messages in, messages out. Framing, masking and UTF-8 are wsproto's.

Every connection ends once, with a code and a reason: those of whoever ended it, or 1006 where nobody said anything.
Source: https://www.rfc-editor.org/rfc/rfc6455
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import generate_accept_token

from penstock.web.http import take_over
from penstock.wire.message import Pairs, Request

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, NO_STATUS, ABNORMAL, TOO_BIG = 1000, 1001, 1002, 1003, 1005, 1006, 1009
_PATIENCE = 5.0  # real seconds that a client has to answer a close frame


class Limits(NamedTuple):
    """Bytes of a frame and of a message; whoever sends more is disconnected (1009)."""

    frame: int
    message: int


class Listener(NamedTuple):
    """Who hears of a connection: `received` of each whole message, `active` of every frame, `closed` of its end."""

    received: Callable[[str | bytes], None]
    active: Callable[[], None]
    closed: Callable[[int, str], None]


def asks(request: Request) -> bool:
    """Whether a request is for a WebSocket of the one version that there is."""
    headers = request.headers
    wanted = headers.get("upgrade", "").lower() == "websocket" and "sec-websocket-key" in headers
    return wanted and headers.get("sec-websocket-version") == "13"


def accept(request: Request, headers: Pairs, limits: Limits, listener: Listener) -> "WebSocket":
    """Answers the handshake and takes the connection over. Raises ConnectionError if the client has left."""
    transport, early = take_over(request)
    token = generate_accept_token(request.headers["sec-websocket-key"].encode("latin-1")).decode()
    own = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", token)]
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*own, *headers))
    transport.write(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode("latin-1", "replace"))
    return WebSocket(transport, early, limits, listener)


class WebSocket(asyncio.Protocol):
    def __init__(self, transport: asyncio.Transport, early: bytes, limits: Limits, listener: Listener) -> None:
        self._transport = transport
        self._limits = limits
        self._listener = listener
        self._wire = Connection(ConnectionType.SERVER, trailing_data=early)
        self._parts: list[bytes] = []
        self._frame = self._message = 0  # bytes of what has arrived so far
        self._over = False
        transport.set_protocol(self)

    def open(self) -> None:
        """Reads from now on."""
        self._take()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def unsent(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def send(self, data: str | bytes) -> None:
        """A message, in frames of no more than a client may send itself."""
        if self._over:
            return
        # A character is up to four bytes long.
        size = self._limits.frame // 4 if isinstance(data, str) else self._limits.frame
        for start in range(0, max(1, len(data)), size):
            part, last = data[start : start + size], start + size >= len(data)
            self._write(TextMessage(part, True, last) if isinstance(part, str) else BytesMessage(part, True, last))

    def close(self, code: int, reason: str = "") -> None:
        """Ends the connection; what the client still sends is not heard."""
        if self._over:
            return
        if self._wire.state is ConnectionState.OPEN:
            self._write(CloseConnection(code=code, reason=reason))
        self._end(code, reason)
        asyncio.get_running_loop().call_later(_PATIENCE, self._transport.close)

    def _end(self, code: int, reason: str) -> None:
        if not self._over:
            self._over = True
            self._listener.closed(code, reason)

    def _write(self, event: Event) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._wire.send(event))

    # -- transport -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._wire.receive_data(data)
            self._take()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ABNORMAL, "Connection closed abnormally")

    # -- what arrives --------------------------------------------------------------------------------

    def _take(self) -> None:
        for event in self._wire.events():
            if isinstance(event, CloseConnection):
                self._ended(event)
            elif not self._over:
                self._hear(event)

    def _ended(self, event: CloseConnection) -> None:
        """By the client; or by wsproto, which does not understand what the client has sent."""
        if self._wire.state is ConnectionState.OPEN:
            self.close(event.code, event.reason or "")
        elif self._wire.state is ConnectionState.REMOTE_CLOSING:
            self._write(event.response())
        self._transport.close()
        self._end(int(event.code), event.reason or "")

    def _hear(self, event: Event) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._collect(event)
            return
        self._listener.active()
        if isinstance(event, Ping):
            self._write(event.response())

    def _collect(self, event: TextMessage | BytesMessage) -> None:
        part = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
        self._parts.append(part)
        self._frame += len(part)
        self._message += len(part)
        if self._frame > self._limits.frame or self._message > self._limits.message:
            self.close(TOO_BIG, "Message too long")
            return
        if event.frame_finished:
            self._frame = 0
            self._listener.active()
        if event.message_finished:
            whole = b"".join(self._parts)
            self._parts, self._frame, self._message = [], 0, 0
            self._listener.received(whole.decode() if isinstance(event, TextMessage) else whole)

"""The open connections of a runtime, by id, whichever API they belong to. They live no longer than their sockets.

A connection ends after ten minutes without a frame either way, and after two hours in any case (virtual time).
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.base import ids
from penstock.base.clock import Clock, Timer
from penstock.wire.message import Request
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.web.websocket import WebSocket

IDLE = 600.0  # seconds
LIFETIME = 7200.0
_GOING_AWAY = 1001
_ID = re.compile(r"[A-Za-z0-9_-]{15}=")


def connection_id() -> str:
    """`L0SM9cOFvHcCIhw=`: eleven bytes in base64."""
    return base64.urlsafe_b64encode(bytes.fromhex(ids.hex_id(22))).decode()


def is_connection_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


class Connection:
    """One client. `request` is its handshake; `socket` is there from the moment that the handshake is answered.

    `sent` is called for each message that the client is sent.
    """

    __slots__ = ("_clock", "_sent", "_timer", "api_id", "authorizer", "connected_at", "id", "last_active", "request",
                 "socket", "stage")  # fmt: skip

    def __init__(self, api_id: str, stage: str, request: Request, clock: Clock, sent: Callable[[], None]) -> None:
        self.id = connection_id()
        self.api_id = api_id
        self.stage = stage
        self.request = request
        self.authorizer: Json | None = None
        self.socket: WebSocket | None = None
        self.connected_at = self.last_active = clock.now()
        self._clock = clock
        self._sent = sent
        self._timer: Timer | None = None

    def opened(self, socket: "WebSocket") -> None:
        self.socket = socket
        self.connected_at = self.last_active = self._clock.now()
        self._watch()

    def active(self) -> None:
        self.last_active = self._clock.now()

    def send(self, data: str | bytes) -> None:
        if self.socket is not None:
            self.socket.send(data)
            self.active()
            self._sent()

    def close(self, code: int, reason: str) -> None:
        if self.socket is not None:
            self.socket.close(code, reason)

    def ended(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self) -> None:
        """One timer a connection: it looks when the time would be over if nothing happened meanwhile."""
        end = self.connected_at + LIFETIME
        due = min(self.last_active + IDLE, end)
        if due > self._clock.now():
            self._timer = self._clock.call_at(due, self._watch)
        else:
            self.close(_GOING_AWAY, "Going away" if due < end else "Connection duration limit exceeded")


class Connections:
    """`kernel.shared(Connections)`"""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}
        self.over = False  # the runtime ends: nobody is told of those who are disconnected by it

    def add(self, connection: Connection) -> None:
        self._open[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        connection.ended()
        self._open.pop(connection.id, None)

    def get(self, id: str) -> Connection | None:
        return self._open.get(id)

    def stop(self) -> None:
        self.over = True
        for connection in list(self._open.values()):
            connection.close(_GOING_AWAY, "Going away")

    def close(self, api_id: str, stage: str | None = None) -> None:
        """Ends those of an API, or of one of its stages."""
        for connection in list(self._open.values()):
            if connection.api_id == api_id and stage in (None, connection.stage):
                connection.close(_GOING_AWAY, "Going away")

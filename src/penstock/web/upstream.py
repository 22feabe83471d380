"""A keep-alive HTTP/1.1 client for endpoints on this machine: connections are pooled, bodies stream both ways.

Idle connections cost nothing but their socket: an end of file takes one out at once, one timer retires the rest.
"""

import asyncio
from functools import partial

from penstock.web.dial import dial
from penstock.web.stream import Body
from penstock.web.unreachable import CannotConnect, Disconnected
from penstock.web.upstream_connection import Connection, outgoing
from penstock.wire.message import Pairs, Response

# Real seconds. Servers give up idle connections after 5 s (uvicorn, Node): ours end before, and seldom in use.
IDLE = 4.0
CONNECT_TIMEOUT = 5.0
ANSWER_TIMEOUT = 60.0

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
Key = tuple[str | None, str, int]  # local address, host, port


class Upstream:
    """The pool of a runtime: `kernel.shared(Upstream)`."""

    def __init__(self, idle: float = IDLE) -> None:
        self._patience = idle
        self._idle: dict[Key, dict[Connection, None]] = {}  # ordered by the time since which each is idle
        self._timer: asyncio.TimerHandle | None = None

    async def send(
        self,
        method: str,
        host: str,
        port: int,
        target: str,
        headers: Pairs,
        body: Body = b"",
        *,
        local: str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> Response:
        """The answer of `host` (an IP address), its body as bytes if small or there at once, else as chunks.

        A stream in `body` goes with the Content-Length of `headers`, or else in HTTP chunks. `local` is the address to
        connect from. Raises Unreachable, in one of its kinds, and what `body` raises. A request that met a stale
        connection is sent once more, on a fresh one, if it may be done twice (RFC 9110, 9.2.2) and its body is bytes.
        """
        request = outgoing(method, _authority(host, port), target, headers, body, answer_timeout)
        key = (local, host, port)
        stale: Disconnected | None = None
        idle = self._take(key)
        if idle is not None:
            try:
                return await idle.exchange(request)
            except Disconnected as error:
                if not error.stale or method not in _IDEMPOTENT or not isinstance(body, bytes):
                    raise
                stale = error
        try:
            connection = await self._connect(key, connect_timeout)
        except CannotConnect:
            if stale is not None:  # something had been sent, which a CannotConnect would deny
                raise stale from None
            raise
        return await connection.exchange(request)

    async def upgrade(
        self,
        method: str,
        host: str,
        port: int,
        target: str,
        headers: Pairs,
        *,
        local: str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> tuple[Response, Connection]:
        """Asks for the protocol that the `Upgrade` header names, on a connection of its own.

        With a 101, whose headers are all there, the connection can be taken over; any other answer stands by itself.
        Raises Unreachable.
        """
        request = outgoing(method, _authority(host, port), target, headers, b"", answer_timeout, upgrade=True)
        connection = await self._connect((local, host, port), connect_timeout)
        try:
            return await connection.exchange(request), connection
        except BaseException:
            connection.abort()
            raise

    def close(self) -> None:
        """Ends the idle connections; those in use end with their exchange."""
        for shelf in self._idle.values():
            for connection in list(shelf):
                connection.close()
        self._idle.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- the pool --------------------------------------------------------------------------------

    async def _connect(self, key: Key, timeout: float) -> Connection:
        local, host, port = key
        return await dial(
            lambda: Connection(partial(self._keep, key), partial(self._forget, key)), (host, port), local, timeout
        )

    def _take(self, key: Key) -> Connection | None:
        shelf = self._idle.get(key)
        return shelf.popitem()[0] if shelf else None

    def _keep(self, key: Key, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(key, {})[connection] = None
        if self._timer is None:
            self._timer = loop.call_later(self._patience, self._retire)

    def _forget(self, key: Key, connection: Connection) -> None:
        shelf = self._idle.get(key)
        if shelf is not None:
            shelf.pop(connection, None)

    def _retire(self) -> None:
        """Ends what has been idle for long; comes again when the next will have been."""
        loop = asyncio.get_running_loop()
        since = loop.time() - self._patience
        for key, shelf in list(self._idle.items()):
            for connection in [connection for connection in shelf if connection.idle_since <= since]:
                del shelf[connection]
                connection.close()
            if not shelf:
                del self._idle[key]
        first = min((next(iter(shelf)).idle_since for shelf in self._idle.values()), default=None)
        self._timer = loop.call_later(first - since, self._retire) if first is not None else None


def _authority(host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == 80 else f"{name}:{port}"

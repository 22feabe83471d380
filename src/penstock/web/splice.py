"""TCP pass-through: two connections as one. Each is read no faster than the other takes, and ends as the other does.

A network load balancer passes flows to its targets with `Flows`; `join` is for connections that have left HTTP.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import cast

from penstock.web.dial import Address, dial
from penstock.web.unreachable import CannotConnect

# Who connects -> the targets to try, in order; none: the flow is reset.
Choose = Callable[[Address], list[Address]]

CONNECT_TIMEOUT = 5.0  # real seconds
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER
log = logging.getLogger("penstock")


class End(asyncio.Protocol):
    """One of two connections that are one: what comes in here goes out at `other`."""

    def __init__(self, other: "End | None" = None, ended: Callable[[], None] | None = None) -> None:
        self.other: End = other or End(self)
        self.transport: asyncio.Transport | None = None
        self._finished = False  # its peer has sent all that it will
        self._ended = ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        self.other.read(False)

    def resume_writing(self) -> None:
        self.other.read(True)

    def read(self, more: bool) -> None:
        """Goes on reading, or not."""
        transport = self.transport
        if transport is not None and not self._finished and not transport.is_closing():
            transport.resume_reading() if more else transport.pause_reading()

    def eof_received(self) -> bool:
        """Half of the connection is over; the other half stays open until its own end."""
        self._finished = True
        other = self.other.transport
        if other is None or other.is_closing():
            return False
        if self.other._finished:
            other.close()
            return False
        other.write_eof()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.other.transport is not None:
            if error is None:
                self.other.transport.close()
            else:
                reset(self.other.transport)
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def close(self) -> None:
        """Ends both at once."""
        for transport in (self.transport, self.other.transport):
            if transport is not None:
                reset(transport)


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection so that its peer hears of it as an error, not as an end of file."""
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


def join(
    left: asyncio.Transport,
    right: asyncio.Transport,
    from_left: bytes = b"",
    from_right: bytes = b"",
    ended: Callable[[], None] | None = None,
) -> End:
    """Makes one of two connections, whose protocols have already read `from_left` and `from_right` of them."""
    end = End(ended=ended)
    for side, transport, data in ((end, left, from_right), (end.other, right, from_left)):
        side.connection_made(transport)
        transport.set_protocol(side)
        if data:
            transport.write(data)
    end.read(True)
    end.other.read(True)
    return end


class _Target(End):
    def __init__(self, client: "Splice") -> None:
        super().__init__(client)
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._client.connected()


class Splice(End):
    """A client's connection, on its way to a target. What it sends meanwhile is kept, one read of it at most."""

    def __init__(self, flows: "Flows") -> None:
        super().__init__(_Target(self))
        self._flows = flows
        self._early = b""
        self._connecting: asyncio.Task[None] | None = None
        self.target: Address | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")[:2]
        self._connecting = asyncio.get_running_loop().create_task(self._connect(peer))
        self._flows.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._connecting is None:
            super().data_received(data)
        else:
            self._early += data
            self.read(False)

    def eof_received(self) -> bool:
        if self._connecting is None:
            return super().eof_received()
        self._finished = True
        return True

    def connected(self) -> None:
        assert self.other.transport is not None
        if self.transport is None:  # the client has left meanwhile
            self.other.transport.abort()
            return
        self._connecting = None
        self.other.transport.write(self._early)
        self._early = b""
        if self._finished:
            self.other.transport.write_eof()
        self.read(True)

    async def _connect(self, peer: Address) -> None:
        try:
            for address in self._flows.choose(peer):
                if await self._reached(address):
                    return
        except Exception:
            log.exception("No target could be chosen for %s", peer)
        if self.transport is not None:
            reset(self.transport)

    async def _reached(self, address: Address) -> bool:
        self.target = address  # counts while connecting: a target that is taken away must not get it
        try:
            await dial(lambda: self.other, address, self._flows.local, self._flows.connect_timeout)
        except CannotConnect:
            return False
        return True

    def connection_lost(self, error: Exception | None) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        super().connection_lost(error)
        self._flows.lost(self)


class Flows:
    """The flows of one listener: pass it to `loop.create_server` as the protocol factory.

    `local` is the address that targets are connected from; `ended` hears of each flow's end, with its target.
    """

    def __init__(
        self,
        choose: Choose,
        *,
        local: str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        ended: Callable[[Address], None] | None = None,
    ) -> None:
        self.choose = choose
        self.local = local
        self.connect_timeout = connect_timeout
        self._ended = ended
        self._open: set[Splice] = set()

    def __call__(self) -> Splice:
        return Splice(self)

    def __len__(self) -> int:
        return len(self._open)

    def count(self, target: Address) -> int:
        return sum(flow.target == target for flow in self._open)

    def close_target(self, target: Address) -> None:
        """Ends the flows to a target, as when its time to drain is over."""
        for flow in [flow for flow in self._open if flow.target == target]:
            flow.close()

    def close(self) -> None:
        for flow in list(self._open):
            flow.close()

    def opened(self, flow: Splice) -> None:
        self._open.add(flow)

    def lost(self, flow: Splice) -> None:
        self._open.discard(flow)
        if self._ended is not None and flow.target is not None:
            self._ended(flow.target)

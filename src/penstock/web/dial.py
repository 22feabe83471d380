"""Connections to addresses on this machine, from an address of the caller's choice."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import TypeVar

from penstock.web.unreachable import CannotConnect, ConnectTimeout

Address = tuple[str, int]
P = TypeVar("P", bound=asyncio.BaseProtocol)

# Linux' ip(7): the port is chosen when connecting, so that one local address has its ports anew for each endpoint.
# Python names it from 3.12 on.
_BIND_WITHOUT_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)


async def dial(factory: Callable[[], P], address: Address, local: str | None, timeout: float) -> P:
    """The protocol, connected. `address` holds an IP address. Raises CannotConnect."""
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if local is not None:
            _bind(sock, local)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout):
            await loop.sock_connect(sock, address)
        return (await loop.create_connection(factory, sock=sock))[1]
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError):
            raise _reason(address, error, timeout) from None
        raise


def _bind(sock: socket.socket, local: str) -> None:
    if sock.family == socket.AF_INET:
        try:
            sock.setsockopt(socket.IPPROTO_IP, _BIND_WITHOUT_PORT, 1)
        except OSError:
            pass  # macOS has no such option
    sock.bind((local, 0))


def _reason(address: Address, error: OSError, timeout: float) -> CannotConnect:
    where = f"{address[0]}:{address[1]}"
    if isinstance(error, TimeoutError):
        return ConnectTimeout(f"{where}: no connection within {timeout:g} s")
    return CannotConnect(f"{where}: {os.strerror(error.errno).lower() if error.errno else error}")

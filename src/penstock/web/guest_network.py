"""Inside a function or a container: names, listeners and connections go by Penstock's network.

Installed by `guest/sitecustomize.py`, and in functions by their worker. `socket` is where every HTTP client and server
of Python ends up; uvloop and aiodns go their own ways and are led back when they are imported. Stands alone, and is
written for the Python of any image (3.8 and up): standard library only, no newer syntax.

The setting PENSTOCK_NETWORK is `<resolver> <block> <runtime's port> <shift> <kind> [<own address>]`, see `network.py`.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

_WILDCARD = frozenset({None, "", "0.0.0.0", "::", b"", b"0.0.0.0", b"::"})
_OWN = frozenset({"localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1", b"::1"})
_BIND_ADDRESS_NO_PORT = 24  # Linux: the port is chosen at connect(), so that none are used up
_TRIES = (0.5, 1.0, 2.0)  # seconds that an answer of the resolver is waited for


class Guest:
    """What this process knows of the network."""

    def __init__(self, settings: str) -> None:
        resolver, self.block, port, shift, self.kind, *own = settings.split(" ")
        host, _, resolver_port = resolver.partition(":")
        self.resolver = (host, int(resolver_port))
        self.runtime_port = int(port)
        self.shift = int(shift)
        self.own = own[0] if own else ""
        self.is_task = self.kind.endswith("task") and bool(self.own)
        self.sockets: type[socket.socket] = socket.socket

    def resolve(self, name: Any) -> list[str] | None:
        """Addresses of a name of the network; None: ask the system's resolver."""
        text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        if not isinstance(text, str) or not text or text in _OWN or _is_address(text) or not text.isascii():
            return None
        with contextlib.closing(_plain_socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
            if self.own:
                asking.bind((self.own, 0))
            asking.connect(self.resolver)
            for seconds in _TRIES:
                asking.settimeout(seconds)
                with contextlib.suppress(OSError):
                    asking.send(text.encode())
                    asked, _, found = asking.recv(4096).decode("ascii").partition(" ")
                    if asked == text:
                        return None if found == "?" else found.split()
        return None

    def listens(self, host: Any, port: Any) -> Any:
        """Where a listener asked to be at `host` is to be."""
        anywhere = host in _WILDCARD or host in _OWN
        return self.own if self.is_task and anywhere and port != 0 else host

    def reaches(self, host: Any, port: Any) -> Any:
        """Where a connection to `host` goes: localhost is the task itself, except for the runtime's own port."""
        return self.own if self.is_task and host in _OWN and port != self.runtime_port else host

    def port(self, host: Any, port: Any) -> Any:
        """Where a port of a member really is: those below 1024 may not be had by everybody."""
        low = self.shift and isinstance(port, int) and 0 < port < 1024
        return port + self.shift if low and self.is_member(host) else port

    def is_member(self, address: Any) -> bool:
        return isinstance(address, str) and address.startswith(self.block)

    def admits(self, peer: Any) -> bool:
        if self.kind != "task" or not isinstance(peer, tuple):
            return True
        return self.is_member(str(peer[0]).replace("::ffff:", "", 1))


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


_plain_socket = socket.socket  # before it is patched: the resolver is asked as it is


def install(settings: str = "") -> None:
    """Once per process; without the setting nothing happens."""
    settings = settings or os.environ.get("PENSTOCK_NETWORK", "")
    if not settings or getattr(socket, "_penstock_guest", None) is not None:
        return
    guest = Guest(settings)
    socket._penstock_guest = guest  # type: ignore[attr-defined]
    _patch_names(guest)
    _patch_sockets(guest)
    _Patches(
        {"uvloop": lambda module: _patch_uvloop(module, guest), "aiohttp.resolver": _patch_aiohttp, "aiodns": _hidden}
    ).install()


# -- names ---------------------------------------------------------------------------------------------


def _patch_names(guest: Guest) -> None:
    getaddrinfo, gethostbyname, gethostbyname_ex = socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex

    def find(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        if flags & socket.AI_PASSIVE and host in _WILDCARD and guest.is_task:
            host, family = guest.own, 0
        elif (moved := guest.reaches(host, port)) is not host:
            host, family = moved, 0
        elif (found := guest.resolve(host)) is not None:
            if not found or family == socket.AF_INET6:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [answer for each in found for answer in getaddrinfo(each, port, socket.AF_INET, type, proto)]
        return getaddrinfo(host, port, family, type, proto, flags)

    def by_name(name: str) -> str:
        found = guest.resolve(name)
        if found is None:
            return gethostbyname(guest.reaches(name, None))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found[0]

    def by_name_ex(name: str) -> tuple[str, list[str], list[str]]:
        found = guest.resolve(name)
        return gethostbyname_ex(name) if found is None else (name, [], found)

    socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex = find, by_name, by_name_ex


# -- sockets -------------------------------------------------------------------------------------------


def _patch_sockets(guest: Guest) -> None:
    kind: Any = socket.socket
    plain_bind, plain_connect, plain_connect_ex = kind.bind, kind.connect, kind.connect_ex
    plain_accept = kind.accept

    def bind(self: Any, address: Any) -> None:
        if isinstance(address, tuple) and self.type == socket.SOCK_STREAM:
            host = guest.listens(address[0], address[1])
            address = _as_family(self, host, (address[0], guest.port(host, address[1]), *address[2:]))
        plain_bind(self, address)

    def target(self: Any, address: Any) -> Any:
        """The address to connect to, with the socket bound to where members connect from."""
        if not isinstance(address, tuple) or self.family not in (socket.AF_INET, socket.AF_INET6):
            return address
        host = guest.reaches(address[0], address[1])
        host = (guest.resolve(host) or [host])[0]
        if guest.own and guest.is_member(host) and self.type == socket.SOCK_STREAM and self.getsockname()[1] == 0:
            self.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            plain_bind(self, _as_family(self, guest.own, (guest.own, 0)))
        return _as_family(self, host, (address[0], guest.port(host, address[1]), *address[2:]))

    def connect(self: Any, address: Any) -> None:
        plain_connect(self, target(self, address))

    def connect_ex(self: Any, address: Any) -> Any:
        return plain_connect_ex(self, target(self, address))

    def accept(self: Any) -> Any:
        while True:
            connection, peer = plain_accept(self)
            if guest.admits(peer):
                return connection, peer
            connection.close()

    kind.bind, kind.connect, kind.connect_ex, kind.accept = bind, connect, connect_ex, accept


def _as_family(sock: Any, host: Any, address: Any) -> Any:
    """`address` with `host`; an IPv6 socket reaches an IPv4 address under its mapped form."""
    if host is address[0]:
        return address
    if sock.family == socket.AF_INET6:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        host = "::ffff:" + host
    return (host, *address[1:])


# -- libraries that go their own ways --------------------------------------------------------------------


class _Patches(importlib.abc.MetaPathFinder):
    """Runs a function on a module right after it was imported."""

    def __init__(self, patches: dict[str, Callable[[Any], None]]) -> None:
        self._patches = patches

    def install(self) -> None:
        for name in [name for name in self._patches if name in sys.modules]:
            self._patches.pop(name)(sys.modules[name])
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        patch = self._patches.pop(name, None)
        if patch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            patch(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _patch_aiohttp(resolver: Any) -> None:
    """aiodns reads /etc/resolv.conf by itself; the threaded resolver asks `socket`."""
    resolver.DefaultResolver = resolver.ThreadedResolver


def _hidden(module: Any) -> None:
    """aiohttp looks whether aiodns is there before it chooses; nothing else has to be done with it."""


def _patch_uvloop(uvloop: Any, guest: Guest) -> None:
    """uvloop resolves, binds and accepts in C: hosts are put in place before, and strangers sent away after."""
    loop: Any = uvloop.Loop
    plain_server, plain_connection, plain_find = loop.create_server, loop.create_connection, loop.getaddrinfo

    async def create_server(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if options.get("sock") is None and (host is None or isinstance(host, (str, bytes))):
            host = guest.listens(host, port)
            port = guest.port(host, port)
        return await plain_server(self, _only_members(factory, guest), host, port, **options)

    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if options.get("sock") is None and host is not None:
            name, host = host, await _found(self, guest, host, port)
            if options.get("ssl") and options.get("server_hostname") is None:
                options["server_hostname"] = name
            if guest.own and guest.is_member(host) and options.get("local_addr") is None:
                options["local_addr"] = (guest.own, 0)
            port = guest.port(host, port)
        return await plain_connection(self, factory, host, port, **options)

    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        found = await _found(self, guest, host, port)
        return await plain_find(self, found, port, **options)

    loop.create_server, loop.create_connection, loop.getaddrinfo = create_server, create_connection, getaddrinfo


async def _found(loop: Any, guest: Guest, host: Any, port: Any) -> Any:
    moved = guest.reaches(host, port)
    if moved is not host:
        return moved
    found = await loop.run_in_executor(None, guest.resolve, host)
    if found == []:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found[0] if found else host


def _only_members(factory: Any, guest: Guest) -> Any:
    def make() -> Any:
        protocol = factory()
        made, lost = protocol.connection_made, protocol.connection_lost

        def connection_made(transport: Any) -> None:
            if guest.admits(transport.get_extra_info("peername")):
                made(transport)
            else:
                protocol.connection_lost = lambda error: None
                protocol.data_received = lambda data: None
                transport.abort()

        with contextlib.suppress(AttributeError):  # a protocol with slots takes everybody
            protocol.connection_made, protocol.connection_lost = connection_made, lost
        return protocol

    return make if guest.kind == "task" else factory

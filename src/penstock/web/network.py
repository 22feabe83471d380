"""This runtime's piece of loopback, 127.<n>.0.0/16, and the names that lead into it.

Linux lets a process bind any address of 127.0.0.0/8, so each network interface (a task, a function in a VPC, a load
balancer) has an address of its own and listens on its real ports. Names are not in any DNS: a child process asks the
resolver here, by UDP, at each lookup (`guest_network.py`, `guest/network.cjs`), and is answered by whichever service
owns the zone, with the VPC of the asking interface in mind. The resolver's socket is at the same time the claim on
the block: two runtimes never share one.

A child connects from its own address, so that whoever listens in the block can tell members from strangers.
"""

import asyncio
import contextlib
import random
import socket
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.base.errors import PenstockError

# (name, VPC of who asks, "" for nowhere) -> addresses; [] is known without an address, None is not known
Zone = Callable[[str, str], list[str] | None]
# (name, type of DNS record, VPC) -> what the records say; [] without one of the type, None is no name of the zone
Records = Callable[[str, str, str], list[str] | None]

_GUEST = Path(__file__).parent / "guest"
_RESOLVER_PORT = 47474
_UNPRIVILEGED = 1024
_SHIFT = 10_000  # 80 is served at 10080 where 80 may not be bound
_BLOCKS = range(2, 255)  # 127.0 is everybody's, 127.1 and 127.255 are taken by habit
_HOSTS = 254 * 256  # 127.n.0.1 to 127.n.253.255; 127.n.254 and 127.n.255 are the network's own


class Network:
    def __init__(self) -> None:
        self._block = ""
        self._port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._owners: dict[str, tuple[str, str]] = {}  # owner -> address, VPC
        self._interfaces: dict[str, str] = {}  # address -> VPC
        self._zones: dict[str, Zone] = {"0.0.1": _prefixed}
        self._records: dict[str, Records] = {}
        self._shift = 0
        self.authority: Path | None = None  # the certificate that members trust beside the world's

    async def open(self, seed: str, port: int) -> None:
        """Claims a block, the same for the same `seed` where it is free. `port` is the runtime's own."""
        self._port = port
        first = zlib.crc32(seed.encode()) if seed else random.randrange(1 << 16)
        loop = asyncio.get_running_loop()
        for step in range(len(_BLOCKS)):
            number = _BLOCKS[(first + step) % len(_BLOCKS)]
            try:
                self._transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Resolver(self), local_addr=(f"127.{number}.255.254", _RESOLVER_PORT)
                )
            except OSError:
                continue
            self._block = f"127.{number}."
            self._shift = 0 if _may_bind(self.gateway, 1) else _SHIFT
            return
        raise PenstockError("No block of loopback addresses (127.2.0.0/16 and up) is free for this runtime.")

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def is_open(self) -> bool:
        return bool(self._block)

    # -- addresses -----------------------------------------------------------------------------------

    @property
    def gateway(self) -> str:
        """Where the runtime's own gateways and deliveries connect from."""
        return f"{self._block}254.1"

    def address(self, owner: str, vpc: str = "") -> str:
        """The address of an interface, the same for the same owner, after a restart as well if nobody took it."""
        if owner in self._owners:
            return self._owners[owner][0]
        index = zlib.crc32(owner.encode()) % _HOSTS
        while (address := f"{self._block}{index >> 8}.{index & 255}") in self._interfaces or not 0 < index & 255 < 255:
            index = (index + 1) % _HOSTS
        self._owners[owner] = address, vpc
        self._interfaces[address] = vpc
        return address

    def release(self, owner: str) -> None:
        address, _ = self._owners.pop(owner, ("", ""))
        self._interfaces.pop(address, None)

    def inside(self, address: str) -> bool:
        """Whether a peer is a function, a container or a gateway of this runtime: whose address was given out."""
        return address in self._interfaces or address == self.gateway

    # -- ports ---------------------------------------------------------------------------------------

    def port(self, address: str, port: int) -> int:
        """Where `address:port` is bound, and to be connected to: ports below 1024 are the system administrator's."""
        return port + self._shift if port < _UNPRIVILEGED and address.startswith(self._block) else port

    # -- names ---------------------------------------------------------------------------------------

    def zone(self, suffix: str, find: Zone | None, records: Records | None = None) -> None:
        """`find` answers for `suffix` and every name below it; None takes the zone away."""
        suffix = suffix.lower()
        if find is None:
            self._zones.pop(suffix, None)
        else:
            self._zones[suffix] = find
        if records is None:
            self._records.pop(suffix, None)
        else:
            self._records[suffix] = records

    def resolve(self, name: str, vpc: str = "") -> list[str] | None:
        """Addresses of a name; None for one that is not this network's, the longest zone that knows it decides."""
        name = name.lower().rstrip(".")
        suffix = name
        while suffix:
            zone = self._zones.get(suffix)
            if zone is not None and (found := zone(name, vpc)) is not None:
                return found
            suffix = suffix.partition(".")[2]
        return None

    def locate(self, name: str, port: int) -> str | None:
        """`host:port` of what is called `name:port`, for who asks from outside any VPC."""
        found = self.resolve(name)
        return f"{found[0]}:{self.port(found[0], port)}" if found else None

    def records(self, name: str, type: str, vpc: str = "") -> list[str] | None:
        """What the DNS records of a name say, [] where there is none of the type; None where there is no such name."""
        suffix = name = name.lower().rstrip(".")
        while suffix:
            records = self._records.get(suffix)
            if records is not None:
                return records(name, type, vpc)
            suffix = suffix.partition(".")[2]
        found = self.resolve(name, vpc)
        return found if type == "A" or not found else []

    def answer(self, question: str, asker: str) -> str:
        """What the resolver says to `asker`, behind the question; `?` where a name is not ours.

        To `<name>`, its addresses. To `<name>/<type>`, the records of that type; `!` where there is no such name.
        """
        name, _, type = question.partition("/")
        vpc = self._interfaces.get(asker, "")
        found = self.resolve(name, vpc)
        if found is None:
            return f"{question} ?"
        if type:
            found = self.records(name, type, vpc)
        return " ".join([question, *found]) if found is not None else f"{question} !"

    # -- children ------------------------------------------------------------------------------------

    def guest(self, environment: Mapping[str, str], address: str = "", kind: str = "function") -> dict[str, str]:
        """`environment` with what makes a Python or Node process a member of the network at `address`.

        kind: "function" resolves names and connects from `address`. "task" also listens there, whatever it binds
        of 0.0.0.0 and localhost, for members only; "public-task" for everybody on this machine.
        """
        resolver = f"{self._block}255.254:{_RESOLVER_PORT}"
        trusted = str(self.authority) if self.authority is not None else ""
        settings = f"{resolver} {self._block} {self._port} {self._shift} {kind} {address}".rstrip()
        return {
            **({"AWS_CA_BUNDLE": trusted, "NODE_EXTRA_CA_CERTS": trusted} if trusted else {}),
            **environment,
            "PENSTOCK_NETWORK": settings,
            "PYTHONPATH": _joined(":", str(_GUEST), environment.get("PYTHONPATH", "")),
            "NODE_OPTIONS": _joined(" ", f"--require {_GUEST / 'network.cjs'}", environment.get("NODE_OPTIONS", "")),
        }


def _prefixed(name: str, vpc: str) -> list[str] | None:
    """SDKs put a word before the host for some operations: `data-127.0.0.1` is this host, `sync-127.0.0.1` as well."""
    return ["127.0.0.1"] if name.endswith("-127.0.0.1") else None


def _may_bind(address: str, port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind((address, port))
        except PermissionError:
            return False
        except OSError:  # somebody else has it, which needs the permission as well
            return True
    return True


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


class _Resolver(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self._network = network
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and len(data) <= 253:
            answer = self._network.answer(data.decode("ascii", "replace"), addr[0])
            self._transport.sendto(answer.encode("ascii", "replace"), addr)

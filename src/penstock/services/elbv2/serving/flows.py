"""A listener of a network load balancer: connections handed to targets as they are.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
"""

import asyncio
import zlib
from collections.abc import Callable

from penstock.services.elbv2.serving.forwarding import Forward
from penstock.services.elbv2.serving.groups import Group, Member
from penstock.web.dial import Address
from penstock.web.splice import Flows


class FlowServer:
    """`where` is the address of a target, `admits` says whose connections are taken, `ended` hears of a flow's end."""

    def __init__(
        self,
        local: str,
        where: Callable[[Member], Address | None],
        admits: Callable[[str], bool],
        ended: Callable[[Address], None],
    ) -> None:
        self.forward: Forward | None = None
        self.flows = Flows(self._choose, local=local, ended=ended)
        self._where = where
        self._admits = admits
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.flows, host, port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, grace: float = 0.0) -> None:
        if self._server is not None:
            self._server.close()
        self.flows.close()

    def _choose(self, peer: Address) -> list[Address]:
        """The targets to try: the one whose turn it is, and the others behind it."""
        group = self.forward.choose() if self.forward is not None and self._admits(peer[0]) else None
        if group is None:
            return []
        first = _by_source(group, peer[0]) if group.sticky is not None else group.choose()
        members = ([first] if first else []) + [member for member in group.routable if member is not first]
        return [address for member in members if (address := self._where(member)) is not None]


def _by_source(group: Group, client: str) -> Member | None:
    """One client, one target, as long as the targets stay the same."""
    there = group.routable
    return there[zlib.crc32(client.encode()) % len(there)] if there else None

"""Client aliases of Service Connect at work: a name, and an address that hands connections to the tasks in turn.

On AWS a proxy in each task does this, for the names of its namespace. Here there is one listener for all, and a name
is known in the VPC of its service. A connection stays with the task that it was made to.
"""

import asyncio

from penstock.call import Context
from penstock.services.ecs import connect, definitions, store
from penstock.services.ecs.connect import Alias
from penstock.services.ecs.engine import Engine
from penstock.services.ecs.running import network
from penstock.web.dial import Address
from penstock.web.splice import Flows
from penstock.wire.model import Json


class Endpoints:
    """Those of one service, as its primary deployment has them."""

    def __init__(self, engine: Engine, ctx: Context, service_arn: str) -> None:
        self._engine = engine
        self._ctx = ctx
        self._service = service_arn
        self._vpc = ""
        self._deployment = ""
        self._open: dict[Alias, tuple[asyncio.Server, Flows]] = {}

    async def keep(self, service: Json) -> None:
        """Opens and closes what the service's present deployment makes necessary."""
        primary = next(iter(service["deployments"]), None)
        current = primary["id"] if primary is not None and service["status"] == "ACTIVE" else ""
        if current == self._deployment:
            return
        definition = definitions.lookup(self._ctx, service["taskDefinition"]) if current else None
        wanted = connect.aliases(self._ctx, service, definition) if definition is not None else []
        for alias in self._open.keys() - set(wanted):
            self._close(alias)
        self._vpc = self._vpc or _vpc(self._ctx, service)
        for alias in wanted:
            if alias not in self._open:
                await self._listen(alias)
        self._deployment = current

    async def _listen(self, alias: Alias) -> None:
        address = self._engine.directory.enter(self._vpc, alias.name, alias.port)
        port, turn = self._engine.network.port(address, alias.port), 0

        def choose(peer: Address) -> list[Address]:
            nonlocal turn
            there = self._tasks(alias.container_port) if self._engine.network.inside(peer[0]) else []
            turn += 1
            first = turn % len(there) if there else 0
            return there[first:] + there[:first]

        flows = Flows(choose, local=address)
        try:
            server = await asyncio.get_running_loop().create_server(flows, address, port, backlog=1024)
        except OSError as error:
            self._engine.host.say(f"{alias.name}:{alias.port} of {self._service} cannot be listened at: {error}")
            return
        self._open[alias] = server, flows

    def _tasks(self, container_port: int) -> list[Address]:
        tasks = store.documents(self._ctx.store, store.SERVICE_TASKS, self._service)
        there = [network.address_of(task) for task in tasks if task["lastStatus"] == "RUNNING"]
        return [(address, self._engine.network.port(address, container_port)) for address in there]

    def _close(self, alias: Alias) -> None:
        server, flows = self._open.pop(alias)
        server.close()
        flows.close()
        self._engine.directory.leave(self._vpc, alias.name, alias.port)

    def close(self) -> None:
        for alias in list(self._open):
            self._close(alias)


def _vpc(ctx: Context, service: Json) -> str:
    """That of its subnets; "" for tasks without an interface of their own."""
    awsvpc = service.get("networkConfiguration", {}).get("awsvpcConfiguration")
    return str(network.subnet_of(ctx, awsvpc["subnets"][0]).get("VpcId", "")) if awsvpc else ""

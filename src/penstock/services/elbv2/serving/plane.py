"""Load balancers at work: their addresses, names and listeners.

The plane follows the state: what an operation has changed is looked at anew when that is durable. Listeners are
opened and closed beside the loop's turn; `settled` waits for them.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from penstock.base import ids
from penstock.base.telemetry import Trace
from penstock.call import Context, Kernel
from penstock.iam.principal import Principal
from penstock.services.elbv2 import attributes, names
from penstock.services.elbv2.rules import in_order
from penstock.services.elbv2.serving.access_log import AccessLog
from penstock.services.elbv2.serving.answers import page
from penstock.services.elbv2.serving.application import Application
from penstock.services.elbv2.serving.fleet import Fleet
from penstock.services.elbv2.serving.flows import FlowServer
from penstock.services.elbv2.serving.forwarding import Forward, Way
from penstock.services.elbv2.serving.headers import compile_headers
from penstock.services.elbv2.serving.health import Status
from penstock.services.elbv2.serving.metrics import Requests
from penstock.services.elbv2.state import GROUP, LISTENER, LOAD_BALANCER, RULE, TARGET, Entry, State
from penstock.web.http import Reply
from penstock.web.listener import Listener
from penstock.web.network import Network
from penstock.web.upstream import Upstream
from penstock.wire.message import Request

_GRACE = 5.0  # real seconds that requests in flight have when their listener is deleted
log = logging.getLogger("penstock")


class Server(Protocol):
    async def open(self, host: str, port: int) -> int: ...
    async def close(self, grace: float = 0.0) -> None: ...


class Served:
    """A listener's socket. `application` answers on it, if the load balancer is one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.application: Application | None = None
        self.flows: FlowServer | None = None
        self.http = Listener(self.handle, page)
        self.server: Server = self.http
        self.is_open = False

    def handle(self, request: Request, reply: Reply) -> None:
        if self.application is not None:
            self.application.handle(request, reply)


class Balancer:
    def __init__(self, entry: Entry, address: str) -> None:
        self.arn = entry.arn
        self.address = address
        self.name: str = entry.document["DNSName"].lower()
        self.internal: bool = entry.document["Scheme"] == "internal"
        self.served: dict[str, Served] = {}


class Plane:
    def __init__(self, kernel: Kernel, state: State) -> None:
        self.kernel = kernel
        self.network = kernel.shared(Network)
        self._state = state
        self._fleet = Fleet(kernel, state)
        self.retire = self._fleet.retire
        self._balancers: dict[str, Balancer] = {}
        self._names: dict[str, Balancer] = {}
        self._dirty: dict[str, None] = {}
        self._worker: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Takes up where the runtime was: listens again, and asks every target anew."""
        self._started = True
        self.network.zone(names.DOMAIN, self._resolve)
        self._fleet.load()
        for entry in self._state.all(LOAD_BALANCER):
            self._touch(entry.arn)
        await self.settled()

    async def stop(self) -> None:
        self._fleet.stop()
        self.network.zone(names.DOMAIN, None)
        for balancer in self._balancers.values():
            for served in balancer.served.values():
                await served.server.close()

    async def settled(self) -> None:
        """Returns when all that was changed is at work."""
        if self._worker is not None:
            await asyncio.shield(self._worker)

    def health(self, entry: Entry) -> Status:
        return self._fleet.health(entry)

    def named(self, label: str) -> Balancer | None:
        """The load balancer whose DNS name begins so."""
        return next((balancer for name, balancer in self._names.items() if name.partition(".")[0] == label), None)

    def _resolve(self, name: str, vpc: str) -> list[str] | None:
        found = self._names.get(name)
        return [found.address] if found is not None else None

    # -- changes ---------------------------------------------------------------------------------------------

    def changed(self, entry: Entry) -> None:
        """Called for each change when it is durable."""
        if not self._started:
            return
        if entry.kind in (GROUP, TARGET):
            self._fleet.changed(entry)
            return
        self._fleet.follow_uses()
        if entry.kind == LOAD_BALANCER:
            self._touch(entry.arn)
        elif entry.kind == LISTENER:
            self._touch(entry.parent)
        elif (listener := self._state.find(LISTENER, entry.parent)) is not None:
            self._touch(listener.parent)

    def _touch(self, arn: str) -> None:
        """A load balancer has its name at once, its listeners soon."""
        entry = self._state.find(LOAD_BALANCER, arn)
        if entry is not None and arn not in self._balancers:
            balancer = Balancer(entry, self.network.address(arn, entry.document["VpcId"]))
            self._balancers[arn] = self._names[balancer.name] = balancer
        self._dirty[arn] = None
        if self._worker is None:
            self._worker = self.kernel.spawn(self._work(), "load balancers")

    async def _work(self) -> None:
        try:
            while self._dirty:
                await self._apply(self._dirty.popitem()[0])
        finally:
            self._worker = None

    async def _apply(self, arn: str) -> None:
        entry = self._state.find(LOAD_BALANCER, arn)
        balancer = self._balancers.get(arn)
        if entry is None or balancer is None:
            if balancer is not None:
                self._remove(balancer)
            return
        listeners = {listener.arn: listener for listener in self._state.children(LISTENER, arn)}
        for listener_arn, served in list(balancer.served.items()):
            if listener_arn not in listeners or listeners[listener_arn].document["Port"] != served.port:
                self._close(balancer, listener_arn)
        for listener in listeners.values():
            await self._serve(balancer, entry, listener)

    async def _serve(self, balancer: Balancer, entry: Entry, listener: Entry) -> None:
        """Makes what is served that which the listener says, and listens if that is still to be done."""
        served = balancer.served.setdefault(listener.arn, Served(listener.document["Port"]))
        if entry.document["Type"] == "application":
            served.application = self._application(balancer, entry, listener)
            served.http.idle = float(attributes.of_load_balancer(entry)["idle_timeout.timeout_seconds"])
        else:
            self._follow_flows(balancer, served, listener)
        if not served.is_open:
            served.is_open = True
            port = self.network.port(balancer.address, served.port)
            try:
                await served.server.open(balancer.address, port)
            except OSError as error:
                log.error("A load balancer cannot listen on %s:%s: %s", balancer.address, port, error)

    def _remove(self, balancer: Balancer) -> None:
        for listener in list(balancer.served):
            self._close(balancer, listener)
        del self._balancers[balancer.arn], self._names[balancer.name]
        self.network.release(balancer.arn)

    def _close(self, balancer: Balancer, listener: str) -> None:
        served = balancer.served.pop(listener)
        if served.flows is not None:
            self._fleet.flows.discard(served.flows.flows)
        self.kernel.spawn(served.server.close(_GRACE), "closing a listener")

    # -- what is served ----------------------------------------------------------------------------------------

    def _application(self, balancer: Balancer, entry: Entry, listener: Entry) -> Application:
        settings = attributes.of_load_balancer(entry)
        _, _, _, region, account, _ = entry.arn.split(":", 5)
        principal = Principal.service(names.PRINCIPAL, account)

        def context(trace: Trace | None) -> Context:
            return Context(self.kernel, account, region, principal, trace, ids.uuid())

        way = Way(
            self.kernel,
            self.kernel.shared(Upstream),
            context,
            balancer.address,
            float(settings["idle_timeout.timeout_seconds"]),
            compile_headers(settings, listener.document["Protocol"], listener.document["Port"]),
            self._fleet.where,
            Requests(self.kernel, entry.arn),
        )
        rules = in_order(self._state.children(RULE, listener.arn))
        found = attributes.of_listener(listener, entry)
        logs = settings["access_logs.s3.enabled"] == "true"
        log = AccessLog(self.kernel, entry.arn, balancer.address, settings, listener.document) if logs else None
        return Application(way, listener, found, rules, self._fleet.groups, self._admits(balancer), log)

    def _follow_flows(self, balancer: Balancer, served: Served, listener: Entry) -> None:
        if served.flows is None:
            served.flows = FlowServer(
                balancer.address, self._fleet.where, self._admits(balancer), self._fleet.flow_ended
            )
            served.server = served.flows
            self._fleet.flows.add(served.flows.flows)
        [action] = listener.document["DefaultActions"]
        groups = [self._fleet.groups[group["TargetGroupArn"]] for group in action["ForwardConfig"]["TargetGroups"]]
        served.flows.forward = Forward(action, groups, listener.arn)

    def _admits(self, balancer: Balancer) -> Callable[[str], bool]:
        return self.network.inside if balancer.internal else _everybody


def _everybody(address: str) -> bool:
    return True

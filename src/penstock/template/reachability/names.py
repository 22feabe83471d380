"""Private names in environment variables: whoever reads them has to be in the VPC, and let in. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.template.finding import UNREACHABLE, Finding, finding
from penstock.template.reachability.network import VPC, Peer, number
from penstock.template.reachability.workloads import BALANCER, MAP_SERVICE, Variable, Workload, Workloads
from penstock.template.reachability.world import Thing, is_known

_NAMESPACE = "AWS::ServiceDiscovery::PrivateDnsNamespace"
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_BALANCER_NAME = re.compile(r"(?:([a-z]+)://)?(?P<host>\{\{[^{}]+\.DNSName\}\})(?::(\d+))?")


@dataclass(frozen=True, slots=True)
class _Use:
    """A private name in a variable; `port` where it is said."""

    variable: Variable
    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class _Server:
    """Who answers to a private name: its groups have to open one of `ports`."""

    peer: Peer
    ports: frozenset[int]


def findings(workloads: Workloads) -> Iterator[Finding]:
    zones = [_Zone(workloads, thing) for thing in workloads.world.all(_NAMESPACE) if is_known(thing.get("Name"))]
    for caller in workloads.all:
        for variable in caller.variables:
            for zone in zones:
                for use in zone.uses(variable):
                    yield from _judge(workloads, caller, use, [other for other in zones if other.name == zone.name])
            for use, balancer in _balancers(workloads, variable):
                yield from _judge_balancer(workloads, caller, use, balancer)


class _Zone:
    """A private DNS namespace."""

    def __init__(self, workloads: Workloads, thing: Thing) -> None:
        self.thing = thing
        self.name = str(thing.get("Name")).lower()
        self.vpc = workloads.world.of(thing.get("Vpc"), VPC)
        self._workloads = workloads
        below = (
            rf"(?:([a-z]+)://)?(?<![\w@.-])(?P<host>(?:[\w-]+\.)+{re.escape(self.name)})(?![\w-]|\.\w)\.?(?::(\d+))?"
        )
        self._pattern = re.compile(below, re.IGNORECASE)

    def uses(self, variable: Variable) -> Iterator[_Use]:
        """The names below it; its own name alone may be meant for DiscoverInstances, which works from everywhere."""
        for match in self._pattern.finditer(variable.value):
            yield _Use(variable, match["host"].lower(), _port(match))

    def servers(self, host: str) -> Iterator[_Server]:
        label = host.removesuffix(f".{self.name}")
        world = self._workloads.world
        for thing in world.all(MAP_SERVICE):
            namespace = thing.get("NamespaceId") or thing.get("DnsConfig", "NamespaceId")
            if world.of(namespace, _NAMESPACE) is self.thing and str(thing.get("Name")).lower() == label:
                for service in self._workloads.registered(thing):
                    yield _Server(service.peer, frozenset(self._workloads.container_ports(service)))


def _port(match: re.Match[str]) -> int | None:
    scheme, port = match[1], match[3]
    return int(port) if port else _PORTS.get(scheme or "")


def _balancers(workloads: Workloads, variable: Variable) -> Iterator[tuple[_Use, Thing]]:
    for match in _BALANCER_NAME.finditer(variable.value):
        balancer = workloads.world.of(match["host"], BALANCER)
        if balancer is not None and balancer.get("Scheme") == "internal":
            yield _Use(variable, f"the internal load balancer {balancer.logical_id}", _port(match)), balancer


def _judge(workloads: Workloads, caller: Workload, use: _Use, zones: list[_Zone]) -> Iterator[Finding]:
    """`zones`: those of the name, one for each VPC that has it."""
    vpcs = [zone.vpc for zone in zones]
    if caller.is_outside:
        yield _outside(use, caller, vpcs[0])
    elif caller.peer.vpc is None:
        return
    elif caller.peer.vpc in vpcs:
        for server in zones[vpcs.index(caller.peer.vpc)].servers(use.host):
            if server.peer is not caller.peer:  # its own name, told to others
                yield from _closed(workloads, caller, use, server)
    elif None not in vpcs and not workloads.network.is_joined:
        yield _elsewhere(use, caller, vpcs[0])


def _judge_balancer(workloads: Workloads, caller: Workload, use: _Use, balancer: Thing) -> Iterator[Finding]:
    peer = workloads.balancer_peer(balancer)
    if caller.is_outside:
        yield _outside(use, caller, peer.vpc)
    elif caller.peer.vpc is None or peer.vpc is None:
        return
    elif caller.peer.vpc is not peer.vpc:
        if not workloads.network.is_joined:
            yield _elsewhere(use, caller, peer.vpc)
    elif peer.groups:  # a Network Load Balancer without groups is open
        ports = {port for thing in workloads.listeners(balancer) if (port := number(thing.get("Port"))) is not None}
        yield from _closed(workloads, caller, use, _Server(peer, frozenset(ports)))


def _outside(use: _Use, caller: Workload, vpc: Thing | None) -> Finding:
    where = f"VPC {vpc.logical_id}" if vpc is not None else "its VPC"
    cure = f"put it into subnets of {where} that lead to what else it calls"
    if caller.name.startswith("integration"):
        cure = f"let it go through a VPC link into {where}"
    reason = f"{use.host} is a private name, and {caller.name} is in no VPC: {cure}"
    return finding(use.variable.owner.stack, UNREACHABLE, use.variable.path, reason)


def _elsewhere(use: _Use, caller: Workload, vpc: Thing | None) -> Finding:
    own = caller.peer.vpc.logical_id if caller.peer.vpc is not None else ""
    where = f"VPC {vpc.logical_id}" if vpc is not None else "another VPC"
    reason = (
        f"{use.host} is a private name of {where}, and {caller.name} is in VPC {own}: put it into subnets of {where}, "
        "or connect the two"
    )
    return finding(use.variable.owner.stack, UNREACHABLE, use.variable.path, reason)


def _closed(workloads: Workloads, caller: Workload, use: _Use, server: _Server) -> Iterator[Finding]:
    """Where no port is said, one of those that the server listens on is enough."""
    ports = [use.port] if use.port is not None else sorted(server.ports)
    if not ports or not server.peer.groups:
        return
    network = workloads.network
    shown = " or ".join(map(str, ports))
    if not any(network.admits(server.peer, caller.peer, port) for port in ports):
        group = server.peer.groups[0]
        reason = (
            f"{network.called(group)} does not open port {shown} of {server.peer.name} to {caller.name}, "
            f"whose variable {use.variable.name} "
            f"names it: allow ingress from {_of(caller.peer)}"
        )
        yield finding(group.stack, UNREACHABLE, group.path(), reason)
    elif caller.peer.groups and not any(network.releases(caller.peer, server.peer, port) for port in ports):
        group = caller.peer.groups[0]
        own = network.called(group)
        reason = f"{own} does not let {caller.name} out to port {shown} of {server.peer.name}: allow egress to it"
        yield finding(group.stack, UNREACHABLE, group.path(), reason)


def _of(peer: Peer) -> str:
    return f"its security group {peer.groups[0].logical_id}" if peer.groups else "its security group"

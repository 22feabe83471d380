"""VPCs as far as templates show them: where a subnet's routes lead, what endpoints it has, what security groups open.

Rule: whatever is not known is open. Pure.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html and vpc-security-groups.html
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from penstock.template.reachability.world import Thing, World, is_known

SUBNET, VPC, GROUP = "AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::SecurityGroup"

OUT = "out"  # NAT, transit gateway, instance: it leads out of the VPC
PUBLIC = "public"  # an internet gateway: out for what has a public address
CLOSED = "closed"  # no route out
UNSEEN = "unseen"  # the templates do not show its routes

_RANK = (OUT, UNSEEN, PUBLIC, CLOSED)
_ANYWHERE = ("0.0.0.0/0", "::/0")
_ENDPOINT_NAME = re.compile(r"\bamazonaws\.[^.]+\.(.+)")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at one end of a connection. `groups` None: it has some that are not known."""

    name: str
    vpc: Thing | None
    groups: tuple[Thing, ...] | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint: `service` is the last part of its name (`ecr.api`), "" where it is not known."""

    thing: Thing
    service: str
    is_gateway: bool
    private_dns: bool


class Network:
    def __init__(self, world: World) -> None:
        self._world = world
        self._ways = self._route_tables()
        self._tables = {
            id(subnet): self._world.of(link.get("RouteTableId"), "AWS::EC2::RouteTable")
            for link in world.all("AWS::EC2::SubnetRouteTableAssociation")
            if (subnet := world.of(link.get("SubnetId"), SUBNET)) is not None
        }
        self._rules = {
            direction: self._loose_rules(f"AWS::EC2::SecurityGroup{direction}") for direction in ("Ingress", "Egress")
        }
        self.is_joined = bool(
            world.all(
                "AWS::EC2::VPCPeeringConnection",
                "AWS::EC2::TransitGatewayAttachment",
                "AWS::EC2::TransitGatewayVpcAttachment",
            )
        )

    # -- subnets and their routes ------------------------------------------------------------------------

    def vpc_of(self, subnet: Thing) -> Thing | None:
        return self._world.of(subnet.get("VpcId"), VPC)

    def way_out(self, subnet: Thing) -> str:
        table = self._tables.get(id(subnet))
        return UNSEEN if table is None else self._ways.get(id(table), CLOSED)

    def _route_tables(self) -> dict[int, str]:
        """What the best route out of each table leads to. A route of an unknown table may be any table's."""
        ways = {id(table): CLOSED for table in self._world.all("AWS::EC2::RouteTable")}
        for route in self._world.all("AWS::EC2::Route"):
            table = self._world.of(route.get("RouteTableId"), "AWS::EC2::RouteTable")
            if table is not None:
                ways[id(table)] = min(ways[id(table)], self._way(route), key=_RANK.index)
            elif not is_known(route.get("RouteTableId")):
                ways = {key: min(way, UNSEEN, key=_RANK.index) for key, way in ways.items()}
        return ways

    def _way(self, route: Thing) -> str:
        gateway = route.get("GatewayId")
        if gateway is None:
            return OUT
        is_default = (
            route.get("DestinationCidrBlock") in _ANYWHERE or route.get("DestinationIpv6CidrBlock") in _ANYWHERE
        )
        is_internet = self._world.of(gateway, "AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment") is not None
        return PUBLIC if is_internet and is_default else UNSEEN

    # -- endpoints ---------------------------------------------------------------------------------------

    def endpoints(self, vpc: Thing, subnet: Thing | None = None) -> list[Endpoint]:
        """Those of the VPC, or those that a subnet's traffic gets to."""
        found = [self._endpoint(thing) for thing in self._world.all("AWS::EC2::VPCEndpoint") if self._is_in(thing, vpc)]
        return [endpoint for endpoint in found if subnet is None or self._leads(endpoint, subnet)]

    def _is_in(self, endpoint: Thing, vpc: Thing) -> bool:
        where = endpoint.get("VpcId")
        return self._world.of(where, VPC) in (vpc, None) and not is_known(where)

    def _endpoint(self, thing: Thing) -> Endpoint:
        name = thing.get("ServiceName")
        match = _ENDPOINT_NAME.search(str(name))
        service = "" if not is_known(name) else match[1] if match else str(name)
        is_gateway = thing.get("VpcEndpointType") in (None, "Gateway")
        return Endpoint(thing, service, is_gateway, str(thing.get("PrivateDnsEnabled")).lower() == "true")

    def _leads(self, endpoint: Endpoint, subnet: Thing) -> bool:
        if not endpoint.is_gateway:
            return True
        tables = self._world.each(endpoint.thing.items("RouteTableIds"), "AWS::EC2::RouteTable")
        return tables is None or self._tables.get(id(subnet)) in (*tables, None)

    # -- security groups ---------------------------------------------------------------------------------

    def groups(self, values: list[Any]) -> tuple[Thing, ...] | None:
        """None for a list that is empty (the VPC's default group) or not wholly known."""
        found = self._world.each(values, GROUP) if values else None
        return None if found is None else tuple(found)

    def admits(self, target: Peer, caller: Peer, port: int) -> bool:
        """Whether the target's groups let the caller in."""
        return self._lets(target, caller, port, "Ingress")

    def releases(self, caller: Peer, target: Peer, port: int) -> bool:
        """Whether the caller's groups let it out."""
        return self._lets(caller, target, port, "Egress")

    def opens(self, target: Peer, port: int) -> bool:
        """Whether the target's groups open the port to anybody at all."""
        return self._lets(target, Peer("", None, None), port, "Ingress")

    def _lets(self, owner: Peer, other: Peer, port: int, direction: str) -> bool:
        if owner.groups is None:
            return True
        return any(
            _has_port(rule, port) and self._means(rule, other, direction)
            for group in owner.groups
            for rule in self._rules_of(group, direction)
        )

    def _rules_of(self, group: Thing, direction: str) -> Iterator[Any]:
        own = group.get(f"SecurityGroup{direction}")
        if own is None and direction == "Egress":
            yield {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
        yield from own if isinstance(own, list) else [own] if own is not None else ()
        for owner, rule in self._rules[direction]:
            if owner is None or owner is group:
                yield rule

    def _loose_rules(self, type: str) -> list[tuple[Thing | None, Any]]:
        """Rules that stand alone, with their group; None where it could be any."""
        rules = []
        for thing in self._world.all(type):
            owner = self._world.of(thing.get("GroupId"), GROUP)
            if owner is not None or not is_known(thing.get("GroupId")):
                rules.append((owner, thing.properties))
        return rules

    def _means(self, rule: Any, other: Peer, direction: str) -> bool:
        if not isinstance(rule, dict):
            return True
        return any(self._is_other(key, value, other) for key, value in rule.items() if key in _SIDES[direction])

    def _is_other(self, key: str, value: Any, other: Peer) -> bool:
        if key == "CidrIp":
            return not is_known(value) or _overlaps(str(value), _cidr(other.vpc))
        if key.endswith("SecurityGroupId"):
            if other.groups is None or not (is_known(value) or self._world.of(value, GROUP)):
                return True
            return self._world.of(value, GROUP) in other.groups
        return key.endswith(("PrefixListId", "SecurityGroupName"))


_SIDES = {
    "Ingress": ("CidrIp", "SourceSecurityGroupId", "SourceSecurityGroupName", "SourcePrefixListId"),
    "Egress": ("CidrIp", "DestinationSecurityGroupId", "DestinationPrefixListId"),
}


def _has_port(rule: Any, port: int) -> bool:
    if not isinstance(rule, dict):
        return True
    protocol = rule.get("IpProtocol")
    if not is_known(protocol) or str(protocol) == "-1":
        return True
    first, last = (number(rule.get(name)) for name in ("FromPort", "ToPort"))
    if first is None or last is None:
        return True
    return str(protocol).lower() in ("tcp", "6") and first <= port <= last


def number(value: Any) -> int | None:
    """A port, where it is known."""
    return int(value) if is_known(value) and str(value).removeprefix("-").isdigit() else None


def _cidr(vpc: Thing | None) -> str:
    found = vpc.get("CidrBlock") if vpc is not None else None
    return str(found) if is_known(found) else ""


def _overlaps(left: str, right: str) -> bool:
    try:
        return ipaddress.ip_network(left, strict=False).overlaps(ipaddress.ip_network(right, strict=False))
    except (ValueError, TypeError):
        return True


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last

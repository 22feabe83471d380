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
    """Who is at one end of a connection. `groups` None: it has some that are not known.

    `cidrs`: the addresses of its subnets; empty where they are not known.
    """

    name: str
    vpc: Thing | None
    groups: tuple[Thing, ...] | None
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint: `service` is the last part of its name (`ecr.api`), "" where it is not known.

    `private_dns`: it takes the service's own name over; None where that is not said.
    """

    thing: Thing
    service: str
    is_gateway: bool
    private_dns: bool | None


class Network:
    def __init__(self, world: World) -> None:
        self._world = world
        self._defaults: dict[int, Thing] = {}  # the default security group of a VPC, by the VPC's id()
        self._ways = self._route_tables()
        links = [
            (world.of(link.get("SubnetId"), SUBNET), world.of(link.get("RouteTableId"), "AWS::EC2::RouteTable"))
            for link in world.all("AWS::EC2::SubnetRouteTableAssociation")
        ]
        self._has_links_to_unknown = any(subnet is None for subnet, _ in links)
        self._tables = {id(subnet): table for subnet, table in links if subnet is not None}
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
        """A subnet with no route table of its own has the VPC's, which leads nowhere: no template can add to that."""
        is_alone = id(subnet) not in self._tables and not self._has_links_to_unknown
        if is_alone and self.vpc_of(subnet) is not None:
            return CLOSED
        table = self._tables.get(id(subnet))
        return UNSEEN if table is None else self._ways.get(id(table), CLOSED)

    def cidrs(self, subnets: Iterable[Thing]) -> tuple[str, ...]:
        found = tuple(subnet.get("CidrBlock") for subnet in subnets)
        return found if all(is_known(each) for each in found) else ()

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
        private_dns = {"true": True, "false": False}.get(str(thing.get("PrivateDnsEnabled")).lower())
        return Endpoint(thing, service, is_gateway, private_dns)

    def _leads(self, endpoint: Endpoint, subnet: Thing) -> bool:
        if not endpoint.is_gateway:
            return True
        tables = self._world.each(endpoint.thing.items("RouteTableIds"), "AWS::EC2::RouteTable")
        return tables is None or self._tables.get(id(subnet)) in (*tables, None)

    # -- security groups ---------------------------------------------------------------------------------

    def groups(self, values: list[Any], vpc: Thing | None = None) -> tuple[Thing, ...] | None:
        """None where they are not all known. Without any it is the default group of the VPC, where that is given."""
        if not values:
            return None if vpc is None else (self._default(vpc),)
        found = [self._group(value) for value in values]
        return None if None in found else tuple(group for group in found if group is not None)

    def _group(self, value: Any) -> Thing | None:
        vpc = self._world.of(value, VPC)  # of a VPC a group can only be its `DefaultSecurityGroup`
        return self._default(vpc) if vpc is not None else self._world.of(value, GROUP)

    def _default(self, vpc: Thing) -> Thing:
        return self._defaults.setdefault(id(vpc), Thing(vpc.stack, vpc.logical_id, GROUP, {}))

    def called(self, group: Thing) -> str:
        """How a finding at its place speaks of a group: the default one has no place but the VPC's."""
        return "its default security group" if group in self._defaults.values() else "it"

    def admits(self, target: Peer, caller: Peer, port: int) -> bool:
        """Whether the target's groups let the caller in."""
        return self._lets(target, caller, port, "Ingress")

    def releases(self, caller: Peer, target: Peer, port: int) -> bool:
        """Whether the caller's groups let it out."""
        return self._lets(caller, target, port, "Egress")

    def opens(self, target: Peer, port: int) -> bool:
        """Whether the target's groups open the port to anybody at all."""
        return self._lets(target, ANYBODY, port, "Ingress")

    def leaves(self, caller: Peer, port: int) -> bool:
        """Whether the caller's groups let it out to the port of anybody at all."""
        return self._lets(caller, ANYBODY, port, "Egress")

    def _lets(self, owner: Peer, other: Peer, port: int, direction: str) -> bool:
        if owner.groups is None:
            return True
        if direction == "Ingress" and set(owner.groups) & set(other.groups or ()) & set(self._defaults.values()):
            return True  # who is in a default group is let in by it
        return any(
            _has_port(rule, port) and self._means(rule, other, direction)
            for group in owner.groups
            for rule in self._rules_of(group, direction)
        )

    def _rules_of(self, group: Thing, direction: str) -> Iterator[Any]:
        own = group.get(f"SecurityGroup{direction}")
        if not own and direction == "Egress":  # none is as good as none said
            yield {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
        yield from own if isinstance(own, list) else [own] if own is not None else ()
        for owner, rule in self._rules[direction]:
            if owner is None or owner is group:
                yield rule

    def _loose_rules(self, type: str) -> list[tuple[Thing | None, Any]]:
        """Rules that stand alone, with their group; None where it could be any."""
        rules = []
        for thing in self._world.all(type):
            owner = self._group(thing.get("GroupId"))
            if owner is not None or not is_known(thing.get("GroupId")):
                rules.append((owner, thing.properties))
        return rules

    def _means(self, rule: Any, other: Peer, direction: str) -> bool:
        if not isinstance(rule, dict):
            return True
        return any(self._is_other(key, value, other) for key, value in rule.items() if key in _SIDES[direction])

    def _is_other(self, key: str, value: Any, other: Peer) -> bool:
        if key == "CidrIp":
            return not is_known(value) or _is_within(str(value), other)
        if key == "CidrIpv6":  # names inside a VPC are asked for IPv4
            return other is ANYBODY
        if key.endswith("SecurityGroupId"):
            group = self._group(value)
            return other.groups is None or group in other.groups or (group is None and not is_known(value))
        if key.endswith("PrefixListId"):
            entries = self._world.of(value, "AWS::EC2::PrefixList")
            return entries is None or any(_is_entry(entry, other) for entry in entries.items("Entries"))
        return key.endswith("SecurityGroupName")


ANYBODY = Peer("anybody", None, None)
_SIDES = {
    "Ingress": ("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourceSecurityGroupName", "SourcePrefixListId"),
    "Egress": ("CidrIp", "CidrIpv6", "DestinationSecurityGroupId", "DestinationPrefixListId"),
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


def _is_entry(entry: Any, other: Peer) -> bool:
    cidr = entry.get("Cidr") if isinstance(entry, dict) else None
    return not is_known(cidr) or _is_within(str(cidr), other)


def _is_within(cidr: str, other: Peer) -> bool:
    """Whether some of the other's addresses are in the range; its VPC's, where its own are not known."""
    return any(_overlaps(cidr, own) for own in other.cidrs or (_cidr(other.vpc),))


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

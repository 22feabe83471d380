"""IpPermissions and the single rules that they mean, both ways. Pure.

A rule is a dict of SecurityGroupRule's members that say what it lets through, without id, group and description.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html and API_SecurityGroupRule.html
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.services.ec2 import cidr
from penstock.wire.model import Json

_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_NAMED = ("tcp", "udp", "icmp", "icmpv6")
ALL = "-1"
_PORTS = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
# What a rule is about: (its member, the list it stands in among IpPermissions, the member of that list's elements)
_PEERS = (
    ("CidrIpv4", "IpRanges", "CidrIp"),
    ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
    ("PrefixListId", "PrefixListIds", "PrefixListId"),
    ("ReferencedGroupInfo", "UserIdGroupPairs", "GroupId"),
)


class Peer(NamedTuple):
    """What makes two rules the same: protocol, ports and the other side."""

    protocol: str
    first: int
    last: int
    peer: str


def same(rule: Json) -> Peer:
    return Peer(rule["IpProtocol"], rule["FromPort"], rule["ToPort"], peer(rule))


def peer(rule: Json) -> str:
    """The other side, as AWS writes it in messages."""
    for member, _, _ in _PEERS:
        if member in rule:
            value = rule[member]
            return str(value["GroupId"] if isinstance(value, dict) else value)
    return ""


def worded(rule: Json) -> str:
    """`peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`."""
    if rule["IpProtocol"] == ALL:
        return f"peer: {peer(rule)}, ALL, ALLOW"
    ports = f"from port: {rule['FromPort']}, to port: {rule['ToPort']}"
    return f"peer: {peer(rule)}, {rule['IpProtocol'].upper()}, {ports}, ALLOW"


# -- from requests -------------------------------------------------------------------------------------


def of_request(request: Json, account: str, groups: Mapping[str, str]) -> list[Json]:
    """The rules, with descriptions, that a request means, in either of its forms; `groups` are the ids of the
    groups that it refers to by name. Raises InvalidParameterValue, MissingParameter."""
    given = request.get("IpPermissions") or _older(request)
    if not given:
        raise AwsError("MissingParameter", "Either 'ipPermissions' or 'ipProtocol' should be provided.")
    rules = [rule for permission in given for rule in _rules(permission, account, groups)]
    if len({same(rule) for rule in rules}) < len(rules):
        raise AwsError("InvalidParameterValue", "The same permission must not appear multiple times")
    return rules


def _older(request: Json) -> list[Json]:
    """One rule in the members of the request itself."""
    if "IpProtocol" not in request and "SourceSecurityGroupName" not in request:
        return []
    permission: Json = {name: request[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in request}
    permission.setdefault("IpProtocol", ALL)
    if "CidrIp" in request:
        permission["IpRanges"] = [{"CidrIp": request["CidrIp"]}]
    if "SourceSecurityGroupName" in request:
        permission["UserIdGroupPairs"] = [{"GroupName": request["SourceSecurityGroupName"]}]
    return [permission]


def _rules(permission: Json, account: str, groups: Mapping[str, str]) -> Iterator[Json]:
    traffic = of_traffic(permission)
    for member, listed, key in _PEERS:
        for element in permission.get(listed, ()):
            described = {"Description": element["Description"]} if element.get("Description") else {}
            if member == "ReferencedGroupInfo":
                named = element.get("GroupName", "")  # a name that nobody has is not found by that name
                group_id = element.get("GroupId") or groups.get(named, named)
                referred: Json = {"GroupId": group_id, "UserId": element.get("UserId", account)}
                yield {**traffic, member: referred, **described}
            else:
                yield {**traffic, member: canonical(member, element.get(key, "")), **described}


def of_traffic(given: Json, without_ports: str = _PORTS) -> Json:
    """Protocol and ports; `without_ports` is told where a protocol with ports has none. Raises
    InvalidParameterValue."""
    if "IpProtocol" not in given:
        message = "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."
        raise AwsError("InvalidParameterValue", message)
    protocol = _protocol(str(given["IpProtocol"]))
    first, last = given.get("FromPort", -1), given.get("ToPort", -1)
    if protocol in ("tcp", "udp"):
        if "FromPort" not in given or "ToPort" not in given:
            raise AwsError("InvalidParameterValue", without_ports)
        if not 0 <= first <= last <= 65535:
            raise AwsError("InvalidParameterValue", f"Invalid {protocol.upper()} port range.")
    elif protocol not in _NAMED:  # other protocols have no ports: AWS ignores those given
        first = last = -1
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last}


def _protocol(text: str) -> str:
    """Raises InvalidParameterValue."""
    name = _NUMBERS.get(text, text.lower())
    if name in _NAMED or name == ALL or (name.isdigit() and int(name) <= 255):
        return name
    raise AwsError("InvalidParameterValue", f"Invalid value '{text}' for IP protocol. Unknown protocol.")


def canonical(member: str, value: str) -> str:
    """A range without the bits of hosts. Raises InvalidParameterValue."""
    if member == "PrefixListId":
        return value
    network = cidr.parsed(value)
    if network is None or network.version != (4 if member == "CidrIpv4" else 6):
        raise AwsError("InvalidParameterValue", f"CIDR block {value} is malformed")
    return str(network)


# -- into results --------------------------------------------------------------------------------------


def shown(rules: Iterable[Json]) -> list[Json]:
    """Rules as IpPermissions: one for each protocol and range of ports."""
    found: dict[tuple[str, int, int], Json] = {}
    for rule in rules:
        key = (rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
        permission = found.get(key)
        if permission is None:
            permission = found[key] = _empty(*key)
        for member, listed, name in _PEERS:
            if member in rule:
                permission[listed].append(_element(rule, member, name))
    return list(found.values())


def _empty(protocol: str, first: int, last: int) -> Json:
    ports = {"FromPort": first, "ToPort": last} if protocol in _NAMED else {}
    return {"IpProtocol": protocol, **ports, **{listed: [] for _, listed, _ in _PEERS}}


def _element(rule: Json, member: str, name: str) -> Json:
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    value = rule[member]
    return {**(value if isinstance(value, dict) else {name: value}), **described}

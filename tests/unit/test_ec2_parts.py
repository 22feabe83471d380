"""EC2's pure parts: filters, address ranges, permissions and the rules they mean."""

from fnmatch import fnmatchcase
from ipaddress import IPv4Network
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.ec2 import SERVICE, cidr, filters, permissions
from penstock.services.ec2.kinds import BY_PREFIX

TEXT = st.text("ab*?\\.", max_size=6)


# -- filters -------------------------------------------------------------------------------------------


def matches(pattern: str, value: str) -> bool:
    found = filters.select([{"Name": value}], [{"Name": "name", "Values": [pattern]}], {"name": "Name"})
    return bool(found)


@given(TEXT)
def test_a_value_matches_itself_with_its_wildcards_escaped(value: str) -> None:
    escaped = "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in value)
    assert matches(escaped, value)
    assert not matches(escaped, value + "x")


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_wildcards_are_those_of_a_shell(pattern: str, value: str) -> None:
    assert matches(pattern, value) == fnmatchcase(value, pattern)


def test_lists_on_the_way_are_transparent() -> None:
    item = {"Routes": [{"Targets": [{"Port": 80}, {"Port": 443}]}, {}], "Open": True}
    assert list(filters.texts(item, ("Routes", "Targets", "Port"))) == ["80", "443"]
    assert list(filters.texts(item, ("Open",))) == ["true"]
    assert list(filters.texts(item, ("Closed", "Port"))) == []


# -- address ranges ------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_range_of_a_vpc_is_canonical_or_refused(number: int, length: int) -> None:
    text = f"{IPv4Network((number, 32)).network_address}/{length}"
    try:
        found = cidr.of_vpc(text)
    except AwsError as error:
        assert error.code == "InvalidVpc.Range"
        assert not 16 <= length <= 28
    else:
        assert IPv4Network(found) == IPv4Network(text, strict=False)


@pytest.mark.parametrize(
    "text", ["", "/", "10.0.0.0", "10.0.0.0/255.0.0.0", "10.0.0/8", "10.0.0.0/-1", "x/8", "10.0.0.0/33"]
)
def test_what_is_no_range(text: str) -> None:
    assert cidr.parsed(text) is None


@given(st.sets(st.integers(4, 14), max_size=10))
def test_the_lowest_address_that_is_free(taken: set[int]) -> None:
    found = cidr.free_address("10.0.0.0/28", [f"10.0.0.{number}" for number in taken])
    assert found == f"10.0.0.{min(set(range(4, 15)) - taken)}"


# -- permissions ---------------------------------------------------------------------------------------

RANGES = st.sets(st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32"]), min_size=1)
PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)


@given(st.sampled_from(["tcp", "udp"]), PORTS, RANGES)
def test_rules_are_shown_as_the_permission_they_came_from(protocol: str, ports: list[int], ranges: set[str]) -> None:
    listed = [{"CidrIp": block, "Description": f"from {block}"} for block in sorted(ranges)]
    permission: dict[str, Any] = {"IpProtocol": protocol, "FromPort": ports[0], "ToPort": ports[1], "IpRanges": listed}
    rules = permissions.of_request({"IpPermissions": [permission]}, "0", {})
    assert len(rules) == len(ranges)
    [shown] = permissions.shown(rules)
    assert {name: shown[name] for name in permission} == permission


@pytest.mark.parametrize(
    ("traffic", "shown"),
    [
        ({"IpProtocol": "6", "FromPort": 1, "ToPort": 2}, ("tcp", 1, 2)),
        ({"IpProtocol": "TCP", "FromPort": 1, "ToPort": 2}, ("tcp", 1, 2)),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, ("icmp", 8, -1)),
        ({"IpProtocol": "-1", "FromPort": 1, "ToPort": 2}, ("-1", -1, -1)),
        ({"IpProtocol": "50", "FromPort": 1, "ToPort": 2}, ("50", -1, -1)),
    ],
)
def test_protocols_and_ports(traffic: dict[str, Any], shown: tuple[str, int, int]) -> None:
    found = permissions.of_traffic(traffic)
    assert (found["IpProtocol"], found["FromPort"], found["ToPort"]) == shown


# -- tables --------------------------------------------------------------------------------------------


def test_ids_tell_the_kind() -> None:
    assert len({kind.type for kind in BY_PREFIX.values()}) == len(BY_PREFIX)
    assert all(kind.text.count("{}") == 1 for kind in BY_PREFIX.values())


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("DescribeVpcs", {"VpcIds": ["vpc-1"]}, "*"),
        ("DeleteVpc", {"VpcId": "vpc-1"}, "vpc/vpc-1"),
        ("CreateVpcEndpoint", {"VpcId": "vpc-1"}, "vpc-endpoint/*"),
        ("AuthorizeSecurityGroupIngress", {"GroupId": "sg-1"}, "security-group/sg-1"),
        ("CreateRoute", {"RouteTableId": "rtb-1"}, "route-table/rtb-1"),
        ("CreateTags", {"Resources": ["vpc-1"]}, "*"),
    ],
)
def test_the_resource_that_iam_is_asked_about(operation: str, request_: dict[str, Any], resource: str) -> None:
    where = SimpleNamespace(account="0", region="r")
    expected = resource if resource == "*" else f"arn:aws:ec2:r:0:{resource}"
    assert SERVICE.resource(where, operation, request_) == expected  # type: ignore[arg-type]

"""VpcConfig: a function in a VPC has an interface there, connects from it and resolves the VPC's private names."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime
from penstock.web.network import Network

SOURCE = """
import socket

def handler(event, context):
    try:
        found = socket.getaddrinfo(event["name"], 80, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
    except socket.gaierror:
        found = None
    return {"found": found}
"""


@pytest.fixture
def vpc(client: Callable[..., Any]) -> tuple[str, str, str]:
    """The ids of a VPC, a subnet and a security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="functions", Description="functions", VpcId=vpc)["GroupId"]
    return vpc, subnet, group


def test_the_configuration_names_the_vpc(functions: Any, vpc: tuple[str, str, str]) -> None:
    vpc_id, subnet, group = vpc
    function = functions.create(SOURCE, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]})
    assert function["VpcConfig"] == {
        "VpcId": vpc_id,
        "SubnetIds": [subnet],
        "SecurityGroupIds": [group],
        "Ipv6AllowedForDualStack": False,
    }


def test_a_private_name_resolves_in_its_vpc_only(
    penstock: TestRuntime, functions: Any, vpc: tuple[str, str, str], unique: str
) -> None:
    vpc_id, subnet, group = vpc
    network = penstock.runtime.kernel.shared(Network)
    zone = f"{unique}.local"
    network.zone(zone, lambda name, asker: ["127.0.0.9"] if asker == vpc_id else None)
    inside = functions.named(SOURCE, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]})
    outside = functions.named(SOURCE)
    answers = [functions.invoke(each, {"name": f"receiver.{zone}"})["found"] for each in (inside, outside)]
    assert answers == ["127.0.0.9", None]


def test_what_does_not_exist_is_refused(functions: Any, vpc: tuple[str, str, str]) -> None:
    _, subnet, group = vpc
    for config, missing in (
        ({"SubnetIds": ["subnet-0"], "SecurityGroupIds": [group]}, "DescribeSubnets"),
        ({"SubnetIds": [subnet], "SecurityGroupIds": ["sg-0"]}, "DescribeSecurityGroups"),
    ):
        with pytest.raises(ClientError, match=f"Error occurred while {missing}. EC2 Error Code: Invalid") as refused:
            functions.create(SOURCE, VpcConfig=config)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"

"""What a fresh account has in every region."""

import pytest


@pytest.fixture
def fresh(client, unique):
    """An account that nobody has used."""
    account = f"{int(unique.removeprefix('t-'), 16) % 10**12:012d}"
    return client("ec2", region="eu-west-1", account=account)


def test_the_default_vpc(fresh):
    [vpc] = fresh.describe_vpcs()["Vpcs"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) == ("172.31.0.0/16", True, "available")
    subnets = fresh.describe_subnets()["Subnets"]
    assert [(subnet["AvailabilityZone"], subnet["CidrBlock"]) for subnet in subnets] == [
        ("eu-west-1a", "172.31.0.0/20"),
        ("eu-west-1b", "172.31.16.0/20"),
        ("eu-west-1c", "172.31.32.0/20"),
    ]
    assert all(subnet["DefaultForAz"] and subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    [gateway] = fresh.describe_internet_gateways()["InternetGateways"]
    [table] = fresh.describe_route_tables()["RouteTables"]
    assert [route["GatewayId"] for route in table["Routes"]] == ["local", gateway["InternetGatewayId"]]
    [group] = fresh.describe_security_groups()["SecurityGroups"]
    assert (group["GroupName"], group["VpcId"]) == ("default", vpc["VpcId"])
    hostnames = fresh.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert hostnames["EnableDnsHostnames"]["Value"] is True


def test_it_stays_deleted_until_asked_for(fresh, error):
    [vpc] = fresh.describe_vpcs()["Vpcs"]
    already = ("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
    assert error(fresh.create_default_vpc) == already
    for subnet in fresh.describe_subnets()["Subnets"]:
        fresh.delete_subnet(SubnetId=subnet["SubnetId"])
    [gateway] = fresh.describe_internet_gateways()["InternetGateways"]
    fresh.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    fresh.delete_vpc(VpcId=vpc["VpcId"])
    assert fresh.describe_vpcs()["Vpcs"] == []
    assert error(fresh.create_security_group, GroupName="g", Description="d")[0] == "VPCIdNotSpecified"
    assert error(fresh.create_default_subnet, AvailabilityZone="eu-west-1a")[0] == "DefaultVpcDoesNotExist"
    assert fresh.create_default_vpc()["Vpc"]["IsDefault"] is True
    assert len(fresh.describe_subnets()["Subnets"]) == 3


def test_a_default_subnet_again(fresh, error):
    [found] = [one for one in fresh.describe_subnets()["Subnets"] if one["AvailabilityZone"] == "eu-west-1b"]
    code, _ = error(fresh.create_default_subnet, AvailabilityZone="eu-west-1b")
    assert code == "DefaultSubnetAlreadyExistsInAvailabilityZone"
    fresh.delete_subnet(SubnetId=found["SubnetId"])
    made = fresh.create_default_subnet(AvailabilityZone="eu-west-1b")["Subnet"]
    assert (made["CidrBlock"], made["DefaultForAz"]) == ("172.31.16.0/20", True)


def test_accounts_and_regions_are_apart(client, ec2, vpc, error):
    elsewhere = client("ec2", region="eu-west-1")
    assert error(elsewhere.describe_vpcs, VpcIds=[vpc])[0] == "InvalidVpcID.NotFound"

"""Subnets: create, describe, modify, delete."""

import re

import pytest


def test_create_subnet(ec2, vpc):
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]
    assert re.fullmatch("subnet-[0-9a-f]{17}", made["SubnetId"])
    assert made["SubnetArn"] == f"arn:aws:ec2:us-east-1:000000000000:subnet/{made['SubnetId']}"
    assert (made["AvailabilityZone"], made["AvailabilityZoneId"]) == ("us-east-1b", "use1-az2")
    assert (made["AvailableIpAddressCount"], made["State"]) == (251, "available")
    assert (made["MapPublicIpOnLaunch"], made["DefaultForAz"]) == (False, False)
    assert ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"] == [made]


@pytest.mark.parametrize("block", ["10.1.0.0/24", "10.0.0.0/15", "10.0.0.0/29"])
def test_outside_of_the_vpc(ec2, vpc, error, block):
    expected = ("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    assert error(ec2.create_subnet, VpcId=vpc, CidrBlock=block) == expected


def test_beside_its_siblings(ec2, vpc, subnet, error):
    expected = ("InvalidSubnet.Conflict", "The CIDR '10.0.1.128/25' conflicts with another subnet")
    assert error(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.128/25") == expected


def test_zones(ec2, vpc, error):
    by_id = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZoneId="use1-az3")["Subnet"]
    assert by_id["AvailabilityZone"] == "us-east-1c"
    assert error(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.5.0/24", AvailabilityZone="us-east-1z") == (
        "InvalidParameterValue",
        "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the "
        "following availability zones: us-east-1a, us-east-1b, us-east-1c.",
    )


def test_what_is_missing(ec2, vpc, error):
    assert error(ec2.create_subnet, CidrBlock="10.0.0.0/24") == (
        "MissingParameter",
        "The request must contain the parameter vpcId",
    )
    assert error(ec2.create_subnet, VpcId=vpc)[0] == "MissingParameter"
    assert error(ec2.create_subnet, VpcId="vpc-0123456789abcdef0", CidrBlock="x")[0] == "InvalidVpcID.NotFound"
    expected = ("InvalidSubnetID.NotFound", "The subnet ID 'subnet-0123456789abcdef0' does not exist")
    assert error(ec2.describe_subnets, SubnetIds=["subnet-0123456789abcdef0"]) == expected


def test_modify_subnet_attribute(ec2, subnet, error):
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2.modify_subnet_attribute(SubnetId=subnet, EnableResourceNameDnsARecordOnLaunch={"Value": True})
    ec2.modify_subnet_attribute(SubnetId=subnet, PrivateDnsHostnameTypeOnLaunch="resource-name")
    [found] = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert found["MapPublicIpOnLaunch"] is True
    assert found["PrivateDnsNameOptionsOnLaunch"] == {
        "HostnameType": "resource-name",
        "EnableResourceNameDnsARecord": True,
        "EnableResourceNameDnsAAAARecord": False,
    }
    assert error(ec2.modify_subnet_attribute, SubnetId=subnet)[0] == "InvalidParameterCombination"


def test_delete_subnet(ec2, vpc, subnet, error):
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.delete_subnet(SubnetId=subnet)
    assert error(ec2.delete_subnet, SubnetId=subnet)[0] == "InvalidSubnetID.NotFound"
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"] == []
    here = [{"Name": "association.subnet-id", "Values": [subnet]}]
    assert ec2.describe_network_acls(Filters=here)["NetworkAcls"] == []


def test_a_subnet_with_an_interface_stays(ec2, subnet, error):
    ec2.create_network_interface(SubnetId=subnet)
    expected = ("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    assert error(ec2.delete_subnet, SubnetId=subnet) == expected


def test_for_ipv6_alone(ec2, error):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    native = {"VpcId": vpc["VpcId"], "Ipv6Native": True}
    expected = "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided."
    assert error(ec2.create_subnet, **native, CidrBlock="10.0.0.0/24") == ("MissingParameter", expected)
    code, _ = error(ec2.create_subnet, **native, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=block)
    assert code == "InvalidParameterCombination"
    made = ec2.create_subnet(**native, Ipv6CidrBlock=block)["Subnet"]
    assert (made["Ipv6Native"], made["AssignIpv6AddressOnCreation"], "CidrBlock" in made) == (True, True, False)
    assert made["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"] == block
    assert ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24")["Subnet"]["Ipv6Native"] is False


def test_reservations(ec2, subnet, error):
    reserve = ec2.create_subnet_cidr_reservation
    made = reserve(SubnetId=subnet, Cidr="10.0.1.16/28", ReservationType="prefix")["SubnetCidrReservation"]
    assert (made["Cidr"], made["SubnetId"], made["ReservationType"]) == ("10.0.1.16/28", subnet, "prefix")
    expected = "Reservation CIDR 10.0.1.17/32 has overlap with existing reserved CIDR block"
    overlapping = error(reserve, SubnetId=subnet, Cidr="10.0.1.17/32", ReservationType="explicit")
    assert overlapping == ("InvalidParameterValue", expected)
    expected = "Reservation CIDR should be within subnet CIDR block (10.0.1.0/24)"
    outside = error(reserve, SubnetId=subnet, Cidr="10.0.2.0/28", ReservationType="prefix")
    assert outside == ("InvalidParameterValue", expected)
    found = ec2.get_subnet_cidr_reservations(SubnetId=subnet)
    assert (found["SubnetIpv4CidrReservations"], found["SubnetIpv6CidrReservations"]) == ([made], [])
    filters = [{"Name": "reservationType", "Values": ["explicit"]}]
    assert ec2.get_subnet_cidr_reservations(SubnetId=subnet, Filters=filters)["SubnetIpv4CidrReservations"] == []
    which = {"SubnetCidrReservationId": made["SubnetCidrReservationId"]}
    assert ec2.delete_subnet_cidr_reservation(**which)["DeletedSubnetCidrReservation"] == made
    assert error(ec2.delete_subnet_cidr_reservation, **which)[0] == "InvalidSubnetCidrReservationID.NotFound"

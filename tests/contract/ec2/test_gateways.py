"""Internet gateways, NAT gateways and elastic IPs."""

import pytest


@pytest.fixture
def gateway(ec2):
    return ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]


@pytest.fixture
def address(ec2):
    return ec2.allocate_address(Domain="vpc")


def test_attach_and_detach(ec2, vpc, gateway, error):
    [found] = ec2.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"]
    assert (found["Attachments"], found["Tags"]) == ([], [])
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    filters = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    [found] = ec2.describe_internet_gateways(Filters=filters)["InternetGateways"]
    assert found["Attachments"] == [{"State": "available", "VpcId": vpc}]
    assert error(ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == (
        "Resource.AlreadyAssociated",
        f"resource {gateway} is already attached to network {vpc}",
    )
    expected = ("DependencyViolation", f"The internetGateway '{gateway}' has dependencies and cannot be deleted.")
    assert error(ec2.delete_internet_gateway, InternetGatewayId=gateway) == expected
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert error(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == (
        "Gateway.NotAttached",
        f"resource {gateway} is not attached to network {vpc}",
    )
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    assert error(ec2.describe_internet_gateways, InternetGatewayIds=[gateway]) == (
        "InvalidInternetGatewayID.NotFound",
        f"The internetGateway ID '{gateway}' does not exist",
    )


def test_a_vpc_has_one_internet_gateway(ec2, vpc, gateway, error):
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    expected = ("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")
    assert error(ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=vpc) == expected


def test_egress_only_gateways(ec2, vpc, error):
    made = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    assert made["Attachments"] == [{"State": "attached", "VpcId": vpc}]
    which = made["EgressOnlyInternetGatewayId"]
    found = ec2.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=[which])
    assert found["EgressOnlyInternetGateways"] == [made]
    assert ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=which)["ReturnCode"] is True
    code, _ = error(ec2.delete_egress_only_internet_gateway, EgressOnlyInternetGatewayId=which)
    assert code == "InvalidGatewayID.NotFound"


def test_addresses(ec2, address, error):
    assert address["AllocationId"].startswith("eipalloc-")
    [found] = ec2.describe_addresses(PublicIps=[address["PublicIp"]])["Addresses"]
    assert (found["AllocationId"], found["Domain"]) == (address["AllocationId"], "vpc")
    ec2.release_address(AllocationId=address["AllocationId"])
    assert error(ec2.release_address, AllocationId=address["AllocationId"]) == (
        "InvalidAllocationID.NotFound",
        f"The allocation ID '{address['AllocationId']}' does not exist",
    )
    expected = ("InvalidAddress.NotFound", f"Address '{address['PublicIp']}' not found.")
    assert error(ec2.describe_addresses, PublicIps=[address["PublicIp"]]) == expected


def test_addresses_of_interfaces(ec2, subnet, address, error):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    which = {"AllocationId": address["AllocationId"], "NetworkInterfaceId": interface}
    association = ec2.associate_address(**which)["AssociationId"]
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert found["Association"]["PublicIp"] == address["PublicIp"]
    expected = f"resource {address['AllocationId']} is already associated with associate-id {association}"
    refused = error(ec2.associate_address, **which, AllowReassociation=False)
    assert refused == ("Resource.AlreadyAssociated", expected)
    expected = ("InvalidIPAddress.InUse", f"Address {address['PublicIp']} is in use.")
    assert error(ec2.release_address, AllocationId=address["AllocationId"]) == expected
    ec2.disassociate_address(AssociationId=association)
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert "Association" not in found
    ec2.release_address(AllocationId=address["AllocationId"])


def test_an_address_moves_to_the_interface_that_asks_last(ec2, subnet, address):
    first, second = (ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"] for _ in range(2))
    for interface in (first, second):
        ec2.associate_address(PublicIp=address["PublicIp"], NetworkInterfaceId=interface["NetworkInterfaceId"])
    [found] = ec2.describe_addresses(PublicIps=[address["PublicIp"]])["Addresses"]
    assert found["NetworkInterfaceId"] == second["NetworkInterfaceId"]
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[first["NetworkInterfaceId"]])
    assert "Association" not in found["NetworkInterfaces"][0]


def test_gateways_that_are_not_there(ec2, vpc, error):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    expected = ("Gateway.NotAttached", f"resource {gateway} is not attached to network vpc-0123456789abcdef0")
    assert error(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId="vpc-0123456789abcdef0") == expected
    unknown = ec2.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=["eigw-0123456789abcdef0"])
    assert unknown["EgressOnlyInternetGateways"] == []


def test_nat_gateways(ec2, penstock, vpc, subnet, address, error):
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": "out"}]}]
    request = {"SubnetId": subnet, "AllocationId": address["AllocationId"]}
    made = ec2.create_nat_gateway(**request, TagSpecifications=tags)["NatGateway"]
    nat = made["NatGatewayId"]
    assert (made["State"], made["ConnectivityType"], made["VpcId"]) == ("pending", "public", vpc)
    assert made["NatGatewayAddresses"][0]["PrivateIp"] == "10.0.1.4"
    assert made["NatGatewayAddresses"][0]["PublicIp"] == address["PublicIp"]
    assert error(ec2.create_nat_gateway, **request) == (
        "Resource.AlreadyAssociated",
        f"Elastic IP address [{address['AllocationId']}] is already associated",
    )
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "state", "Values": ["available"]}]
    assert [one["NatGatewayId"] for one in ec2.describe_nat_gateways(Filters=filters)["NatGateways"]] == [nat]
    assert error(ec2.delete_subnet, SubnetId=subnet)[0] == "DependencyViolation"

    assert ec2.delete_nat_gateway(NatGatewayId=nat)["NatGatewayId"] == nat
    assert ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "deleted"
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]["State"] == "blackhole"
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=subnet)
    penstock.advance(3700)
    assert error(ec2.describe_nat_gateways, NatGatewayIds=[nat]) == (
        "NatGatewayNotFound",
        f"The Nat Gateway {nat} was not found",
    )


def test_what_a_nat_gateway_needs(ec2, subnet, error):
    code, message = error(ec2.create_nat_gateway, SubnetId=subnet)
    assert (code, message.split(".")[0]) == (
        "MissingParameter",
        "The request must include the AllocationId parameter",
    )
    private = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    assert "PublicIp" not in private["NatGatewayAddresses"][0]

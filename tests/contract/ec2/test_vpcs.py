"""VPCs: create, describe, modify, delete."""

import re

import pytest


def only(ec2, vpc):
    [found] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return found


def of_vpc(vpc):
    return [{"Name": "vpc-id", "Values": [vpc]}]


def test_create_vpc(ec2):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}]}]
    made = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tags)["Vpc"]
    assert re.fullmatch("vpc-[0-9a-f]{17}", made["VpcId"])
    assert (made["State"], made["CidrBlock"], made["IsDefault"]) == ("pending", "10.1.0.0/16", False)
    assert made["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}
    assert made["Tags"] == tags[0]["Tags"]
    assert only(ec2, made["VpcId"]) == {**made, "State": "available"}


def test_a_vpc_is_born_with_group_route_table_and_acl(ec2, vpc):
    [group] = ec2.describe_security_groups(Filters=of_vpc(vpc))["SecurityGroups"]
    assert (group["GroupName"], group["Description"]) == ("default", "default VPC security group")
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [{"UserId": "000000000000", "GroupId": group["GroupId"]}]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    [table] = ec2.describe_route_tables(Filters=of_vpc(vpc))["RouteTables"]
    assert table["Associations"][0]["Main"] is True
    [route] = table["Routes"]
    assert (route["DestinationCidrBlock"], route["GatewayId"], route["Origin"]) == (
        "10.0.0.0/16",
        "local",
        "CreateRouteTable",
    )
    [acl] = ec2.describe_network_acls(Filters=of_vpc(vpc))["NetworkAcls"]
    assert acl["IsDefault"] is True
    assert [(entry["Egress"], entry["RuleNumber"], entry["RuleAction"]) for entry in acl["Entries"]] == [
        (True, 100, "allow"),
        (True, 32767, "deny"),
        (False, 100, "allow"),
        (False, 32767, "deny"),
    ]


@pytest.mark.parametrize(
    ("block", "code", "message"),
    [
        ("10.0.0.0/15", "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        (
            "10.0.0.0",
            "InvalidParameterValue",
            "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            "10.0.300.0/16",
            "InvalidParameterValue",
            "Value (10.0.300.0/16) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
    ],
)
def test_ranges_that_are_refused(ec2, error, block, code, message):
    assert error(ec2.create_vpc, CidrBlock=block) == (code, message)


def test_a_range_is_made_canonical(ec2):
    assert ec2.create_vpc(CidrBlock="10.9.3.18/18")["Vpc"]["CidrBlock"] == "10.9.0.0/18"


def test_a_range_is_needed(ec2, error):
    assert error(ec2.create_vpc)[0] == "MissingParameter"
    assert error(ec2.create_vpc, CidrBlock="10.0.0.0/16", Ipv6Pool="p")[0] == "NotImplemented"


def test_an_unknown_vpc(ec2, error):
    expected = ("InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000000000000' does not exist")
    assert error(ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"]) == expected
    assert error(ec2.delete_vpc, VpcId="vpc-00000000000000000") == expected


def test_delete_takes_what_it_was_born_with(ec2, vpc, error):
    ec2.delete_vpc(VpcId=vpc)
    assert error(ec2.describe_vpcs, VpcIds=[vpc])[0] == "InvalidVpcID.NotFound"
    assert ec2.describe_security_groups(Filters=of_vpc(vpc))["SecurityGroups"] == []
    assert ec2.describe_route_tables(Filters=of_vpc(vpc))["RouteTables"] == []
    assert ec2.describe_network_acls(Filters=of_vpc(vpc))["NetworkAcls"] == []


@pytest.mark.parametrize("dependant", ["subnet", "group", "gateway", "table"])
def test_delete_is_refused_while_something_depends(ec2, vpc, error, dependant):
    if dependant == "subnet":
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    elif dependant == "group":
        ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)
    elif dependant == "table":
        ec2.create_route_table(VpcId=vpc)
    else:
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    expected = ("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    assert error(ec2.delete_vpc, VpcId=vpc) == expected


def test_attributes(ec2, vpc, error):
    def value(attribute):
        found = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        return found[attribute[0].upper() + attribute[1:]]["Value"]

    assert (value("enableDnsSupport"), value("enableDnsHostnames")) == (True, False)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert (value("enableDnsSupport"), value("enableDnsHostnames")) == (False, True)
    both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
    assert error(ec2.modify_vpc_attribute, VpcId=vpc, **both)[0] == "InvalidParameterCombination"
    expected = ("InvalidParameterValue", "Value (enableMagic) for parameter attribute is invalid.")
    assert error(ec2.describe_vpc_attribute, VpcId=vpc, Attribute="enableMagic") == expected


def test_further_ranges(ec2, vpc, error):
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"] == {"State": "associating"}
    assert [one["CidrBlock"] for one in only(ec2, vpc)["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.2.0/24")["Subnet"]["CidrBlock"] == "10.1.2.0/24"
    [table] = ec2.describe_route_tables(Filters=of_vpc(vpc))["RouteTables"]
    assert [route["DestinationCidrBlock"] for route in table["Routes"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert error(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.1.3.0/24")[0] == "InvalidVpc.Range"

    primary = only(ec2, vpc)["CidrBlockAssociationSet"][0]["AssociationId"]
    assert error(ec2.disassociate_vpc_cidr_block, AssociationId=primary)[0] == "OperationNotPermitted"
    ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    assert len(only(ec2, vpc)["CidrBlockAssociationSet"]) == 1


def test_ipv6(ec2, error):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    assert block.endswith("/56")
    inside = block.replace("/56", "/64")
    made = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24", Ipv6CidrBlock=inside)["Subnet"]
    [association] = made["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlock"] == inside
    again = {"VpcId": vpc["VpcId"], "CidrBlock": "10.0.1.0/24", "Ipv6CidrBlock": inside}
    assert error(ec2.create_subnet, **again)[0] == "InvalidSubnet.Conflict"
    ec2.disassociate_subnet_cidr_block(AssociationId=association["AssociationId"])
    ec2.associate_subnet_cidr_block(SubnetId=made["SubnetId"], Ipv6CidrBlock=inside)
    outside = "2600:1f00::/64"
    code, _ = error(ec2.associate_subnet_cidr_block, SubnetId=made["SubnetId"], Ipv6CidrBlock=outside)
    assert code == "InvalidSubnet.Range"


def test_dhcp_options(ec2, vpc, error):
    [default] = ec2.describe_dhcp_options(DhcpOptionsIds=[only(ec2, vpc)["DhcpOptionsId"]])["DhcpOptions"]
    values = {one["Key"]: one["Values"][0]["Value"] for one in default["DhcpConfigurations"]}
    assert values == {"domain-name": "ec2.internal", "domain-name-servers": "AmazonProvidedDNS"}
    given = [{"Key": "domain-name", "Values": ["example.com"]}]
    made = ec2.create_dhcp_options(DhcpConfigurations=given)["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=vpc)
    assert only(ec2, vpc)["DhcpOptionsId"] == made
    assert error(ec2.delete_dhcp_options, DhcpOptionsId=made)[0] == "DependencyViolation"
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=made)
    assert error(ec2.associate_dhcp_options, DhcpOptionsId=made, VpcId=vpc) == (
        "InvalidDhcpOptionID.NotFound",
        f"The dhcpOption ID '{made}' does not exist",
    )


def test_five_ranges_and_no_more(ec2, vpc, error):
    for number in range(1, 5):
        ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=f"10.{number}.0.0/16")
    expected = ("CidrLimitExceeded", f"This network {vpc} has met its maximum number of allowed CIDRs: 5")
    assert error(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.9.0.0/16") == expected


def test_modify_vpc_tenancy(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="dedicated")["Vpc"]["VpcId"]
    assert ec2.modify_vpc_tenancy(VpcId=vpc, InstanceTenancy="default")["ReturnValue"] is True
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["InstanceTenancy"] == "default"


def test_dhcp_options_that_are_refused(ec2, error):
    for key, values in (("ntp-servers", ["10.0.0.1"] * 5), ("netbios-node-type", ["3"]), ("colour", ["red"])):
        code, _ = error(ec2.create_dhcp_options, DhcpConfigurations=[{"Key": key, "Values": values}])
        assert code == "InvalidParameterValue"
    code, _ = error(ec2.delete_dhcp_options, DhcpOptionsId="options")
    assert code == "InvalidDhcpOptionsId.Malformed"

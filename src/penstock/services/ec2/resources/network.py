"""CloudFormation types of the networks themselves: VPCs, subnets, their further address ranges, DHCP options.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from penstock.services.ec2 import cidr
from penstock.services.ec2.kinds import DHCP_OPTIONS, SUBNET, VPC
from penstock.services.ec2.resources.common import changed, item_type, tag_specifications
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_NAMES = "names resolve by the runtime's own network"


# -- VPC -----------------------------------------------------------------------------------------------


async def _modify_vpc(rc: ResourceContext, vpc_id: str, before: Properties, after: Properties) -> None:
    for name, initially in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
        if changed(name, before, after):
            request = {"VpcId": vpc_id, name: {"Value": after.get(name, initially)}}
            await rc.call("ec2", "ModifyVpcAttribute", request)


async def _of_vpc(rc: ResourceContext, vpc: Json) -> Json:
    """What a VPC was born with."""
    mine = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    acls = await rc.call("ec2", "DescribeNetworkAcls", {"Filters": [mine, {"Name": "default", "Values": ["true"]}]})
    groups = await rc.call(
        "ec2", "DescribeSecurityGroups", {"Filters": [mine, {"Name": "group-name", "Values": ["default"]}]}
    )
    # A subnet asks for the block that an AWS::EC2::VPCCidrBlock brings later: it is made from the VPC's id.
    given = [one["Ipv6CidrBlock"] for one in vpc["Ipv6CidrBlockAssociationSet"]]
    return {
        "CidrBlockAssociations": [one["AssociationId"] for one in vpc["CidrBlockAssociationSet"]],
        "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
        "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
        "Ipv6CidrBlocks": given or [cidr.provided_ipv6(vpc["VpcId"][-6:])],
    }


_VPC = item_type(
    "AWS::EC2::VPC",
    VPC,
    create="CreateVpc",
    result="Vpc",
    describe="DescribeVpcs",
    delete="DeleteVpc",
    attributes={"CidrBlock": "CidrBlock", "VpcId": "VpcId"},
    more=_of_vpc,
    modify=_modify_vpc,
    properties={"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy"},
    replace_on={"CidrBlock", "InstanceTenancy"},
)


# -- subnet --------------------------------------------------------------------------------------------

_SUBNET_ATTRIBUTES = ("AssignIpv6AddressOnCreation", "EnableDns64", "MapPublicIpOnLaunch")
_NAME_OPTIONS = {
    "EnableResourceNameDnsAAAARecord": "EnableResourceNameDnsAAAARecordOnLaunch",
    "EnableResourceNameDnsARecord": "EnableResourceNameDnsARecordOnLaunch",
    "HostnameType": "PrivateDnsHostnameTypeOnLaunch",
}


async def _modify_subnet(rc: ResourceContext, subnet_id: str, before: Properties, after: Properties) -> None:
    for name in _SUBNET_ATTRIBUTES:
        if changed(name, before, after):
            request = {"SubnetId": subnet_id, name: {"Value": after.get(name, False)}}
            await rc.call("ec2", "ModifySubnetAttribute", request)
    options = after.get("PrivateDnsNameOptionsOnLaunch") or {}
    for name, value in options.items():
        given = value if name == "HostnameType" else {"Value": value}
        await rc.call("ec2", "ModifySubnetAttribute", {"SubnetId": subnet_id, _NAME_OPTIONS[name]: given})


async def _of_subnet(rc: ResourceContext, subnet: Json) -> Json:
    filters = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    [acl] = (await rc.call("ec2", "DescribeNetworkAcls", {"Filters": filters}))["NetworkAcls"]
    [association] = [
        one["NetworkAclAssociationId"] for one in acl["Associations"] if one["SubnetId"] == subnet["SubnetId"]
    ]
    return {
        "Ipv6CidrBlocks": [one["Ipv6CidrBlock"] for one in subnet["Ipv6CidrBlockAssociationSet"]],
        "NetworkAclAssociationId": association,
    }


_SUBNET = item_type(
    "AWS::EC2::Subnet",
    SUBNET,
    create="CreateSubnet",
    result="Subnet",
    describe="DescribeSubnets",
    delete="DeleteSubnet",
    attributes={
        "AvailabilityZone": "AvailabilityZone",
        "AvailabilityZoneId": "AvailabilityZoneId",
        "CidrBlock": "CidrBlock",
        "SubnetId": "SubnetId",
        "VpcId": "VpcId",
    },
    more=_of_subnet,
    modify=_modify_subnet,
    properties={
        "AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "Ipv6CidrBlock", "PrivateDnsNameOptionsOnLaunch",
        "VpcId", *_SUBNET_ATTRIBUTES,
    },
    replace_on={"AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "Ipv6CidrBlock", "VpcId"},
)  # fmt: skip


# -- further address ranges ----------------------------------------------------------------------------


def _range_type(name: str, noun: str, owner: str, properties: set[str]) -> ResourceType:
    """`noun` is Vpc or Subnet, `owner` the property that names it."""

    async def create(rc: ResourceContext, given: Properties) -> Resource:
        made = await rc.call("ec2", f"Associate{noun}CidrBlock", given)
        association = made.get("CidrBlockAssociation") or made["Ipv6CidrBlockAssociation"]
        association_id = association["AssociationId"]
        shown = {key: association[key] for key in ("Ipv6CidrBlock",) if key in association}
        return Resource(association_id, {"Id": association_id, **shown})

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call("ec2", f"Disassociate{noun}CidrBlock", {"AssociationId": resource.physical_id})

    return ResourceType(name=name, create=create, delete=delete, properties=frozenset(properties | {owner}))


# -- DHCP options --------------------------------------------------------------------------------------

# Property -> the option's name on the wire.
_OPTIONS = {
    "DomainName": "domain-name",
    "DomainNameServers": "domain-name-servers",
    "Ipv6AddressPreferredLeaseTime": "ipv6-address-preferred-lease-time",
    "NetbiosNameServers": "netbios-name-servers",
    "NetbiosNodeType": "netbios-node-type",
    "NtpServers": "ntp-servers",
}


async def _create_options(rc: ResourceContext, given: Properties) -> Resource:
    configurations = [
        {"Key": key, "Values": given[name] if isinstance(given[name], list) else [given[name]]}
        for name, key in _OPTIONS.items()
        if name in given
    ]
    tags = tag_specifications(rc, given, DHCP_OPTIONS)
    request = {"DhcpConfigurations": configurations, "TagSpecifications": tags}
    options_id = (await rc.call("ec2", "CreateDhcpOptions", request))["DhcpOptions"]["DhcpOptionsId"]
    return Resource(options_id, {"DhcpOptionsId": options_id})


async def _delete_options(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteDhcpOptions", {"DhcpOptionsId": resource.physical_id})


async def _use_options(rc: ResourceContext, given: Properties) -> Resource:
    await rc.call("ec2", "AssociateDhcpOptions", given)
    return Resource(f"{given['DhcpOptionsId']}|{given['VpcId']}")


async def _forget_options(rc: ResourceContext, resource: Resource) -> None:
    request = {"VpcId": resource.properties["VpcId"], "DhcpOptionsId": "default"}
    await rc.call("ec2", "AssociateDhcpOptions", request)


TABLE = (
    _VPC,
    _SUBNET,
    _range_type("AWS::EC2::VPCCidrBlock", "Vpc", "VpcId", {"AmazonProvidedIpv6CidrBlock", "CidrBlock"}),
    _range_type("AWS::EC2::SubnetCidrBlock", "Subnet", "SubnetId", {"Ipv6CidrBlock"}),
    ResourceType(
        name="AWS::EC2::DHCPOptions",
        create=_create_options,
        delete=_delete_options,
        properties=frozenset({"Tags", *_OPTIONS}),
    ),
    ResourceType(
        name="AWS::EC2::VPCDHCPOptionsAssociation",
        create=_use_options,
        delete=_forget_options,
        properties=frozenset({"VpcId"}),
        inert={"DhcpOptionsId": _NAMES},
    ),
)

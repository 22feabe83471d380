"""VPCs, their address ranges and attributes.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html and its siblings.
"""

from typing import Any

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items, network_acls, route_tables, security_groups
from penstock.services.ec2.kinds import (
    DHCP_OPTIONS,
    INTERNET_GATEWAY,
    NETWORK_ACL,
    NETWORK_INTERFACE,
    ROUTE_TABLE,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    VPC_ENDPOINT,
    Kind,
)
from penstock.wire.model import Json

_MOST_BLOCKS = 5
# Attribute -> (the member it is kept in, its value in a new VPC that is not the default one)
_ATTRIBUTES = {
    "EnableDnsSupport": ("_EnableDnsSupport", True),
    "EnableDnsHostnames": ("_EnableDnsHostnames", False),
    "EnableNetworkAddressUsageMetrics": ("_EnableNetworkAddressUsageMetrics", False),
}


def create_vpc(ctx: Context, request: Json) -> Json:
    if "CidrBlock" not in request:
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    vpc = make(ctx, request, cidr.of_vpc(request["CidrBlock"]))
    if request.get("AmazonProvidedIpv6CidrBlock"):
        vpc["Ipv6CidrBlockAssociationSet"].append(_ipv6_block(ctx, vpc))
        items.put(ctx, VPC, vpc)
    return {"Vpc": vpc | {"State": "pending"}}


def make(ctx: Context, request: Json, block: str, default: bool = False, vpc_id: str | None = None) -> Json:
    """A VPC with what it is born with: security group, route table and network ACL."""
    vpc = items.add(
        ctx,
        VPC,
        request,
        {
            "CidrBlock": block,
            "CidrBlockAssociationSet": [_block(block)],
            "DhcpOptionsId": items.every(ctx, DHCP_OPTIONS, _Default=True)[0]["DhcpOptionsId"],
            "InstanceTenancy": request.get("InstanceTenancy", "default"),
            "Ipv6CidrBlockAssociationSet": [],
            "IsDefault": default,
            "OwnerId": ctx.account,
            "State": "available",
            "VpcId": vpc_id or items.new_id(VPC),
            "_EnableDnsHostnames": default,
        },
    )
    route_tables.make(ctx, {}, vpc, main=True)
    network_acls.make(ctx, {}, vpc["VpcId"], default=True)
    security_groups.make_default(ctx, vpc["VpcId"])
    return vpc


def _block(block: str) -> Json:
    return {
        "AssociationId": f"vpc-cidr-assoc-{ids.hex_id(17)}",
        "CidrBlock": block,
        "CidrBlockState": {"State": "associated"},
    }


def _ipv6_block(ctx: Context, vpc: Json) -> Json:
    digits = ids.hex_id(6) if vpc["Ipv6CidrBlockAssociationSet"] else vpc["VpcId"][-6:]
    return {
        "AssociationId": f"vpc-cidr-assoc-{ids.hex_id(17)}",
        "Ipv6CidrBlock": cidr.provided_ipv6(digits),
        "Ipv6CidrBlockState": {"State": "associated"},
        "Ipv6Pool": "Amazon",
        "NetworkBorderGroup": ctx.region,
    }


def describe_vpcs(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, VPC, request)


# -- delete ------------------------------------------------------------------------------------------

# What keeps a VPC: (kind, the member that tells what a VPC has by itself and its value then)
_DEPENDANTS: tuple[tuple[Kind, str, Any], ...] = (
    (SUBNET, "", None),
    (SECURITY_GROUP, "GroupName", "default"),
    (ROUTE_TABLE, "_Main", True),
    (NETWORK_ACL, "IsDefault", True),
    (NETWORK_INTERFACE, "", None),
    (VPC_ENDPOINT, "", None),
)


def delete_vpc(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    vpc_id = vpc["VpcId"]
    attached = [
        gateway
        for gateway in items.every(ctx, INTERNET_GATEWAY)
        if any(attachment["VpcId"] == vpc_id for attachment in gateway["Attachments"])
    ]
    if attached or any(
        item.get(own) != value if own else True
        for kind, own, value in _DEPENDANTS
        for item in items.every(ctx, kind, VpcId=vpc_id)
    ):
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    for kind in (SECURITY_GROUP, ROUTE_TABLE, NETWORK_ACL):
        for item in items.every(ctx, kind, VpcId=vpc_id):
            items.remove(ctx, kind, item)
    items.remove(ctx, VPC, vpc)
    return {}


# -- attributes --------------------------------------------------------------------------------------


def modify_vpc_attribute(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    given = [name for name in _ATTRIBUTES if name in request]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
    vpc[_ATTRIBUTES[given[0]][0]] = request[given[0]]["Value"]
    items.put(ctx, VPC, vpc)
    return {}


def describe_vpc_attribute(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    name = request["Attribute"][0].upper() + request["Attribute"][1:]
    return {"VpcId": vpc["VpcId"], name: {"Value": attribute(vpc, name)}}


def attribute(vpc: Json, name: str) -> bool:
    key, initially = _ATTRIBUTES[name]
    return bool(vpc.get(key, initially))


def modify_vpc_tenancy(ctx: Context, request: Json) -> Json:
    """The only way is from dedicated to default, as the model says."""
    vpc = items.get(ctx, VPC, request["VpcId"])
    items.put(ctx, VPC, vpc | {"InstanceTenancy": request["InstanceTenancy"]})
    return {"ReturnValue": True}


# -- further address ranges ----------------------------------------------------------------------------


def associate_vpc_cidr_block(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    if request.get("AmazonProvidedIpv6CidrBlock"):
        member, shown, made = "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlockAssociation", _ipv6_block(ctx, vpc)
    else:
        member, shown, made = "CidrBlockAssociationSet", "CidrBlockAssociation", _further(vpc, request)
    if len(vpc[member]) >= _MOST_BLOCKS:
        message = f"This network {vpc['VpcId']} has met its maximum number of allowed CIDRs: {_MOST_BLOCKS}"
        raise AwsError("CidrLimitExceeded", message)
    vpc[member].append(made)
    items.put(ctx, VPC, vpc)
    route_tables.localize(ctx, vpc)
    state = shown.replace("Association", "State")
    return {"VpcId": vpc["VpcId"], shown: made | {state: {"State": "associating"}}}


def _further(vpc: Json, request: Json) -> Json:
    """Raises InvalidVpc.Range, InvalidParameterValue, MissingParameter."""
    if "CidrBlock" not in request:
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    block, known = cidr.of_vpc(request["CidrBlock"]), [one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"]]
    if any(cidr.ipv4(block).overlaps(cidr.ipv4(other)) for other in known):
        raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' conflicts with another CIDR of the VPC.")
    return _block(block)


def disassociate_vpc_cidr_block(ctx: Context, request: Json) -> Json:
    wanted = request["AssociationId"]
    for vpc in items.every(ctx, VPC):
        for member in ("CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet"):
            for index, association in enumerate(vpc[member]):
                if association["AssociationId"] == wanted:
                    return _disassociated(ctx, vpc, member, index)
    message = f"The vpc CIDR block association ID '{wanted}' does not exist"
    raise AwsError("InvalidVpcCidrBlockAssociationID.NotFound", message)


def _disassociated(ctx: Context, vpc: Json, member: str, index: int) -> Json:
    association = vpc[member].pop(index)
    if association.get("CidrBlock") == vpc["CidrBlock"]:
        message = (
            f"The vpc CIDR block with association ID {association['AssociationId']} may not be disassociated. It is "
            "the primary IPv4 CIDR block of the VPC"
        )
        raise AwsError("OperationNotPermitted", message)
    items.put(ctx, VPC, vpc)
    route_tables.localize(ctx, vpc)
    shown = member.removesuffix("Set")
    association[shown.replace("Association", "State")] = {"State": "disassociating"}
    return {"VpcId": vpc["VpcId"], shown: association}

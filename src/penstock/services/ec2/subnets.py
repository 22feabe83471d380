"""Subnets.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items, network_acls, route_tables, subnet_reservations, zones
from penstock.services.ec2.kinds import NETWORK_INTERFACE, SUBNET, VPC
from penstock.wire.model import Json

# What ModifySubnetAttribute sets: attribute -> where it stands.
_ATTRIBUTES = {
    "AssignIpv6AddressOnCreation": ("AssignIpv6AddressOnCreation",),
    "EnableDns64": ("EnableDns64",),
    "EnableResourceNameDnsAAAARecordOnLaunch": ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsAAAARecord"),
    "EnableResourceNameDnsARecordOnLaunch": ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsARecord"),
    "MapPublicIpOnLaunch": ("MapPublicIpOnLaunch",),
    "PrivateDnsHostnameTypeOnLaunch": ("PrivateDnsNameOptionsOnLaunch", "HostnameType"),
}


def create_subnet(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    _check_blocks(request)
    subnet = make(ctx, request, vpc, request.get("CidrBlock"), zones.chosen(ctx.region, request))
    if "Ipv6CidrBlock" in request:
        _add_ipv6(ctx, subnet, request["Ipv6CidrBlock"])
    return {"Subnet": subnet}


def _check_blocks(request: Json) -> None:
    """Raises MissingParameter, InvalidParameterCombination."""
    if request.get("Ipv6Native"):
        if "Ipv6CidrBlock" not in request:
            raise AwsError("MissingParameter", "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
        if "CidrBlock" in request:
            message = "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native to true."
            raise AwsError("InvalidParameterCombination", message)
    elif "CidrBlock" not in request:
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")


def make(
    ctx: Context,
    request: Json,
    vpc: Json,
    block: str | None,
    zone: str,
    default: bool = False,
    subnet_id: str | None = None,
) -> Json:
    """A subnet; one for IPv6 alone has no `block`. Raises InvalidSubnet.Range, InvalidSubnet.Conflict."""
    subnet_id = subnet_id or items.new_id(SUBNET)
    members = {
        **(_ipv4(ctx, vpc, block) if block else {"AvailableIpAddressCount": 0}),
        "AssignIpv6AddressOnCreation": block is None,
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zones.zone_id(zone),
        "DefaultForAz": default,
        "EnableDns64": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": block is None,
        "MapCustomerOwnedIpOnLaunch": False,
        "MapPublicIpOnLaunch": default,
        "OwnerId": ctx.account,
        "PrivateDnsNameOptionsOnLaunch": {
            "EnableResourceNameDnsAAAARecord": False,
            "EnableResourceNameDnsARecord": False,
            "HostnameType": "ip-name" if block else "resource-name",
        },
        "State": "available",
        "SubnetArn": items.arn(ctx, SUBNET, subnet_id),
        "SubnetId": subnet_id,
        "VpcId": vpc["VpcId"],
    }
    subnet = items.add(ctx, SUBNET, request, members)
    network_acls.welcome_subnet(ctx, subnet)
    return subnet


def _ipv4(ctx: Context, vpc: Json, block: str) -> Json:
    siblings = [one["CidrBlock"] for one in items.every(ctx, SUBNET, VpcId=vpc["VpcId"]) if "CidrBlock" in one]
    network = cidr.of_subnet(block, [one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"]], siblings)
    return {"AvailableIpAddressCount": network.num_addresses - cidr.RESERVED, "CidrBlock": str(network)}


def describe_subnets(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, SUBNET, request)


def delete_subnet(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    if items.every(ctx, NETWORK_INTERFACE, SubnetId=subnet["SubnetId"]):
        message = f"The subnet '{subnet['SubnetId']}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    route_tables.forget_subnet(ctx, subnet)
    network_acls.forget_subnet(ctx, subnet)
    subnet_reservations.forget_subnet(ctx, subnet)
    items.remove(ctx, SUBNET, subnet)
    return {}


def modify_subnet_attribute(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    given = [name for name in _ATTRIBUTES if name in request]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
    value, node = request[given[0]], subnet
    *path, last = _ATTRIBUTES[given[0]]
    for part in path:
        node = node[part]
    node[last] = value["Value"] if isinstance(value, dict) else value
    items.put(ctx, SUBNET, subnet)
    return {}


# -- IPv6 ----------------------------------------------------------------------------------------------


def associate_subnet_cidr_block(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    if "Ipv6CidrBlock" not in request:
        raise AwsError("MissingParameter", "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
    made = _add_ipv6(ctx, subnet, request["Ipv6CidrBlock"])
    shown = made | {"Ipv6CidrBlockState": {"State": "associating"}}
    return {"SubnetId": subnet["SubnetId"], "Ipv6CidrBlockAssociation": shown}


def _add_ipv6(ctx: Context, subnet: Json, text: str) -> Json:
    vpc = items.get(ctx, VPC, subnet["VpcId"])
    siblings = items.every(ctx, SUBNET, VpcId=vpc["VpcId"])
    block = cidr.of_subnet6(
        text,
        [one["Ipv6CidrBlock"] for one in vpc["Ipv6CidrBlockAssociationSet"]],
        [one["Ipv6CidrBlock"] for sibling in siblings for one in sibling["Ipv6CidrBlockAssociationSet"]],
    )
    made = {
        "AssociationId": f"subnet-cidr-assoc-{ids.hex_id(17)}",
        "Ipv6CidrBlock": block,
        "Ipv6CidrBlockState": {"State": "associated"},
    }
    subnet["Ipv6CidrBlockAssociationSet"].append(made)
    items.put(ctx, SUBNET, subnet)
    return made


def disassociate_subnet_cidr_block(ctx: Context, request: Json) -> Json:
    for subnet in items.every(ctx, SUBNET):
        for association in subnet["Ipv6CidrBlockAssociationSet"]:
            if association["AssociationId"] == request["AssociationId"]:
                subnet["Ipv6CidrBlockAssociationSet"].remove(association)
                items.put(ctx, SUBNET, subnet)
                shown = association | {"Ipv6CidrBlockState": {"State": "disassociating"}}
                return {"SubnetId": subnet["SubnetId"], "Ipv6CidrBlockAssociation": shown}
    message = f"The subnet CIDR block with association ID '{request['AssociationId']}' does not exist"
    raise AwsError("InvalidSubnetCidrBlockAssociationID.NotFound", message)

"""What a fresh account has in every region: a default VPC with a public subnet in each zone.

Rule: it is made when a region's EC2 is first asked for anything, and once only: who deletes it is rid of it.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html
"""

from ipaddress import IPv4Network

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import dhcp_options, internet_gateways, items, routes, subnets, vpcs, zones
from penstock.services.ec2.kinds import DHCP_OPTIONS, ROUTE_TABLE, SUBNET, VPC
from penstock.wire.model import Json

_BLOCK = IPv4Network("172.31.0.0/16")


def ensure(ctx: Context) -> None:
    made: set[str] = ctx.state("ec2")
    here = items.scope(ctx)
    if here in made:
        return
    made.add(here)
    if not items.every(ctx, DHCP_OPTIONS):  # the default ones cannot be deleted
        ctx.store.after_rollback(lambda: made.discard(here))
        dhcp_options.make_default(ctx)
        _vpc(ctx)


def _vpc(ctx: Context) -> Json:
    vpc = vpcs.make(ctx, {}, str(_BLOCK), default=True)
    gateway = internet_gateways.create_internet_gateway(ctx, {})["InternetGateway"]["InternetGatewayId"]
    internet_gateways.attach_internet_gateway(ctx, {"InternetGatewayId": gateway, "VpcId": vpc["VpcId"]})
    [table] = items.every(ctx, ROUTE_TABLE, VpcId=vpc["VpcId"])
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    routes.create_route(ctx, route)
    for zone in zones.of_region(ctx.region):
        _subnet(ctx, vpc, zone)
    return vpc


def _subnet(ctx: Context, vpc: Json, zone: str) -> Json:
    """The first /20 that nothing else has."""
    there = items.every(ctx, SUBNET, VpcId=vpc["VpcId"])
    taken = [IPv4Network(subnet["CidrBlock"]) for subnet in there if "CidrBlock" in subnet]
    free = (block for block in _BLOCK.subnets(new_prefix=20) if not any(block.overlaps(other) for other in taken))
    return subnets.make(ctx, {}, vpc, str(next(free)), zone, default=True)


def create_default_vpc(ctx: Context, request: Json) -> Json:
    if items.every(ctx, VPC, IsDefault=True):
        message = "A Default VPC already exists for this account in this region."
        raise AwsError("DefaultVpcAlreadyExists", message)
    return {"Vpc": _vpc(ctx) | {"State": "pending"}}


def create_default_subnet(ctx: Context, request: Json) -> Json:
    zone = zones.chosen(ctx.region, request)
    found = items.every(ctx, VPC, IsDefault=True)
    if not found:
        raise AwsError("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
    for subnet in items.every(ctx, SUBNET, AvailabilityZone=zone, DefaultForAz=True):
        message = f"'{subnet['SubnetId']}' is already the default subnet in {zone}."
        raise AwsError("DefaultSubnetAlreadyExistsInAvailabilityZone", message)
    return {"Subnet": _subnet(ctx, found[0], zone)}

"""Networks that an app was told of when it was synthesized: made here under the ids that it was told.

Rule: what is there already stays as it is.
"""

from penstock.call import Context
from penstock.services.ec2 import defaults, items, route_tables, subnets, vpcs
from penstock.services.ec2.kinds import ROUTE_TABLE, SUBNET, VPC
from penstock.template.lookups import Network, Subnet
from penstock.wire.model import Json


def ensure(ctx: Context, network: Network) -> None:
    defaults.ensure(ctx)
    vpc = items.find(ctx, VPC, network.id) or vpcs.make(ctx, {}, network.cidr, vpc_id=network.id)
    for subnet in network.subnets:
        if items.find(ctx, SUBNET, subnet.id) is None:
            _make(ctx, vpc, subnet)


def _make(ctx: Context, vpc: Json, given: Subnet) -> None:
    subnet = subnets.make(ctx, {}, vpc, given.cidr or None, given.zone, subnet_id=given.id)
    if given.is_public:
        items.put(ctx, SUBNET, subnet | {"MapPublicIpOnLaunch": True})
    if items.find(ctx, ROUTE_TABLE, given.route_table) is None:
        route_tables.make(ctx, {}, vpc, table_id=given.route_table)
    request = {"RouteTableId": given.route_table, "SubnetId": given.id}
    route_tables.associate_route_table(ctx, request)

"""Routes: a destination and where it leads.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items
from penstock.services.ec2.kinds import (
    EGRESS_ONLY_INTERNET_GATEWAY,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NETWORK_INTERFACE,
    ROUTE_TABLE,
    VPC_ENDPOINT,
    Kind,
)
from penstock.wire.model import Json

# Destination -> how messages call it.
_DESTINATIONS = {
    "DestinationCidrBlock": "destination-cidr-block",
    "DestinationIpv6CidrBlock": "destination-ipv6-cidr-block",
    "DestinationPrefixListId": "destination-prefix-list-id",
}
# Target of a request -> (what it is, the route's member). Other targets are kept as they are given.
_TARGETS: dict[str, tuple[Kind | None, str]] = {
    "EgressOnlyInternetGatewayId": (EGRESS_ONLY_INTERNET_GATEWAY, "EgressOnlyInternetGatewayId"),
    "GatewayId": (None, "GatewayId"),
    "NatGatewayId": (NAT_GATEWAY, "NatGatewayId"),
    "NetworkInterfaceId": (NETWORK_INTERFACE, "NetworkInterfaceId"),
    "VpcEndpointId": (VPC_ENDPOINT, "GatewayId"),
    "CarrierGatewayId": (None, "CarrierGatewayId"),
    "CoreNetworkArn": (None, "CoreNetworkArn"),
    "InstanceId": (None, "InstanceId"),
    "LocalGatewayId": (None, "LocalGatewayId"),
    "TransitGatewayId": (None, "TransitGatewayId"),
    "VpcPeeringConnectionId": (None, "VpcPeeringConnectionId"),
}


def create_route(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    name, destination = _destination(request)
    target = _target(ctx, request)
    if _route(table, name, destination) is not None:
        raise AwsError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    table["Routes"].append({name: destination, **target, "Origin": "CreateRoute", "State": "active"})
    items.put(ctx, ROUTE_TABLE, table)
    return {"Return": True}


def replace_route(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    name, destination = _destination(request)
    target = {"GatewayId": "local"} if request.get("LocalTarget") else _target(ctx, request)
    route = _route(table, name, destination)
    if route is None:
        message = f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        raise AwsError("InvalidParameterValue", message)
    kept = {member: route[member] for member in (name, "Origin", "State")}
    table["Routes"][table["Routes"].index(route)] = {**kept, **target}
    items.put(ctx, ROUTE_TABLE, table)
    return {}


def delete_route(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    name, destination = _destination(request)
    route = _route(table, name, destination)
    if route is None:
        table_id = table["RouteTableId"]
        message = f"no route with {_DESTINATIONS[name]} {destination} in route table {table_id}"
        raise AwsError("InvalidRoute.NotFound", message)
    if route.get("GatewayId") == "local":
        message = f"cannot remove local route {destination} in route table {table['RouteTableId']}"
        raise AwsError("InvalidParameterValue", message)
    table["Routes"].remove(route)
    items.put(ctx, ROUTE_TABLE, table)
    return {}


def _route(table: Json, name: str, destination: str) -> Json | None:
    return next((route for route in table["Routes"] if route.get(name) == destination), None)


def _destination(request: Json) -> tuple[str, str]:
    """The member and its canonical value. Raises MissingParameter, InvalidParameterValue."""
    given = [name for name in _DESTINATIONS if name in request]
    if len(given) != 1:
        code = "MissingParameter" if not given else "InvalidParameterCombination"
        verb = "must contain one" if not given else "may contain only one"
        members = "destinationCidrBlock, destinationIpv6CidrBlock or destinationPrefixListId"
        raise AwsError(code, f"The request {verb} of the parameters {members}")
    [name] = given
    value: str = request[name]
    if name == "DestinationCidrBlock":
        value = str(cidr.ipv4(value, "destinationCidrBlock"))
    elif name == "DestinationIpv6CidrBlock":
        value = str(cidr.ipv6(value, "destinationIpv6CidrBlock"))
    return name, value


def _target(ctx: Context, request: Json) -> Json:
    """Raises MissingParameter, InvalidParameterCombination, the target's own error for one that is not there."""
    given = [name for name in _TARGETS if name in request]
    if not given:
        message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, " + (
            "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, carrierGatewayId, "
            "vpcEndpointId, instanceId or coreNetworkArn"
        )
        raise AwsError("MissingParameter", message)
    if len(given) > 1:
        raise AwsError("InvalidParameterCombination", "The request may contain only one target of the route")
    [name] = given
    kind, member = _TARGETS[name]
    target: str = request[name]
    if kind is None and name == "GatewayId" and target.startswith(f"{INTERNET_GATEWAY.prefix}-"):
        kind = INTERNET_GATEWAY
    if kind is not None:
        items.get(ctx, kind, target)
    return {member: target}


def blackhole(ctx: Context, vpc_id: str, member: str, target: str) -> None:
    """Routes to what has gone stay, and lead nowhere."""
    for table in items.every(ctx, ROUTE_TABLE, VpcId=vpc_id):
        led = [route for route in table["Routes"] if route.get(member) == target]
        for route in led:
            route["State"] = "blackhole"
        if led:
            items.put(ctx, ROUTE_TABLE, table)

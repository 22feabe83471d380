"""NAT gateways.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import addresses, items, network_interfaces, routes
from penstock.services.ec2.kinds import ADDRESS, NAT_GATEWAY, NETWORK_INTERFACE, SUBNET
from penstock.wire.model import Json

# A deleted gateway is shown for about an hour.
_REMEMBERED = 3600.0


def create_nat_gateway(ctx: Context, request: Json) -> Json:
    if "SubnetId" not in request:
        raise _required("SubnetId")
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    public = request.get("ConnectivityType", "public") == "public"
    if public and "AllocationId" not in request:
        raise _required("AllocationId")
    nat_id = items.new_id(NAT_GATEWAY)
    address = items.get(ctx, ADDRESS, request["AllocationId"]) if public else None
    if address is not None and "AssociationId" in address:
        message = f"Elastic IP address [{address['AllocationId']}] is already associated"
        raise AwsError("Resource.AlreadyAssociated", message)
    members = {
        "ConnectivityType": "public" if public else "private",
        "CreateTime": ctx.clock.now(),
        "NatGatewayAddresses": [_addressed(ctx, nat_id, subnet, address)],
        "NatGatewayId": nat_id,
        "State": "available",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
    }
    gateway = items.add(ctx, NAT_GATEWAY, request, members)
    return {"NatGateway": gateway | {"State": "pending"}, "ClientToken": request.get("ClientToken")}


def _required(name: str) -> AwsError:
    message = f"The request must include the {name} parameter. Add the required parameter and retry the request."
    return AwsError("MissingParameter", message)


def _addressed(ctx: Context, nat_id: str, subnet: Json, address: Json | None) -> Json:
    """The gateway's own interface, and the address that it is seen under."""
    description = f"Interface for NAT Gateway {nat_id}"
    interface = network_interfaces.make_managed(ctx, subnet, "nat_gateway", description, None)
    shown = {
        "IsPrimary": True,
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "PrivateIp": interface["PrivateIpAddress"],
        "Status": "succeeded",
    }
    if address is not None:
        association_id = addresses.associate(ctx, address, interface)
        shown |= {"AllocationId": address["AllocationId"], "AssociationId": association_id}
        shown["PublicIp"] = address["PublicIp"]
    return shown


def describe_nat_gateways(ctx: Context, request: Json) -> Json:
    for gateway in items.every(ctx, NAT_GATEWAY, State="deleted"):
        if gateway["DeleteTime"] + _REMEMBERED < ctx.clock.now():
            items.remove(ctx, NAT_GATEWAY, gateway)
    return items.describe(ctx, NAT_GATEWAY, request)


def delete_nat_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.get(ctx, NAT_GATEWAY, request["NatGatewayId"])
    if gateway["State"] != "deleted":
        for shown in gateway["NatGatewayAddresses"]:
            if address := items.find(ctx, ADDRESS, shown.get("AllocationId", "")):
                addresses.free(ctx, address)
            network_interfaces.remove(ctx, items.get(ctx, NETWORK_INTERFACE, shown["NetworkInterfaceId"]))
        items.put(ctx, NAT_GATEWAY, gateway | {"State": "deleted", "DeleteTime": ctx.clock.now()})
        routes.blackhole(ctx, gateway["VpcId"], "NatGatewayId", gateway["NatGatewayId"])
    return {"NatGatewayId": gateway["NatGatewayId"]}

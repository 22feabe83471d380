"""Internet gateways, and those for IPv6 that only let out.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import items, routes
from penstock.services.ec2.kinds import EGRESS_ONLY_INTERNET_GATEWAY, INTERNET_GATEWAY, NETWORK_INTERFACE, VPC
from penstock.wire.model import Json


def create_internet_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.add(ctx, INTERNET_GATEWAY, request, {"Attachments": [], "OwnerId": ctx.account})
    return {"InternetGateway": {"Tags": [], **gateway}}


def describe_internet_gateways(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, INTERNET_GATEWAY, request)


def delete_internet_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.get(ctx, INTERNET_GATEWAY, request["InternetGatewayId"])
    if gateway["Attachments"]:
        message = f"The internetGateway '{gateway['InternetGatewayId']}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    items.remove(ctx, INTERNET_GATEWAY, gateway)
    return {}


def attach_internet_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.get(ctx, INTERNET_GATEWAY, request["InternetGatewayId"])
    vpc_id = items.get(ctx, VPC, request["VpcId"])["VpcId"]
    for attachment in gateway["Attachments"]:
        message = f"resource {gateway['InternetGatewayId']} is already attached to network {attachment['VpcId']}"
        raise AwsError("Resource.AlreadyAssociated", message)
    for other in items.every(ctx, INTERNET_GATEWAY):
        if any(attachment["VpcId"] == vpc_id for attachment in other["Attachments"]):
            message = f"Network {vpc_id} already has an internet gateway attached"
            raise AwsError("InvalidParameterValue", message)
    gateway["Attachments"] = [{"State": "available", "VpcId": vpc_id}]
    items.put(ctx, INTERNET_GATEWAY, gateway)
    return {}


def detach_internet_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.get(ctx, INTERNET_GATEWAY, request["InternetGatewayId"])
    vpc_id = request["VpcId"]
    if all(attachment["VpcId"] != vpc_id for attachment in gateway["Attachments"]):
        message = f"resource {gateway['InternetGatewayId']} is not attached to network {vpc_id}"
        raise AwsError("Gateway.NotAttached", message)
    _check_unused(ctx, vpc_id)
    items.put(ctx, INTERNET_GATEWAY, gateway | {"Attachments": []})
    routes.blackhole(ctx, vpc_id, "GatewayId", gateway["InternetGatewayId"])
    return {}


def _check_unused(ctx: Context, vpc_id: str) -> None:
    """Raises DependencyViolation while something in the network has a public address."""
    if any("Association" in interface for interface in items.every(ctx, NETWORK_INTERFACE, VpcId=vpc_id)):
        message = f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before "
        raise AwsError("DependencyViolation", message + "detaching the gateway.")


def create_egress_only_internet_gateway(ctx: Context, request: Json) -> Json:
    vpc_id = items.get(ctx, VPC, request["VpcId"])["VpcId"]
    members = {"Attachments": [{"State": "attached", "VpcId": vpc_id}]}
    gateway = items.add(ctx, EGRESS_ONLY_INTERNET_GATEWAY, request, members)
    return {"EgressOnlyInternetGateway": {"Tags": [], **gateway}, "ClientToken": request.get("ClientToken")}


def describe_egress_only_internet_gateways(ctx: Context, request: Json) -> Json:
    return items.describe_known(ctx, EGRESS_ONLY_INTERNET_GATEWAY, request)


def delete_egress_only_internet_gateway(ctx: Context, request: Json) -> Json:
    gateway = items.get(ctx, EGRESS_ONLY_INTERNET_GATEWAY, request["EgressOnlyInternetGatewayId"])
    items.remove(ctx, EGRESS_ONLY_INTERNET_GATEWAY, gateway)
    return {"ReturnCode": True}

"""CloudFormation types of routes and gateways.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from penstock.services.ec2.kinds import (
    ADDRESS,
    EGRESS_ONLY_INTERNET_GATEWAY,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    ROUTE_TABLE,
)
from penstock.services.ec2.resources.common import NOT_ROUTED, item_type, retag, tag_specifications
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_NO_VPN = "there are no VPN gateways here"
_NO_TRAFFIC = "no traffic passes through it"

_ROUTE_TABLE = item_type(
    "AWS::EC2::RouteTable",
    ROUTE_TABLE,
    create="CreateRouteTable",
    result="RouteTable",
    describe="DescribeRouteTables",
    delete="DeleteRouteTable",
    attributes={"RouteTableId": "RouteTableId"},
    properties={"VpcId"},
    replace_on={"VpcId"},
)


# -- routes --------------------------------------------------------------------------------------------

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "LocalGatewayId",
    "NatGatewayId", "NetworkInterfaceId", "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId",
)  # fmt: skip


async def _create_route(rc: ResourceContext, given: Properties) -> Resource:
    await rc.call("ec2", "CreateRoute", given)
    destination = next(given[name] for name in _DESTINATIONS if name in given)
    return Resource(f"{given['RouteTableId']}|{destination}", {"CidrBlock": given.get("DestinationCidrBlock", "")})


async def _update_route(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await rc.call("ec2", "ReplaceRoute", given)
    return resource


async def _delete_route(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteRoute", resource.properties)


# -- associations of subnets ---------------------------------------------------------------------------


async def _associate(rc: ResourceContext, given: Properties) -> Resource:
    made = (await rc.call("ec2", "AssociateRouteTable", given))["AssociationId"]
    return Resource(made, {"Id": made})


async def _reassociate(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    request = {"AssociationId": resource.physical_id, "RouteTableId": given["RouteTableId"]}
    made = (await rc.call("ec2", "ReplaceRouteTableAssociation", request))["NewAssociationId"]
    return Resource(made, {"Id": made})


async def _disassociate(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DisassociateRouteTable", {"AssociationId": resource.physical_id})


# -- gateways ------------------------------------------------------------------------------------------


async def _attach(rc: ResourceContext, given: Properties) -> Resource:
    if "InternetGatewayId" not in given:
        return Resource(f"VGW|{given['VpcId']}", {"AttachmentType": "VGW"})
    await rc.call("ec2", "AttachInternetGateway", given)
    return Resource(f"IGW|{given['VpcId']}", {"AttachmentType": "IGW"})


async def _detach(rc: ResourceContext, resource: Resource) -> None:
    if "InternetGatewayId" in resource.properties:
        await rc.call("ec2", "DetachInternetGateway", resource.properties)


_INTERNET_GATEWAY = item_type(
    "AWS::EC2::InternetGateway",
    INTERNET_GATEWAY,
    create="CreateInternetGateway",
    result="InternetGateway",
    describe="DescribeInternetGateways",
    delete="DeleteInternetGateway",
    attributes={"InternetGatewayId": "InternetGatewayId"},
)
_EGRESS_ONLY = item_type(
    "AWS::EC2::EgressOnlyInternetGateway",
    EGRESS_ONLY_INTERNET_GATEWAY,
    create="CreateEgressOnlyInternetGateway",
    result="EgressOnlyInternetGateway",
    describe="DescribeEgressOnlyInternetGateways",
    delete="DeleteEgressOnlyInternetGateway",
    attributes={"Id": "EgressOnlyInternetGatewayId"},
    properties={"VpcId"},
    replace_on={"VpcId"},
)


async def _of_nat(rc: ResourceContext, gateway: Json) -> Json:
    return {"EniId": gateway["NatGatewayAddresses"][0]["NetworkInterfaceId"]}


_NAT_GATEWAY = item_type(
    "AWS::EC2::NatGateway",
    NAT_GATEWAY,
    create="CreateNatGateway",
    result="NatGateway",
    describe="DescribeNatGateways",
    delete="DeleteNatGateway",
    attributes={"NatGatewayId": "NatGatewayId"},
    more=_of_nat,
    properties={"AllocationId", "ConnectivityType", "SubnetId"},
    inert={"MaxDrainDurationSeconds": _NO_TRAFFIC},
    replace_on={"AllocationId", "ConnectivityType", "SubnetId"},
)


# -- elastic IPs ---------------------------------------------------------------------------------------


async def _allocate(rc: ResourceContext, given: Properties) -> Resource:
    request = {**given, "TagSpecifications": tag_specifications(rc, given, ADDRESS)}
    made = await rc.call("ec2", "AllocateAddress", request)
    return Resource(made["PublicIp"], {name: made[name] for name in ("AllocationId", "PublicIp")})


async def _retag_address(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await retag(rc, resource.attributes["AllocationId"], given)
    return resource


async def _release(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "ReleaseAddress", {"AllocationId": resource.attributes["AllocationId"]})


TABLE = (
    _ROUTE_TABLE,
    ResourceType(
        name="AWS::EC2::Route",
        create=_create_route,
        update=_update_route,
        delete=_delete_route,
        properties=frozenset({"RouteTableId", *_DESTINATIONS}),
        inert=dict.fromkeys(_TARGETS, NOT_ROUTED),
        replace_on=frozenset({"RouteTableId", *_DESTINATIONS}),
    ),
    ResourceType(
        name="AWS::EC2::SubnetRouteTableAssociation",
        create=_associate,
        update=_reassociate,
        delete=_disassociate,
        properties=frozenset({"RouteTableId", "SubnetId"}),
        replace_on=frozenset({"SubnetId"}),
    ),
    ResourceType(
        name="AWS::EC2::VPCGatewayAttachment",
        create=_attach,
        delete=_detach,
        properties=frozenset({"InternetGatewayId", "VpcId"}),
        inert={"VpnGatewayId": _NO_VPN},
    ),
    _INTERNET_GATEWAY,
    _EGRESS_ONLY,
    _NAT_GATEWAY,
    ResourceType(
        name="AWS::EC2::EIP",
        create=_allocate,
        update=_retag_address,
        delete=_release,
        properties=frozenset({"Domain", "NetworkBorderGroup", "Tags"}),
        replace_on=frozenset({"Domain", "NetworkBorderGroup"}),
    ),
)

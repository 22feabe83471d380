"""VPC endpoints: gateways in route tables, and interfaces in subnets.

Everything on loopback reaches every service with or without one; the records say which services a network could reach
without a way out of it.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import endpoint_names, items, network_interfaces, vpcs
from penstock.services.ec2.kinds import NETWORK_INTERFACE, ROUTE_TABLE, SUBNET, VPC, VPC_ENDPOINT
from penstock.services.ec2.prefix_lists import GATEWAY_SERVICES, id_of_service
from penstock.wire.model import Json

_POLICY = '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
_GATEWAY, _INTERFACE = "Gateway", "Interface"


def create_vpc_endpoint(ctx: Context, request: Json) -> Json:
    vpc = items.get(ctx, VPC, request["VpcId"])
    kind, service = request.get("VpcEndpointType", _GATEWAY), request.get("ServiceName", "")
    _check(ctx, kind, service)
    endpoint: Json = {
        "CreationTimestamp": ctx.clock.now(),
        "DnsEntries": [],
        "Groups": [],
        "NetworkInterfaceIds": [],
        "OwnerId": ctx.account,
        "PolicyDocument": request.get("PolicyDocument", _POLICY),
        "PrivateDnsEnabled": False,
        "RequesterManaged": False,
        "RouteTableIds": [],
        "ServiceName": service,
        "State": "available",
        "SubnetIds": [],
        "VpcEndpointId": items.new_id(VPC_ENDPOINT),
        "VpcEndpointType": kind,
        "VpcId": vpc["VpcId"],
        "_Label": ids.hex_id(8),
    }
    if kind == _GATEWAY:
        _add_route_tables(ctx, endpoint, request.get("RouteTableIds", []))
    else:
        _make_interface(ctx, endpoint, vpc, request)
    endpoint = items.add(ctx, VPC_ENDPOINT, request, endpoint)
    state = "available" if kind == _GATEWAY else "pending"
    shown = {"Tags": [], **endpoint, "State": state}
    return {"VpcEndpoint": shown, "ClientToken": request.get("ClientToken")}


def _check(ctx: Context, kind: str, service: str) -> None:
    """Raises InvalidServiceName, InvalidParameter, NotImplemented."""
    if not service:
        raise AwsError("MissingParameter", "The request must contain the parameter serviceName")
    if kind not in (_GATEWAY, _INTERFACE):
        raise AwsError("NotImplemented", f"Penstock does not implement {kind} endpoints.", status=501)
    if not service.startswith(("com.amazonaws.", "aws.")):
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    gateways = [f"com.amazonaws.{ctx.region}.{name}" for name in GATEWAY_SERVICES]
    if kind == _GATEWAY and service not in gateways:
        message = f"Endpoint type ({kind}) does not match available service types ([{_INTERFACE}])."
        raise AwsError("InvalidParameter", message)


def describe_vpc_endpoints(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, VPC_ENDPOINT, request)


# -- gateways ------------------------------------------------------------------------------------------


def _add_route_tables(ctx: Context, endpoint: Json, table_ids: list[str]) -> None:
    """Routes the service's prefix list to the endpoint. Raises RouteAlreadyExists."""
    prefix_list = id_of_service(endpoint["ServiceName"])
    for table_id in table_ids:
        table = items.get(ctx, ROUTE_TABLE, table_id)
        if any(route.get("DestinationPrefixListId") == prefix_list for route in table["Routes"]):
            message = f"route table {table_id} already has a route with destination-prefix-list-id {prefix_list}"
            raise AwsError("RouteAlreadyExists", message)
        route = {"GatewayId": endpoint["VpcEndpointId"], "Origin": "CreateRoute", "State": "active"}
        table["Routes"].append({"DestinationPrefixListId": prefix_list, **route})
        items.put(ctx, ROUTE_TABLE, table)
        endpoint["RouteTableIds"].append(table_id)


def _remove_route_tables(ctx: Context, endpoint: Json, table_ids: list[str]) -> None:
    for table_id in list(table_ids):
        table = items.find(ctx, ROUTE_TABLE, table_id)
        if table is not None:
            kept = [route for route in table["Routes"] if route.get("GatewayId") != endpoint["VpcEndpointId"]]
            items.put(ctx, ROUTE_TABLE, table | {"Routes": kept})
    endpoint["RouteTableIds"] = [table_id for table_id in endpoint["RouteTableIds"] if table_id not in table_ids]


# -- interfaces ----------------------------------------------------------------------------------------


def _make_interface(ctx: Context, endpoint: Json, vpc: Json, request: Json) -> None:
    endpoint["IpAddressType"] = request.get("IpAddressType", "ipv4")
    endpoint["DnsOptions"] = {"DnsRecordIpType": request.get("DnsOptions", {}).get("DnsRecordIpType", "ipv4")}
    endpoint["Groups"] = network_interfaces.chosen_groups(ctx, vpc["VpcId"], request.get("SecurityGroupIds"))
    _set_private_dns(ctx, endpoint, vpc, request.get("PrivateDnsEnabled", True))
    _add_subnets(ctx, endpoint, request.get("SubnetIds", []))


def _set_private_dns(ctx: Context, endpoint: Json, vpc: Json, wanted: bool) -> None:
    """Raises InvalidParameter."""
    if wanted:
        if not all(vpcs.attribute(vpc, name) for name in ("EnableDnsSupport", "EnableDnsHostnames")):
            message = (
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"for {vpc['VpcId']}"
            )
            raise AwsError("InvalidParameter", message)
        for other in items.every(ctx, VPC_ENDPOINT, VpcId=vpc["VpcId"], PrivateDnsEnabled=True):
            if other["ServiceName"] == endpoint["ServiceName"] and other["VpcEndpointId"] != endpoint["VpcEndpointId"]:
                name = endpoint_names.private(endpoint["ServiceName"], ctx.region)
                message = (
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                    f"{name} in the VPC {vpc['VpcId']}"
                )
                raise AwsError("InvalidParameter", message)
    endpoint["PrivateDnsEnabled"] = wanted


def _add_subnets(ctx: Context, endpoint: Json, subnet_ids: list[str]) -> None:
    """An interface in each of them, one of a zone. Raises DuplicateSubnetsInSameZone."""
    groups = [group["GroupId"] for group in endpoint["Groups"]]
    for subnet in [items.get(ctx, SUBNET, subnet_id) for subnet_id in subnet_ids]:
        zones = [items.get(ctx, SUBNET, known)["AvailabilityZone"] for known in endpoint["SubnetIds"]]
        if subnet["AvailabilityZone"] in zones:
            message = f"Found another VPC endpoint subnet in the availability zone of {subnet['SubnetId']}."
            raise AwsError("DuplicateSubnetsInSameZone", message)
        description = f"VPC Endpoint Interface {endpoint['VpcEndpointId']}"
        interface = network_interfaces.make_managed(ctx, subnet, "vpc_endpoint", description, groups)
        endpoint["SubnetIds"].append(subnet["SubnetId"])
        endpoint["NetworkInterfaceIds"].append(interface["NetworkInterfaceId"])
    _name(ctx, endpoint)


def _remove_subnets(ctx: Context, endpoint: Json, subnet_ids: list[str]) -> None:
    for interface_id in list(endpoint["NetworkInterfaceIds"]):
        interface = items.get(ctx, NETWORK_INTERFACE, interface_id)
        if interface["SubnetId"] in subnet_ids:
            endpoint["NetworkInterfaceIds"].remove(interface_id)
            network_interfaces.remove(ctx, interface)
    endpoint["SubnetIds"] = [subnet_id for subnet_id in endpoint["SubnetIds"] if subnet_id not in subnet_ids]
    _name(ctx, endpoint)


def _name(ctx: Context, endpoint: Json) -> None:
    zones = [items.get(ctx, SUBNET, subnet_id)["AvailabilityZone"] for subnet_id in endpoint["SubnetIds"]]
    endpoint["DnsEntries"] = endpoint_names.entries(endpoint, ctx.region, zones)


# -- modify and delete ---------------------------------------------------------------------------------


def modify_vpc_endpoint(ctx: Context, request: Json) -> Json:
    endpoint = items.get(ctx, VPC_ENDPOINT, request["VpcEndpointId"])
    if request.get("ResetPolicy"):
        endpoint["PolicyDocument"] = _POLICY
    for name in ("PolicyDocument", "IpAddressType", "DnsOptions"):
        endpoint[name] = request.get(name, endpoint.get(name))
    _remove_route_tables(ctx, endpoint, request.get("RemoveRouteTableIds", []))
    _add_route_tables(ctx, endpoint, request.get("AddRouteTableIds", []))
    if endpoint["VpcEndpointType"] == _INTERFACE:
        _modify_interface(ctx, endpoint, request)
    items.put(ctx, VPC_ENDPOINT, endpoint)
    return {"Return": True}


def _modify_interface(ctx: Context, endpoint: Json, request: Json) -> None:
    gone = request.get("RemoveSecurityGroupIds", ())
    groups = [group["GroupId"] for group in endpoint["Groups"] if group["GroupId"] not in gone]
    groups += [group_id for group_id in request.get("AddSecurityGroupIds", ()) if group_id not in groups]
    endpoint["Groups"] = network_interfaces.chosen_groups(ctx, endpoint["VpcId"], groups)
    if "PrivateDnsEnabled" in request:
        vpc = items.get(ctx, VPC, endpoint["VpcId"])
        _set_private_dns(ctx, endpoint, vpc, request["PrivateDnsEnabled"])
    _remove_subnets(ctx, endpoint, request.get("RemoveSubnetIds", []))
    _add_subnets(ctx, endpoint, request.get("AddSubnetIds", []))
    for interface_id in endpoint["NetworkInterfaceIds"]:
        interface = items.get(ctx, NETWORK_INTERFACE, interface_id)
        items.put(ctx, NETWORK_INTERFACE, interface | {"Groups": endpoint["Groups"]})


def delete_vpc_endpoints(ctx: Context, request: Json) -> Json:
    unsuccessful = []
    for endpoint_id in request["VpcEndpointIds"]:
        endpoint = items.find(ctx, VPC_ENDPOINT, endpoint_id)
        if endpoint is None:
            error = items.missing(VPC_ENDPOINT, endpoint_id)
            told = {"Code": error.code, "Message": error.message}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": told})
            continue
        _remove_route_tables(ctx, endpoint, endpoint["RouteTableIds"])
        _remove_subnets(ctx, endpoint, endpoint["SubnetIds"])
        items.remove(ctx, VPC_ENDPOINT, endpoint)
    return {"Unsuccessful": unsuccessful}

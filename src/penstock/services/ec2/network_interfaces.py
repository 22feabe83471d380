"""Network interfaces: what has an address in a subnet.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import dhcp_options, items, private_addresses
from penstock.services.ec2.kinds import NETWORK_INTERFACE, SECURITY_GROUP, SUBNET
from penstock.wire.model import Json


def create_network_interface(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    interface = make(ctx, request, subnet, {"InterfaceType": request.get("InterfaceType", "interface")})
    shown = interface | {"Status": "pending", "TagSet": interface.get("Tags", [])}
    return {"NetworkInterface": shown, "ClientToken": request.get("ClientToken")}


def make(ctx: Context, request: Json, subnet: Json, more: Json) -> Json:
    """An interface with the request's addresses, groups, description and tags; `more` are further members."""
    groups = chosen_groups(ctx, subnet["VpcId"], request.get("Groups"))
    addresses = private_addresses.chosen(ctx, subnet, request)
    address = addresses[0]["PrivateIpAddress"]
    members = {
        "AvailabilityZone": subnet["AvailabilityZone"],
        "AvailabilityZoneId": subnet["AvailabilityZoneId"],
        "Description": request.get("Description", ""),
        "Groups": groups,
        "Ipv6Addresses": [],
        "MacAddress": "02:" + ":".join(ids.hex_id(2) for _ in range(5)),
        "OwnerId": ctx.account,
        "PrivateDnsName": f"ip-{address.replace('.', '-')}.{dhcp_options.domain(ctx.region)}",
        "PrivateIpAddress": address,
        "PrivateIpAddresses": addresses,
        "RequesterManaged": False,
        "SourceDestCheck": True,
        "Status": "available",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        **more,
    }
    interface = items.add(ctx, NETWORK_INTERFACE, request, members)
    private_addresses.count(ctx, interface, addresses, -1)
    return interface


def make_managed(ctx: Context, subnet: Json, kind: str, description: str, groups: list[str] | None) -> Json:
    """The interface of one of AWS's own services: in use, and not to be deleted by its owner."""
    attachment = {
        "AttachmentId": f"ela-attach-{ids.hex_id(17)}",
        "DeleteOnTermination": False,
        "DeviceIndex": 1,
        "InstanceOwnerId": "amazon-aws",
        "Status": "attached",
    }
    more = {"Attachment": attachment, "InterfaceType": kind, "RequesterManaged": True, "Status": "in-use"}
    return make(ctx, {"Description": description, "Groups": groups}, subnet, more)


def chosen_groups(ctx: Context, vpc_id: str, group_ids: list[str] | None) -> list[Json]:
    """Groups of a VPC by id, its default group where none are named. Raises InvalidGroup.NotFound, InvalidParameter."""
    if not group_ids:
        found = items.every(ctx, SECURITY_GROUP, VpcId=vpc_id, GroupName="default")
    else:
        found = [items.get(ctx, SECURITY_GROUP, group_id) for group_id in group_ids]
    if any(group["VpcId"] != vpc_id for group in found):
        raise AwsError("InvalidParameter", "You have specified two resources that belong to different networks.")
    return [{"GroupId": group["GroupId"], "GroupName": group["GroupName"]} for group in found]


def describe_network_interfaces(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, NETWORK_INTERFACE, request)


# What DescribeNetworkInterfaceAttribute is asked for -> the member that tells it.
_ATTRIBUTES = {
    "attachment": "Attachment",
    "description": "Description",
    "groupSet": "Groups",
    "sourceDestCheck": "SourceDestCheck",
}


def describe_network_interface_attribute(ctx: Context, request: Json) -> Json:
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    member = _ATTRIBUTES.get(request.get("Attribute", ""))
    if member is None:
        message = f"Penstock does not implement the attribute {request.get('Attribute')} of network interfaces."
        raise AwsError("NotImplemented", message, status=501)
    value = interface.get(member)
    told = value if isinstance(value, (dict, list)) else {"Value": value}
    return {"NetworkInterfaceId": interface["NetworkInterfaceId"], **({member: told} if value is not None else {})}


def modify_network_interface_attribute(ctx: Context, request: Json) -> Json:
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    for name in ("Description", "SourceDestCheck"):
        if name in request:
            interface[name] = request[name].get("Value")
    if "Groups" in request:
        interface["Groups"] = chosen_groups(ctx, interface["VpcId"], request["Groups"])
    items.put(ctx, NETWORK_INTERFACE, interface)
    return {}


def delete_network_interface(ctx: Context, request: Json) -> Json:
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    if interface["Status"] == "in-use":
        message = f"Network interface '{interface['NetworkInterfaceId']}' is currently in use."
        raise AwsError("InvalidParameterValue", message)
    remove(ctx, interface)
    return {}


def remove(ctx: Context, interface: Json) -> None:
    private_addresses.count(ctx, interface, interface["PrivateIpAddresses"], 1)
    items.remove(ctx, NETWORK_INTERFACE, interface)

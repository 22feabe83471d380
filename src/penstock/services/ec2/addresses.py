"""Elastic IP addresses.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html and its siblings.
"""

from ipaddress import IPv4Address

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import items
from penstock.services.ec2.kinds import ADDRESS, NETWORK_INTERFACE
from penstock.wire.model import Json

# Of the network for benchmarks (RFC 2544): addresses that nobody has, so that none leads to a stranger.
_FIRST, _BITS = int(IPv4Address("198.18.0.0")), 17
_SHOWN = ("AllocationId", "Domain", "NetworkBorderGroup", "PublicIp", "PublicIpv4Pool")
# What an association adds to an address.
_ASSOCIATION = ("AssociationId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress")


def allocate_address(ctx: Context, request: Json) -> Json:
    members = {
        "Domain": "vpc",
        "NetworkBorderGroup": ctx.region,
        "PublicIp": str(IPv4Address(_FIRST + int(ids.hex_id(8), 16) % (1 << _BITS))),
        "PublicIpv4Pool": "amazon",
    }
    address = items.add(ctx, ADDRESS, request, members)
    return {name: address[name] for name in _SHOWN}


def describe_addresses(ctx: Context, request: Json) -> Json:
    known = {address["PublicIp"]: address for address in items.every(ctx, ADDRESS)}
    found = list(known.values())
    if wanted := request.get("AllocationIds"):
        found = [items.get(ctx, ADDRESS, allocation_id) for allocation_id in wanted]
    if wanted := request.get("PublicIps"):
        for address in wanted:
            if address not in known:
                raise AwsError("InvalidAddress.NotFound", f"Address '{address}' not found.")
        found = [address for address in found if address["PublicIp"] in wanted]
    return items.listed(ADDRESS, request, found)


def release_address(ctx: Context, request: Json) -> Json:
    address = _address(ctx, request)
    if "AssociationId" in address:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address['PublicIp']} is in use.")
    items.remove(ctx, ADDRESS, address)
    return {}


def _address(ctx: Context, request: Json) -> Json:
    """Raises MissingParameter, InvalidAllocationID.NotFound, InvalidAddress.NotFound."""
    if "AllocationId" in request:
        return items.get(ctx, ADDRESS, request["AllocationId"])
    if "PublicIp" not in request:
        raise AwsError("MissingParameter", "Either 'allocationId' or 'publicIp' must be specified")
    found = items.every(ctx, ADDRESS, PublicIp=request["PublicIp"])
    if not found:
        raise AwsError("InvalidAddress.NotFound", f"Address '{request['PublicIp']}' not found.")
    return found[0]


# -- associations --------------------------------------------------------------------------------------


def associate_address(ctx: Context, request: Json) -> Json:
    address = _address(ctx, request)
    if "NetworkInterfaceId" not in request:
        raise AwsError("MissingParameter", "Either 'instanceId' or 'networkInterfaceId' must be specified")
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    if "AssociationId" in address and request.get("AllowReassociation") is False:
        message = (
            f"resource {address['AllocationId']} is already associated with associate-id {address['AssociationId']}"
        )
        raise AwsError("Resource.AlreadyAssociated", message)
    return {"AssociationId": associate(ctx, address, interface, request.get("PrivateIpAddress"))}


def associate(ctx: Context, address: Json, interface: Json, private: str | None = None) -> str:
    """Leads an address to one of an interface's, the primary one by default. Raises InvalidParameterValue."""
    free(ctx, address)
    interface = items.get(ctx, NETWORK_INTERFACE, interface["NetworkInterfaceId"])
    own = next((one for one in interface["PrivateIpAddresses"] if private in (None, one["PrivateIpAddress"])), None)
    if own is None:
        message = f"{private} is not assigned to network interface {interface['NetworkInterfaceId']}"
        raise AwsError("InvalidParameterValue", message)
    association_id = f"eipassoc-{ids.hex_id(17)}"
    association = {
        "AssociationId": association_id,
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "NetworkInterfaceOwnerId": interface["OwnerId"],
        "PrivateIpAddress": own["PrivateIpAddress"],
    }
    items.put(ctx, ADDRESS, address | association)
    shown = {
        "AllocationId": address["AllocationId"],
        "AssociationId": association_id,
        "IpOwnerId": ctx.account,
        "PublicIp": address["PublicIp"],
    }
    own["Association"] = shown
    if own["Primary"]:
        interface["Association"] = shown
    items.put(ctx, NETWORK_INTERFACE, interface)
    return association_id


def disassociate_address(ctx: Context, request: Json) -> Json:
    if "AssociationId" in request:
        found = items.every(ctx, ADDRESS, AssociationId=request["AssociationId"])
        if not found:
            message = f"The association ID '{request['AssociationId']}' does not exist"
            raise AwsError("InvalidAssociationID.NotFound", message)
        free(ctx, found[0])
    else:
        free(ctx, _address(ctx, request))
    return {}


def free(ctx: Context, address: Json) -> None:
    """Ends the association of an address, if it has one."""
    interface = items.find(ctx, NETWORK_INTERFACE, address.get("NetworkInterfaceId", ""))
    if interface is not None:
        for place in (interface, *interface["PrivateIpAddresses"]):
            if place.get("Association", {}).get("AllocationId") == address["AllocationId"]:
                del place["Association"]
        items.put(ctx, NETWORK_INTERFACE, interface)
    for name in _ASSOCIATION:
        address.pop(name, None)
    items.put(ctx, ADDRESS, address)

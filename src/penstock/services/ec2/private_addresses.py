"""The private addresses of network interfaces: the primary one, and secondary ones that may come and go.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssignPrivateIpAddresses.html and
API_UnassignPrivateIpAddresses.html
"""

from ipaddress import IPv4Address, IPv4Network

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, items
from penstock.services.ec2.kinds import NETWORK_INTERFACE, SUBNET
from penstock.wire.model import Json


def chosen(ctx: Context, subnet: Json, request: Json) -> list[Json]:
    """The addresses of a new interface, the primary one first. Raises InvalidParameterCombination,
    InvalidParameterValue, InvalidIPAddress.InUse, InsufficientFreeAddressesInSubnet."""
    if "CidrBlock" not in subnet:
        message = "Penstock does not implement network interfaces in subnets for IPv6 alone."
        raise AwsError("NotImplemented", message, status=501)
    used = _used(ctx, subnet)
    first = [request["PrivateIpAddress"]] if "PrivateIpAddress" in request else []
    first += [one["PrivateIpAddress"] for one in request.get("PrivateIpAddresses", ()) if one.get("Primary")]
    others = [one["PrivateIpAddress"] for one in request.get("PrivateIpAddresses", ()) if not one.get("Primary")]
    if not first:
        first, others = others[:1], others[1:]
    if len(first) > 1:
        message = "Only one primary private IP address can be specified for the network interface"
        raise AwsError("InvalidParameterCombination", message)
    primary = _taken(subnet, used, first) or _free(subnet, used, 1)
    return [
        *_shown(primary, primary=True),
        *_shown(_taken(subnet, used, others)),
        *_shown(_free(subnet, used, request.get("SecondaryPrivateIpAddressCount", 0))),
    ]


def _shown(addresses: list[str], primary: bool = False) -> list[Json]:
    return [{"Primary": primary, "PrivateIpAddress": address} for address in addresses]


def _used(ctx: Context, subnet: Json) -> set[str]:
    interfaces = items.every(ctx, NETWORK_INTERFACE, SubnetId=subnet["SubnetId"])
    return {one["PrivateIpAddress"] for interface in interfaces for one in interface["PrivateIpAddresses"]}


def _free(subnet: Json, used: set[str], count: int) -> list[str]:
    """The lowest addresses that nobody has, which are `used` from then on."""
    found = []
    for _ in range(count):
        found.append(cidr.free_address(subnet["CidrBlock"], used))
        used.add(found[-1])
    return found


def _taken(subnet: Json, used: set[str], wanted: list[str]) -> list[str]:
    """These addresses, which are `used` from then on. Raises InvalidParameterValue, InvalidIPAddress.InUse."""
    found = [_checked(subnet, one) for one in wanted]
    for address in found:
        if address in used:
            raise AwsError("InvalidIPAddress.InUse", "The specified address is already in use.")
        used.add(address)
    return found


def _checked(subnet: Json, text: str) -> str:
    try:
        address = IPv4Address(text)
    except ValueError:
        message = f"Value ({text}) for parameter privateIpAddress is invalid. This is not a valid IPv4 address."
        raise AwsError("InvalidParameterValue", message) from None
    # Tasks and load balancers of this runtime have addresses on loopback, in whichever subnet they are.
    if address not in IPv4Network(subnet["CidrBlock"]) and not address.is_loopback:
        raise AwsError("InvalidParameterValue", "Address does not fall within the subnet's address range")
    return str(address)


def count(ctx: Context, interface: Json, addresses: list[Json], sign: int) -> None:
    """Keeps the number of addresses that a subnet has left: fewer for a `sign` of -1, more for 1."""
    subnet = items.get(ctx, SUBNET, interface["SubnetId"])
    network = IPv4Network(subnet["CidrBlock"])
    inside = [one for one in addresses if IPv4Address(one["PrivateIpAddress"]) in network]
    if inside:
        subnet["AvailableIpAddressCount"] += sign * len(inside)
        items.put(ctx, SUBNET, subnet)


# -- assign and unassign -------------------------------------------------------------------------------


def assign_private_ip_addresses(ctx: Context, request: Json) -> Json:
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    wanted, number = request.get("PrivateIpAddresses", []), request.get("SecondaryPrivateIpAddressCount", 0)
    if bool(wanted) == bool(number):
        message = "Specify either 'privateIpAddresses' or 'secondaryPrivateIpAddressCount'"
        raise AwsError("InvalidParameterCombination" if wanted else "MissingParameter", message)
    subnet = items.get(ctx, SUBNET, interface["SubnetId"])
    if request.get("AllowReassignment"):
        _take_from_others(ctx, interface, wanted)
    used = _used(ctx, subnet) - {one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"] if wanted}
    made = _shown(_taken(subnet, used, wanted) or _free(subnet, used, number))
    here = {one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"]}
    more = [one for one in made if one["PrivateIpAddress"] not in here]
    interface["PrivateIpAddresses"] += more
    items.put(ctx, NETWORK_INTERFACE, interface)
    count(ctx, interface, more, -1)
    assigned = [{"PrivateIpAddress": one["PrivateIpAddress"]} for one in made]
    return {"NetworkInterfaceId": interface["NetworkInterfaceId"], "AssignedPrivateIpAddresses": assigned}


def _take_from_others(ctx: Context, interface: Json, wanted: list[str]) -> None:
    """Secondary addresses leave the interfaces of the subnet that have them."""
    for other in items.every(ctx, NETWORK_INTERFACE, SubnetId=interface["SubnetId"]):
        if other["NetworkInterfaceId"] != interface["NetworkInterfaceId"]:
            secondary = [one["PrivateIpAddress"] for one in other["PrivateIpAddresses"] if not one["Primary"]]
            _remove(ctx, other, [address for address in wanted if address in secondary])


def unassign_private_ip_addresses(ctx: Context, request: Json) -> Json:
    interface = items.get(ctx, NETWORK_INTERFACE, request["NetworkInterfaceId"])
    wanted = request.get("PrivateIpAddresses", [])
    secondary = [one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"] if not one["Primary"]]
    if unknown := [address for address in wanted if address not in secondary]:
        message = f"Some of [{', '.join(unknown)}] are not assigned to interface {interface['NetworkInterfaceId']}"
        raise AwsError("InvalidParameterValue", message)
    _remove(ctx, interface, wanted)
    return {}


def _remove(ctx: Context, interface: Json, addresses: list[str]) -> None:
    gone = [one for one in interface["PrivateIpAddresses"] if one["PrivateIpAddress"] in addresses]
    if any("Association" in one for one in gone):
        message = "An address with an associated Elastic IP address cannot be unassigned here."
        raise AwsError("NotImplemented", message, status=501)
    interface["PrivateIpAddresses"] = [one for one in interface["PrivateIpAddresses"] if one not in gone]
    items.put(ctx, NETWORK_INTERFACE, interface)
    count(ctx, interface, gone, 1)

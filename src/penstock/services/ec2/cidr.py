"""Address ranges: what a VPC, a subnet or a rule may have. Pure.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html and subnet-sizing.html
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from penstock.base.errors import AwsError

# Of every subnet AWS keeps the network, router, DNS, spare and broadcast addresses.
RESERVED = 5


def ipv4(text: str, parameter: str = "cidrBlock") -> IPv4Network:
    """The network in its canonical form: AWS makes 100.68.0.18/18 into 100.68.0.0/18. Raises InvalidParameterValue."""
    network = parsed(text)
    if not isinstance(network, IPv4Network):
        raise invalid(text, parameter)
    return network


def ipv6(text: str, parameter: str = "ipv6CidrBlock") -> IPv6Network:
    """Raises InvalidParameterValue."""
    network = parsed(text)
    if not isinstance(network, IPv6Network):
        raise invalid(text, parameter)
    return network


def parsed(text: str) -> IPv4Network | IPv6Network | None:
    """None for what is no address with a prefix length."""
    if not text.partition("/")[2].isdigit():
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def invalid(text: str, parameter: str) -> AwsError:
    message = f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
    return AwsError("InvalidParameterValue", message)


def of_vpc(text: str) -> str:
    """Raises InvalidParameterValue, InvalidVpc.Range."""
    network = ipv4(text)
    if not 16 <= network.prefixlen <= 28:
        raise AwsError("InvalidVpc.Range", f"The CIDR '{text}' is invalid.")
    return str(network)


def of_subnet(text: str, vpc: Iterable[str], siblings: Iterable[str]) -> IPv4Network:
    """Inside one of the VPC's blocks, beside its siblings. Raises InvalidSubnet.Range, InvalidSubnet.Conflict."""
    network = ipv4(text)
    if not 16 <= network.prefixlen <= 28 or not any(network.subnet_of(IPv4Network(block)) for block in vpc):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    if any(network.overlaps(IPv4Network(block)) for block in siblings):
        raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")
    return network


def of_subnet6(text: str, vpc: Iterable[str], siblings: Iterable[str]) -> str:
    """The same for IPv6, where a subnet is anything from a /44 to a /64 in steps of four."""
    network = ipv6(text)
    if network.prefixlen not in range(44, 65, 4) or not any(network.subnet_of(IPv6Network(block)) for block in vpc):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    if any(network.overlaps(IPv6Network(block)) for block in siblings):
        raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")
    return str(network)


def provided_ipv6(digits: str) -> str:
    """A /56 as Amazon would give it, from six hexadecimal digits: of the prefix for documentation, so that no such
    address exists outside."""
    return str(IPv6Network(f"2001:db8:{digits[:4]}:{digits[4:]}00::/56"))


def free_address(block: str, taken: Iterable[str]) -> str:
    """The lowest address of a subnet that nobody has. Raises InsufficientFreeAddressesInSubnet."""
    network, used = IPv4Network(block), set(taken)
    for number in range(RESERVED - 1, network.num_addresses - 1):
        if (address := str(network[number])) not in used:
            return address
    raise AwsError("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses")

"""Requests that break the model's constraints, in EC2's own words, and what is not implemented of an operation.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from penstock.base.errors import AwsError
from penstock.wire.constraints import Fault, Faults, render
from penstock.wire.model import Json, OperationModel

# Operation -> members that ask for something that does not exist here.
_UNSUPPORTED: dict[str, frozenset[str]] = {
    "assign_private_ip_addresses": frozenset({"Ipv4PrefixCount", "Ipv4Prefixes"}),
    "unassign_private_ip_addresses": frozenset({"Ipv4Prefixes"}),
    "associate_vpc_cidr_block": frozenset(
        {"Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6Pool"}
    ),
    "associate_subnet_cidr_block": frozenset({"Ipv6IpamPoolId", "Ipv6NetmaskLength"}),
    "create_subnet": frozenset(
        {"Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "OutpostArn"}
    ),
    "create_vpc": frozenset(
        {"Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6Pool"}
    ),
    "allocate_address": frozenset({"Address", "CustomerOwnedIpv4Pool", "IpamPoolId", "PublicIpv4Pool"}),
    "associate_address": frozenset({"InstanceId"}),
    "create_flow_logs": frozenset({"TagFieldSpecifications"}),
    "create_nat_gateway": frozenset(
        {
            "AvailabilityMode",
            "AvailabilityZoneAddresses",
            "PrivateIpAddress",
            "SecondaryAllocationIds",
            "SecondaryPrivateIpAddressCount",
            "SecondaryPrivateIpAddresses",
        }
    ),
    "create_network_interface": frozenset(
        {
            "Ipv4PrefixCount",
            "Ipv4Prefixes",
            "Ipv6AddressCount",
            "Ipv6Addresses",
            "Ipv6PrefixCount",
            "Ipv6Prefixes",
        }
    ),
    "create_vpc_endpoint": frozenset({"ResourceConfigurationArn", "ServiceNetworkArn", "SubnetConfigurations"}),
    "modify_network_interface_attribute": frozenset(
        {"AssociatePublicIpAddress", "AssociatedSubnetIds", "Attachment", "EnablePrimaryIpv6", "EnaSrdSpecification"}
    ),
    "modify_subnet_attribute": frozenset(
        {"CustomerOwnedIpv4Pool", "DisableLniAtDeviceIndex", "EnableLniAtDeviceIndex", "MapCustomerOwnedIpOnLaunch"}
    ),
}

# Members that messages call by an older name.
_CALLED = {"resources": "resourceIdSet"}


def check(operation: str, request: Json) -> None:
    """Raises NotImplemented for a member that would be ignored."""
    found = _UNSUPPORTED.get(operation, frozenset()) & request.keys()
    if found:
        message = f"Penstock does not implement {min(found)} of ec2.{operation}."
        raise AwsError("NotImplemented", message, status=501)


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """The first fault alone."""
    fault = faults[0]
    name = fault.path.rpartition(".")[2]
    if fault.kind == "required":
        return AwsError("MissingParameter", f"The request must contain the parameter {_CALLED.get(name, name)}")
    value = fault.value if isinstance(fault.value, str) else f" {render(fault.value)} "
    return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.{_why(fault)}")


def _why(fault: Fault) -> str:
    """`Member must have value greater than or equal to 5` is AWS's `Expecting a value greater than 5`."""
    _, found, bound = fault.must.rpartition(" than or equal to ")
    if not found:
        return ""
    return f" Expecting a value {'greater' if 'greater' in fault.must else 'less'} than {bound}."

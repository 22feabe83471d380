"""What EC2 knows of subnets, VPCs and security groups, and what load balancing refuses because of it.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.wire.model import Json


def _ec2(ctx: Context, operation: str, request: Json) -> Json:
    return ctx.as_service(names.PRINCIPAL).call_now("ec2", operation, request)


def subnets_of(request: Json) -> list[str]:
    """The subnets that a request names. Raises ValidationError."""
    plain, mapped = request.get("Subnets") or [], request.get("SubnetMappings") or []
    if plain and mapped:
        raise names.invalid("You cannot specify both subnets and subnet mappings")
    found = plain or [mapping["SubnetId"] for mapping in mapped if "SubnetId" in mapping]
    if not found:
        raise names.invalid("At least one subnet must be specified")
    for mapping in mapped:
        for member in ("AllocationId", "IPv6Address", "PrivateIPv4Address", "SourceNatIpv6Prefix"):
            if member in mapping:
                raise names.unsupported(f"{member} in SubnetMappings: a load balancer has one address on loopback")
    return list(dict.fromkeys(found))


def zones(ctx: Context, subnets: list[str], kind: str) -> tuple[str, list[Json]]:
    """The VPC and the AvailabilityZones of a load balancer in `subnets`. Raises SubnetNotFound and others."""
    try:
        found = {each["SubnetId"]: each for each in _ec2(ctx, "DescribeSubnets", {"SubnetIds": subnets})["Subnets"]}
    except AwsError as error:
        if error.code.startswith("InvalidSubnet"):
            raise AwsError("SubnetNotFoundException", error.message) from None
        raise
    chosen = [found[subnet] for subnet in subnets]
    if len({subnet["VpcId"] for subnet in chosen}) > 1:
        raise AwsError("InvalidSubnetException", "All subnets must belong to the same VPC")
    in_zones = [subnet["AvailabilityZone"] for subnet in chosen]
    if len(set(in_zones)) < len(in_zones):
        raise names.unfit("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
    if kind == "application" and len(in_zones) < 2:
        raise names.invalid("At least two subnets in two different Availability Zones must be specified")
    return chosen[0]["VpcId"], [_zone(subnet) for subnet in chosen]


def _zone(subnet: Json) -> Json:
    return {"ZoneName": subnet["AvailabilityZone"], "SubnetId": subnet["SubnetId"], "LoadBalancerAddresses": []}


def check_vpc(ctx: Context, vpc: str) -> None:
    """Raises ValidationError where there is no such VPC."""
    try:
        _ec2(ctx, "DescribeVpcs", {"VpcIds": [vpc]})
    except AwsError as error:
        if error.code.startswith("InvalidVpc"):
            raise names.invalid(f"The VPC ID '{vpc}' is not found") from None
        raise


def check_groups(ctx: Context, groups: Iterable[str], vpc: str) -> None:
    """Raises InvalidSecurityGroup where one does not exist, InvalidConfigurationRequest where one is not in the VPC."""
    for group in groups:
        if not group.startswith("sg-"):
            raise names.invalid(f"Security group '{group}' is not valid")
    try:
        found = _ec2(ctx, "DescribeSecurityGroups", {"GroupIds": list(groups)})["SecurityGroups"]
    except AwsError as error:
        if error.code.startswith("InvalidGroup"):
            raise AwsError("InvalidSecurityGroupException", error.message) from None
        raise
    if any(group.get("VpcId") != vpc for group in found):
        raise names.unfit("One or more security groups are invalid")


def default_group(ctx: Context, vpc: str) -> list[str]:
    """The security group of an application load balancer that names none: the VPC's own."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    found = _ec2(ctx, "DescribeSecurityGroups", {"Filters": filters})["SecurityGroups"]
    return [group["GroupId"] for group in found]


def address_of_instance(ctx: Context, instance: str) -> str:
    """The private address of an EC2 instance. Raises InvalidTarget where there is none."""
    try:
        found = _ec2(ctx, "DescribeInstances", {"InstanceIds": [instance]})
        [address] = [
            each["PrivateIpAddress"] for reservation in found["Reservations"] for each in reservation["Instances"]
        ]
    except (AwsError, KeyError, ValueError):
        raise AwsError("InvalidTargetException", f"Instance ID '{instance}' is not valid") from None
    return str(address)

"""Load balancers: create, describe, change where they stand, delete.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html and siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names, subnets
from penstock.services.elbv2.attributes import of_load_balancer
from penstock.services.elbv2.state import LOAD_BALANCER, Entry, asked_for, check_arn, mine, scope_of, state
from penstock.services.elbv2.tags import merged
from penstock.wire.model import Json

_MOST = 50  # per region
# What makes a second CreateLoadBalancer with the same name the same request.
_SAME = ("Scheme", "Type", "IpAddressType", "SecurityGroups", "AvailabilityZones")


def create_load_balancer(ctx: Context, request: Json) -> Json:
    name, kind = request["Name"], request.get("Type", "application")
    if kind == "gateway":
        raise names.unsupported("gateway load balancers: there are no packets to inspect on loopback")
    names.check("The load balancer", name)
    if name.startswith("internal-"):
        raise names.invalid(f"The load balancer name '{name}' cannot begin with 'internal-'")
    wanted = _wanted(ctx, request, kind)
    tags = merged({}, request.get("Tags"))
    known = _named(ctx, name)
    if known is not None:
        if any(known.document.get(member) != wanted.get(member) for member in _SAME):
            raise AwsError(
                "DuplicateLoadBalancerNameException",
                f"A load balancer with the same name '{name}' exists, but with different settings",
            )
        return {"LoadBalancers": [known.document]}
    if len(state(ctx).children(LOAD_BALANCER, scope_of(ctx))) >= _MOST:
        raise AwsError("TooManyLoadBalancersException", "You've reached the limit on the number of load balancers")
    arn = names.load_balancer_arn(ctx.region, ctx.account, kind, name)
    document = {
        "LoadBalancerArn": arn,
        "DNSName": names.dns_name(name, ctx.region, arn, wanted["Scheme"] == "internal"),
        "CanonicalHostedZoneId": names.hosted_zone(ctx.region, kind),
        "CreatedTime": ctx.clock.now(),
        "LoadBalancerName": name,
        **wanted,
    }
    state(ctx).put(Entry(arn, LOAD_BALANCER, scope_of(ctx), {**document, "State": {"Code": "active"}}, {}, tags))
    return {"LoadBalancers": [{**document, "State": {"Code": "provisioning"}}]}


def _wanted(ctx: Context, request: Json, kind: str) -> Json:
    """The settings that were asked for, checked."""
    for member in ("CustomerOwnedIpv4Pool", "IpamPools", "EnablePrefixForIpv6SourceNat"):
        if request.get(member) not in (None, [], {}, "off"):
            raise names.unsupported(f"{member}: a load balancer has an address on loopback")
    vpc, zones = subnets.zones(ctx, subnets.subnets_of(request), kind)
    wanted: Json = {
        "Scheme": request.get("Scheme", "internet-facing"),
        "VpcId": vpc,
        "Type": kind,
        "AvailabilityZones": zones,
        "IpAddressType": _ip_address_type(request.get("IpAddressType", "ipv4"), request.get("Scheme"), kind),
    }
    groups = request.get("SecurityGroups") or []
    if groups:
        subnets.check_groups(ctx, groups, vpc)
    elif kind == "application":
        groups = subnets.default_group(ctx, vpc)
    return {**wanted, "SecurityGroups": groups} if groups else wanted


def _ip_address_type(wanted: str, scheme: str | None, kind: str) -> str:
    if wanted == "dualstack-without-public-ipv4" and (kind != "application" or scheme == "internal"):
        raise names.unfit(
            f"The IP address type '{wanted}' is only supported by internet-facing application load balancers"
        )
    return wanted


def _named(ctx: Context, name: str) -> Entry | None:
    mine = state(ctx).children(LOAD_BALANCER, scope_of(ctx))
    return next((entry for entry in mine if entry.document["LoadBalancerName"] == name), None)


def describe_load_balancers(ctx: Context, request: Json) -> Json:
    arns, wanted = request.get("LoadBalancerArns"), request.get("Names")
    if arns and wanted:
        raise names.invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
    if arns:
        found = asked_for(ctx, LOAD_BALANCER, arns, "One or more load balancers not found")
    else:
        found = state(ctx).children(LOAD_BALANCER, scope_of(ctx))
    if wanted:
        by_name = {entry.document["LoadBalancerName"]: entry for entry in found}
        lacking = [name for name in wanted if name not in by_name]
        if lacking:
            raise names.missing("LoadBalancer", f"Load balancers '[{', '.join(lacking)}]' not found")
        found = [by_name[name] for name in dict.fromkeys(wanted)]
    return names.page(request, "LoadBalancers", [entry.document for entry in found])


def delete_load_balancer(ctx: Context, request: Json) -> Json:
    """Deleting one that does not exist succeeds."""
    check_arn(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    entry = state(ctx).find(LOAD_BALANCER, request["LoadBalancerArn"])
    if entry is None or entry.parent != scope_of(ctx):
        return {}
    if of_load_balancer(entry)["deletion_protection.enabled"] == "true":
        raise AwsError(
            "OperationNotPermittedException",
            f"Load balancer '{entry.arn}' cannot be deleted because deletion protection is enabled",
        )
    groups = (group for group in state(ctx).all("target") if group.document["Id"] == entry.arn)
    if (group := next(groups, None)) is not None:
        raise AwsError(
            "ResourceInUseException",
            f"Load balancer '{entry.arn}' cannot be deleted because it is a target of '{group.parent}'",
        )
    state(ctx).drop(entry)
    return {}


def set_subnets(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    kind = entry.document["Type"]
    vpc, zones = subnets.zones(ctx, subnets.subnets_of(request), kind)
    if vpc != entry.document["VpcId"]:
        raise AwsError("InvalidSubnetException", "All subnets must belong to the load balancer's VPC")
    kept: str = entry.document["IpAddressType"]
    wanted = _ip_address_type(request.get("IpAddressType") or kept, entry.document["Scheme"], kind)
    _change(ctx, entry, AvailabilityZones=zones, IpAddressType=wanted)
    return {"AvailabilityZones": zones, "IpAddressType": wanted}


def set_security_groups(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    groups = request["SecurityGroups"]
    if entry.document["Type"] == "network" and not entry.document.get("SecurityGroups"):
        raise names.unfit(
            "You cannot set security groups on a load balancer of type 'network' that was created without them"
        )
    if not groups:
        raise names.invalid("At least one security group must be specified")
    subnets.check_groups(ctx, groups, entry.document["VpcId"])
    enforced = request.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    shown = {"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": enforced} if enforced else {}
    _change(ctx, entry, SecurityGroups=groups, **shown)
    return {"SecurityGroupIds": groups, **shown}


def set_ip_address_type(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    wanted = _ip_address_type(request["IpAddressType"], entry.document["Scheme"], entry.document["Type"])
    _change(ctx, entry, IpAddressType=wanted)
    return {"IpAddressType": wanted}


def _change(ctx: Context, entry: Entry, **members: object) -> None:
    entry.document = {**entry.document, **members}
    state(ctx).put(entry)

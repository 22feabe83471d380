"""Target groups: create, describe, change their health checks, delete.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html and siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import health_settings, names, subnets
from penstock.services.elbv2.attribute_tables import group_kind
from penstock.services.elbv2.state import GROUP, LOAD_BALANCER, Entry, asked_for, check_arn, mine, scope_of, state
from penstock.services.elbv2.tags import merged
from penstock.wire.model import Json

_MOST = 3000  # per region
_SERVED = ("HTTP", "HTTPS", "TCP", "TLS")
_NEEDED = (("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID"))
_NOT_FOUND = "One or more target groups not found"


def create_target_group(ctx: Context, request: Json) -> Json:
    name = request["Name"]
    names.check("Target group", name)
    tags = merged({}, request.get("Tags"))
    wanted = _wanted(request)
    if "VpcId" in wanted:
        subnets.check_vpc(ctx, wanted["VpcId"])
    known = _named(ctx, name)
    if known is not None:
        if any(known.document.get(member) != value for member, value in wanted.items()):
            raise AwsError(
                "DuplicateTargetGroupNameException",
                f"A target group with the same name '{name}' exists, but with different settings",
            )
        return {"TargetGroups": [_shown(ctx, known)]}
    if len(state(ctx).children(GROUP, scope_of(ctx))) >= _MOST:
        raise AwsError("TooManyTargetGroupsException", "You've reached the limit on the number of target groups")
    arn = names.target_group_arn(ctx.region, ctx.account, name)
    document = {"TargetGroupArn": arn, "TargetGroupName": name, **wanted}
    state(ctx).put(Entry(arn, GROUP, scope_of(ctx), document, {}, tags))
    return {"TargetGroups": [document]}  # without LoadBalancerArns, as AWS: a new one has none


def _wanted(request: Json) -> Json:
    """The settings that were asked for, with all defaults. Raises ValidationError."""
    kind = request.get("TargetType", "instance")
    for member in ("TargetControlPort",):
        if member in request:
            raise names.unsupported(f"{member} of target groups")
    _check_traffic(kind, request)
    wanted = {member: request[member] for member, _ in _NEEDED if member in request}
    wanted["TargetType"] = kind
    if request.get("IpAddressType", "ipv4") != "ipv4":
        raise names.unsupported("targets with IPv6 addresses: targets are on loopback, 127.0.0.0/8")
    wanted["IpAddressType"] = "ipv4"
    if wanted.get("Protocol") in ("HTTP", "HTTPS"):
        wanted["ProtocolVersion"] = request.get("ProtocolVersion", "HTTP1")
        if wanted["ProtocolVersion"] != "HTTP1":
            raise names.unsupported(
                f"the protocol version {wanted['ProtocolVersion']}: targets are spoken to in HTTP/1.1"
            )
    given = {member: request[member] for member in health_settings.MEMBERS if member in request}
    return {**wanted, **health_settings.settled(group_kind(wanted), kind, given)}


def _check_traffic(kind: str, request: Json) -> None:
    for member, words in _NEEDED:
        if kind == "lambda" and member in request:
            words = words if member == "VpcId" else member
            raise names.invalid(f"{words} cannot be specified for target groups with target type 'lambda'")
        if kind != "lambda" and member not in request:
            raise names.invalid(f"A {words} must be specified")
    if kind == "lambda":
        return
    if request["Protocol"] not in _SERVED:
        raise names.unsupported(f"target groups with the protocol {request['Protocol']}")
    if kind == "alb" and request["Protocol"] != "TCP":
        raise names.unfit("Protocol 'TCP' must be specified for target groups with target type 'alb'")


def _named(ctx: Context, name: str) -> Entry | None:
    mine = state(ctx).children(GROUP, scope_of(ctx))
    return next((entry for entry in mine if entry.document["TargetGroupName"] == name), None)


def _shown(ctx: Context, entry: Entry) -> Json:
    return {**entry.document, "LoadBalancerArns": state(ctx).uses(entry.arn)}


def describe_target_groups(ctx: Context, request: Json) -> Json:
    balancer, arns, wanted = (request.get(key) for key in ("LoadBalancerArn", "TargetGroupArns", "Names"))
    if sum(map(bool, (balancer, arns, wanted))) > 1:
        raise names.invalid(
            "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"
        )
    found = state(ctx).children(GROUP, scope_of(ctx))
    if arns:
        found = asked_for(ctx, GROUP, arns, _NOT_FOUND)
    elif balancer:
        mine(ctx, LOAD_BALANCER, balancer)
        found = [entry for entry in found if balancer in state(ctx).uses(entry.arn)]
        if not found:
            raise names.missing("TargetGroup", _NOT_FOUND)
    elif wanted:
        found = [entry for entry in found if entry.document["TargetGroupName"] in wanted]
        if len(found) < len(set(wanted)):
            raise names.missing("TargetGroup", _NOT_FOUND)
    found.sort(key=lambda entry: str(entry.document["TargetGroupName"]))
    return names.page(request, "TargetGroups", [_shown(ctx, entry) for entry in found])


def modify_target_group(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, GROUP, request["TargetGroupArn"])
    given = {member: request[member] for member in health_settings.MEMBERS if member in request}
    known = {member: entry.document[member] for member in health_settings.MEMBERS if member in entry.document}
    if "HealthCheckProtocol" in given and given["HealthCheckProtocol"] != known.get("HealthCheckProtocol"):
        for member in ("HealthCheckPath", "Matcher"):  # TCP has none, HTTP gets its defaults
            known.pop(member, None)
    settings = health_settings.settled(group_kind(entry.document), entry.document["TargetType"], {**known, **given})
    kept = {key: value for key, value in entry.document.items() if key not in health_settings.MEMBERS}
    entry.document = {**kept, **settings}
    return {"TargetGroups": [_shown(ctx, state(ctx).put(entry))]}


def delete_target_group(ctx: Context, request: Json) -> Json:
    """Deleting one that does not exist succeeds."""
    check_arn(ctx, GROUP, request["TargetGroupArn"])
    entry = state(ctx).find(GROUP, request["TargetGroupArn"])
    if entry is None or entry.parent != scope_of(ctx):
        return {}
    if state(ctx).uses(entry.arn):
        raise AwsError(
            "ResourceInUseException", f"Target group '{entry.arn}' is currently in use by a listener or a rule"
        )
    state(ctx).drop(entry)
    return {}

"""Targets: register, deregister, and how they are.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html and its siblings.
"""

import ipaddress

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.services.elbv2.state import GROUP, LISTENER, LOAD_BALANCER, TARGET, Entry, mine, state
from penstock.services.elbv2.subnets import address_of_instance
from penstock.wire.model import Json

_MOST = 1000  # per target group
_NO_OVERRIDE = {
    "State": "no_override",
    "Reason": "AdministrativeOverride.NoOverride",
    "Description": "No override is currently active on target",
}
_NOT_REGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")


def register_targets(ctx: Context, request: Json) -> Json:
    """One that is draining is taken back; one that is registered already is left as it is."""
    group = mine(ctx, GROUP, request["TargetGroupArn"])
    wanted = {key: document for given in request["Targets"] for key, document in [_target(ctx, group, given)]}
    known = {entry.arn for entry in state(ctx).children(TARGET, group.arn)}
    limit = 1 if group.document["TargetType"] in ("lambda", "alb") else _MOST
    if len(known | set(wanted)) > limit:
        raise AwsError("TooManyTargetsException", "You've reached the limit on the number of targets per target group")
    for arn, document in wanted.items():
        before = state(ctx).find(TARGET, arn)
        if before is None or before.document != document:
            state(ctx).put(Entry(arn, TARGET, group.arn, document))
    return {}


def deregister_targets(ctx: Context, request: Json) -> Json:
    """Targets that are not registered are passed over. One with requests in flight drains; any other is gone."""
    group = mine(ctx, GROUP, request["TargetGroupArn"])
    for given in request["Targets"]:
        for entry in _registered(ctx, group, given):
            if state(ctx).plane.retire(entry):
                entry.document = {**entry.document, "DrainingSince": ctx.clock.now()}
                state(ctx).put(entry)
            else:
                state(ctx).drop(entry)
    return {}


def _registered(ctx: Context, group: Entry, given: Json) -> list[Entry]:
    """The targets that a description means: without a port, all with that id."""
    return [
        entry
        for entry in state(ctx).children(TARGET, group.arn)
        if entry.document["Id"] == given["Id"] and given.get("Port") in (None, entry.document.get("Port"))
    ]


def describe_target_health(ctx: Context, request: Json) -> Json:
    group = mine(ctx, GROUP, request["TargetGroupArn"])
    asked = request.get("Targets") or []
    if not asked:
        return _descriptions(ctx, request, group, state(ctx).children(TARGET, group.arn))
    found: list[Entry] = []
    for given in asked:
        port = {"Port": given.get("Port", group.document["Port"])} if "Port" in group.document else {}
        nobody = Entry("", TARGET, group.arn, {"Id": given["Id"], **port})
        found += _registered(ctx, group, given) or [nobody]
    return _descriptions(ctx, request, group, found)


def _descriptions(ctx: Context, request: Json, group: Entry, entries: list[Entry]) -> Json:
    anomalies = "AnomalyDetection" in request.get("Include", []) or "All" in request.get("Include", [])
    detected = {"AnomalyDetection": {"Result": "normal", "MitigationInEffect": "no"}} if anomalies else {}
    return {"TargetHealthDescriptions": [{**_description(ctx, group, entry), **detected} for entry in entries]}


def _description(ctx: Context, group: Entry, entry: Entry) -> Json:
    health = state(ctx).plane.health(entry) if entry.arn else _NOT_REGISTERED
    target = {
        member: entry.document[member] for member in ("Id", "Port", "AvailabilityZone") if member in entry.document
    }
    found: Json = {"Target": target, "TargetHealth": {"State": health[0]}}
    if health[1]:
        found["TargetHealth"] |= {"Reason": health[1], "Description": health[2]}
    if entry.arn and group.document["TargetType"] != "lambda":
        found["AdministrativeOverride"] = _NO_OVERRIDE
    port = group.document.get("HealthCheckPort")
    if port is not None:
        found["HealthCheckPort"] = str(entry.document["Port"]) if port == "traffic-port" else port
    return found


# -- what may be registered ------------------------------------------------------------------------------------


def _target(ctx: Context, group: Entry, given: Json) -> tuple[str, Json]:
    """The key and the document of a target. Raises InvalidTarget and ValidationError."""
    kind, identity = group.document["TargetType"], given["Id"]
    document: Json = {"Id": identity}
    if kind == "lambda":
        if "Port" in given:
            raise names.invalid("Port cannot be specified for target groups with target type 'lambda'")
        _check_function(ctx, identity)
        return f"{group.arn}#{identity}", document
    document["Port"] = given.get("Port", group.document["Port"])
    if "AvailabilityZone" in given:
        document["AvailabilityZone"] = given["AvailabilityZone"]
    if kind == "ip":
        _check_address(identity)
        document["Address"] = identity
    elif kind == "alb":
        _check_load_balancer(ctx, identity, document["Port"])
    else:
        document["Address"] = address_of_instance(ctx, identity)
    return f"{group.arn}#{identity}#{document['Port']}", document


def _check_address(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise names.invalid(f"The IP address '{text}' is not a valid IPv4 address") from None


def _check_function(ctx: Context, arn: str) -> None:
    if ":function:" not in arn:
        raise names.invalid(f"'{arn}' is not a valid Lambda function ARN")
    try:
        ctx.as_service(names.PRINCIPAL).call_now("lambda", "GetFunctionConfiguration", {"FunctionName": arn})
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise AwsError("InvalidTargetException", f"The Lambda function '{arn}' does not exist") from None


def _check_load_balancer(ctx: Context, arn: str, port: int) -> None:
    balancer = state(ctx).find(LOAD_BALANCER, arn)
    if balancer is None or balancer.document["Type"] != "application":
        raise AwsError("InvalidTargetException", f"Application load balancer '{arn}' does not exist")
    if not any(listener.document["Port"] == port for listener in state(ctx).children(LISTENER, arn)):
        raise AwsError("InvalidTargetException", f"Application load balancer '{arn}' has no listener on port '{port}'")

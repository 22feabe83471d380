"""Attributes: describe and modify those of load balancers, listeners and target groups.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroupAttributes.html
"""

from collections.abc import Awaitable, Mapping

from penstock.call import Context
from penstock.services.elbv2 import attribute_tables as tables
from penstock.services.elbv2 import log_delivery, names
from penstock.services.elbv2.attribute_tables import Attribute, group_kind
from penstock.services.elbv2.state import GROUP, LISTENER, LOAD_BALANCER, Entry, mine, state
from penstock.wire.model import Json


def describe_load_balancer_attributes(ctx: Context, request: Json) -> Json:
    return _shown(of_load_balancer(mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])))


def modify_load_balancer_attributes(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    entry = mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    wanted = _wanted(request, tables.LOAD_BALANCER, entry.document["Type"], "Load balancer")
    if entry.document["Type"] == tables.ALB and wanted.get("load_balancing.cross_zone.enabled") == "false":
        raise names.unfit("Cross-zone load balancing cannot be disabled for load balancers of type 'application'")
    for logs in ("access_logs", "connection_logs", "health_check_logs"):
        bucket = wanted.get(f"{logs}.s3.bucket") or entry.attributes.get(f"{logs}.s3.bucket")
        if wanted.get(f"{logs}.s3.enabled") == "true" and not bucket:
            raise names.unfit(f"'{logs}.s3.bucket' must be specified if '{logs}.s3.enabled' is 'true'")
    if entry.document["Type"] == tables.ALB and wanted.get("access_logs.s3.enabled") == "true":
        return _logged(ctx, entry, wanted)
    return _shown(of_load_balancer(_changed(ctx, entry, wanted)))


async def _logged(ctx: Context, entry: Entry, wanted: Json) -> Json:
    """Changes an application load balancer to one that writes access logs, if it may write them."""
    settings = {**of_load_balancer(entry), **wanted}
    await log_delivery.check(ctx, settings["access_logs.s3.bucket"], settings["access_logs.s3.prefix"])
    return _shown(of_load_balancer(_changed(ctx, mine(ctx, LOAD_BALANCER, entry.arn), wanted)))


def describe_listener_attributes(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LISTENER, request["ListenerArn"])
    return _shown(of_listener(entry, state(ctx).entries[entry.parent]))


def modify_listener_attributes(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, LISTENER, request["ListenerArn"])
    balancer = state(ctx).entries[entry.parent]
    wanted = _wanted(request, tables.LISTENER, balancer.document["Type"], "Listener")
    return _shown(of_listener(_changed(ctx, entry, wanted), balancer))


def describe_target_group_attributes(ctx: Context, request: Json) -> Json:
    return _shown(of_group(mine(ctx, GROUP, request["TargetGroupArn"])))


def modify_target_group_attributes(ctx: Context, request: Json) -> Json:
    entry = mine(ctx, GROUP, request["TargetGroupArn"])
    kind = group_kind(entry.document)
    if kind == "lambda":
        for attribute in request["Attributes"]:
            if attribute["Key"] == "deregistration_delay.timeout_seconds":
                raise names.unfit(
                    "A target group with target type 'lambda' does not support the attribute "
                    "deregistration_delay.timeout_seconds"
                )
    given = {attribute.get("Key", ""): attribute.get("Value") or "" for attribute in request["Attributes"]}
    _check_stickiness(entry.document.get("Protocol", ""), {**of_group(entry), **given}, given)
    wanted = _wanted(request, tables.TARGET_GROUP, kind, "Target group")
    return _shown(of_group(_changed(ctx, entry, wanted)))


def _wanted(request: Json, table: Mapping[str, Attribute], kind: str, what: str) -> Json:
    """The attributes of a request. Raises ValidationError for a key or a value that is not theirs."""
    wanted: Json = {}
    for given in request["Attributes"]:
        key, value = given.get("Key", ""), given.get("Value") or ""
        if key in wanted:
            raise names.invalid(f"{what} attribute key '{key}' was specified more than once")
        attribute = table.get(key)
        if attribute is None:
            raise names.invalid(f"{what} attribute key '{key}' is not recognized")
        if kind not in attribute.kinds:
            raise names.unfit(f"{what} attribute key '{key}' is not supported on {_of(what, kind)}")
        attribute.check(key, value)
        if (key, value) == ("proxy_protocol_v2.enabled", "true"):
            raise names.unsupported("proxy protocol: targets are sent what the client sends")
        wanted[key] = value
    return wanted


_GROUPS = {"lambda": "target type 'lambda'", "http": "the protocol HTTP or HTTPS", "tcp": "the protocol TCP or TLS"}


def _of(what: str, kind: str) -> str:
    return f"target groups with {_GROUPS[kind]}" if what == "Target group" else f"load balancers with type '{kind}'"


_STICKINESS = {"http": ("lb_cookie", "app_cookie"), "lambda": ("lb_cookie",), "tcp": ("source_ip",)}
_ALL_TYPES = ("app_cookie", "lb_cookie", "source_ip")


def _check_stickiness(protocol: str, after: Json, wanted: Json) -> None:
    chosen = after["stickiness.type"]
    if chosen not in _ALL_TYPES:
        raise names.invalid(f"'Stickiness type' must be one of [{', '.join(_ALL_TYPES)}]")
    kind = "lambda" if not protocol else "http" if protocol in ("HTTP", "HTTPS") else "tcp"
    if chosen not in _STICKINESS[kind]:
        raise names.unfit(
            f"Stickiness type '{chosen}' is not supported for target groups with the {protocol or 'HTTP'} protocol"
        )
    if protocol == "TLS" and (wanted.get("stickiness.enabled") == "true" or "stickiness.type" in wanted):
        raise names.unfit("You cannot enable stickiness on target groups with the TLS protocol")
    if chosen == "app_cookie" and not after.get("stickiness.app_cookie.cookie_name"):
        raise names.unfit("You must set an application cookie name to enable stickiness of type 'app_cookie'")


def _changed(ctx: Context, entry: Entry, wanted: Json) -> Entry:
    entry.attributes = {**entry.attributes, **wanted}
    return state(ctx).put(entry)


def _shown(attributes: Json) -> Json:
    return {"Attributes": names.pairs(attributes)}


# -- all of them, those that were not set as well --------------------------------------------------------


def of_load_balancer(entry: Entry) -> Json:
    found = tables.defaults(tables.LOAD_BALANCER, entry.document["Type"])
    if entry.document["Type"] == tables.ALB:
        found["load_balancing.cross_zone.enabled"] = "true"
    if entry.document["Scheme"] == "internal":
        found["ipv6.deny_all_igw_traffic"] = "true"
    return {**found, **entry.attributes}


def of_listener(entry: Entry, balancer: Entry) -> Json:
    return {**tables.defaults(tables.LISTENER, balancer.document["Type"]), **entry.attributes}


def of_group(entry: Entry) -> Json:
    kind = group_kind(entry.document)
    found = tables.defaults(tables.TARGET_GROUP, kind)
    found["stickiness.type"] = _STICKINESS[kind][0]
    if kind == "tcp":
        not_preserved = entry.document["TargetType"] == "ip" and entry.document["Protocol"] in ("TCP", "TLS")
        found["preserve_client_ip.enabled"] = "false" if not_preserved else "true"
    return {**found, **entry.attributes}

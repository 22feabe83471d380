"""The attributes of load balancers, listeners and target groups: their defaults, and what their values may be. Pure.

Rule: a table per kind. An attribute without a default is shown once it is set.
Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyLoadBalancerAttributes.html and
its siblings for target groups and listeners.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.services.elbv2 import names
from penstock.wire.model import Json

Check = Callable[[str, str], None]  # (key, value); raises ValidationError

ALB, NLB = "application", "network"
ON_ALB, ON_NLB, ON_BOTH = frozenset({ALB}), frozenset({NLB}), frozenset({ALB, NLB})
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_RESERVED_COOKIES = ("AWSALB", "AWSALBAPP", "AWSALBTG")


def _one_of(*values: str) -> Check:
    def check(key: str, value: str) -> None:
        if value not in values:
            raise names.invalid(f"'{key}' value '{value}' must be one of [{', '.join(values)}]")

    return check


def _between(low: int, high: int, *others: str) -> Check:
    def check(key: str, value: str) -> None:
        if value in others:
            return
        if not value.isdigit() or not low <= int(value) <= high:
            raise names.invalid(f"'{key}' value '{value}' must be between '{low}-{high}' inclusive")

    return check


def _any(key: str, value: str) -> None:
    """Any text."""


def _cookie(key: str, value: str) -> None:
    if value and (not _COOKIE_NAME.fullmatch(value) or value.upper().startswith(_RESERVED_COOKIES)):
        raise names.invalid(f"'{key}' value '{value}' is not a valid name of an application cookie")


_BOOL = _one_of("true", "false")
_WEEK = _between(1, 604_800)


@dataclass(frozen=True, slots=True)
class Attribute:
    check: Check
    default: str | None
    kinds: frozenset[str] = ON_BOTH


LOAD_BALANCER: Mapping[str, Attribute] = {
    "access_logs.s3.enabled": Attribute(_BOOL, "false"),
    "access_logs.s3.bucket": Attribute(_any, ""),
    "access_logs.s3.prefix": Attribute(_any, ""),
    "deletion_protection.enabled": Attribute(_BOOL, "false"),
    "ipv6.deny_all_igw_traffic": Attribute(_BOOL, "false"),
    "zonal_shift.config.enabled": Attribute(_BOOL, "false"),
    "idle_timeout.timeout_seconds": Attribute(_between(1, 4000), "60", ON_ALB),
    "client_keep_alive.seconds": Attribute(_between(60, 604_800), "3600", ON_ALB),
    "connection_logs.s3.enabled": Attribute(_BOOL, "false", ON_ALB),
    "connection_logs.s3.bucket": Attribute(_any, "", ON_ALB),
    "connection_logs.s3.prefix": Attribute(_any, "", ON_ALB),
    "health_check_logs.s3.enabled": Attribute(_BOOL, "false", ON_ALB),
    "health_check_logs.s3.bucket": Attribute(_any, "", ON_ALB),
    "health_check_logs.s3.prefix": Attribute(_any, "", ON_ALB),
    "load_balancing.cross_zone.enabled": Attribute(_BOOL, "false"),
    "routing.http.desync_mitigation_mode": Attribute(_one_of("monitor", "defensive", "strictest"), "defensive", ON_ALB),
    "routing.http.drop_invalid_header_fields.enabled": Attribute(_BOOL, "false", ON_ALB),
    "routing.http.preserve_host_header.enabled": Attribute(_BOOL, "false", ON_ALB),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": Attribute(_BOOL, "false", ON_ALB),
    "routing.http.xff_client_port.enabled": Attribute(_BOOL, "false", ON_ALB),
    "routing.http.xff_header_processing.mode": Attribute(_one_of("append", "preserve", "remove"), "append", ON_ALB),
    "routing.http2.enabled": Attribute(_BOOL, "true", ON_ALB),
    "waf.fail_open.enabled": Attribute(_BOOL, "false", ON_ALB),
    "dns_record.client_routing_policy": Attribute(
        _one_of("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
        "any_availability_zone",
        ON_NLB,
    ),
    "secondary_ips.auto_assigned.per_subnet": Attribute(_between(0, 7), "0", ON_NLB),
}

_REQUEST_HEADERS = (
    "x_amzn_mtls_clientcert_serial_number",
    "x_amzn_mtls_clientcert_issuer",
    "x_amzn_mtls_clientcert_subject",
    "x_amzn_mtls_clientcert_validity",
    "x_amzn_mtls_clientcert_leaf",
    "x_amzn_mtls_clientcert",
    "x_amzn_tls_version",
    "x_amzn_tls_cipher_suite",
)
RESPONSE_HEADERS = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)
LISTENER: Mapping[str, Attribute] = {
    "tcp.idle_timeout.seconds": Attribute(_between(60, 6000), "350", ON_NLB),
    "routing.http.response.server.enabled": Attribute(_BOOL, "true", ON_ALB),
    **{
        f"routing.http.request.{name}.header_name": Attribute(_any, name.replace("_", "-").title(), ON_ALB)
        for name in _REQUEST_HEADERS
    },
    **{f"routing.http.response.{name}.header_value": Attribute(_any, "", ON_ALB) for name in RESPONSE_HEADERS},
}

# Of target groups, `kinds` are what the group is for: see `group_kind`.
_ALB_GROUP, _NLB_GROUP, _LAMBDA = frozenset({"http"}), frozenset({"tcp"}), frozenset({"lambda"})
_SERVERS = _ALB_GROUP | _NLB_GROUP
_ROUTED = _SERVERS | _LAMBDA
_HEALTH = "target_group_health"
TARGET_GROUP: Mapping[str, Attribute] = {
    "deregistration_delay.timeout_seconds": Attribute(_between(0, 3600), "300", _SERVERS),
    "stickiness.enabled": Attribute(_BOOL, "false", _ROUTED),
    "stickiness.type": Attribute(_any, None, _ROUTED),  # its default depends on the group, its values as well
    "load_balancing.cross_zone.enabled": Attribute(
        _one_of("true", "false", "use_load_balancer_configuration"), "use_load_balancer_configuration", _ROUTED
    ),
    **{
        f"{_HEALTH}.{state}.minimum_healthy_targets.{unit}": Attribute(_between(1, limit, "off"), default, _ROUTED)
        for state in ("dns_failover", "unhealthy_state_routing")
        for unit, limit, default in (("count", 1000, "1"), ("percentage", 100, "off"))
    },
    "load_balancing.algorithm.type": Attribute(
        _one_of("round_robin", "least_outstanding_requests", "weighted_random"), "round_robin", _ALB_GROUP
    ),
    "load_balancing.algorithm.anomaly_mitigation": Attribute(_one_of("on", "off"), "off", _ALB_GROUP),
    "slow_start.duration_seconds": Attribute(_between(30, 900, "0"), "0", _ALB_GROUP),
    "stickiness.app_cookie.cookie_name": Attribute(_cookie, "", _ALB_GROUP),
    "stickiness.app_cookie.duration_seconds": Attribute(_WEEK, "86400", _ALB_GROUP),
    "stickiness.lb_cookie.duration_seconds": Attribute(_WEEK, "86400", _ALB_GROUP | _LAMBDA),
    "lambda.multi_value_headers.enabled": Attribute(_BOOL, "false", _LAMBDA),
    "deregistration_delay.connection_termination.enabled": Attribute(_BOOL, "false", _NLB_GROUP),
    "preserve_client_ip.enabled": Attribute(_BOOL, None, _NLB_GROUP),
    "proxy_protocol_v2.enabled": Attribute(_BOOL, "false", _NLB_GROUP),
    "target_health_state.unhealthy.connection_termination.enabled": Attribute(_BOOL, "true", _NLB_GROUP),
    "target_health_state.unhealthy.draining_interval_seconds": Attribute(_between(0, 360_000), "0", _NLB_GROUP),
}


def group_kind(group: Json) -> str:
    """What a target group is for: `lambda`, `http` (application) or `tcp` (network load balancers)."""
    if group["TargetType"] == "lambda":
        return "lambda"
    return "http" if group["Protocol"] in ("HTTP", "HTTPS") else "tcp"


def defaults(table: Mapping[str, Attribute], kind: str) -> Json:
    return {
        key: attribute.default
        for key, attribute in table.items()
        if kind in attribute.kinds and attribute.default is not None
    }

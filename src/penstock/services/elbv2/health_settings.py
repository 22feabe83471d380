"""The settings of health checks: their defaults by target type and protocol, and what is refused. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
"""

import re

from penstock.services.elbv2 import names
from penstock.wire.model import Json

MEMBERS = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckEnabled",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
)
_PROTOCOLS = ("HTTP", "HTTPS", "TCP")
_APPLICATION = ("HTTP", "HTTPS")
_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_CODE_RANGES = {"http": (200, 499), "tcp": (200, 599), "lambda": (200, 499)}

_COMMON: Json = {"HealthCheckIntervalSeconds": 30, "HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2}
_LAMBDA: Json = {
    **_COMMON,
    "HealthCheckEnabled": False,
    "HealthCheckIntervalSeconds": 35,
    "HealthCheckTimeoutSeconds": 30,
    "HealthCheckPath": "/",
    "Matcher": {"HttpCode": "200"},
}


def settled(kind: str, target_type: str, given: Json) -> Json:
    """`given` with defaults for what is missing; `kind` as `group_kind` says. Raises ValidationError."""
    if target_type == "lambda":
        found = {**_LAMBDA, **given}
    else:
        protocol = given.get("HealthCheckProtocol") or ("HTTP" if kind == "http" or target_type == "alb" else "TCP")
        found = {**_defaults(kind, protocol), **given, "HealthCheckProtocol": protocol}
    _check(kind, target_type, found)
    return found


def _defaults(kind: str, protocol: str) -> Json:
    found = {**_COMMON, "HealthCheckEnabled": True, "HealthCheckPort": "traffic-port"}
    if protocol == "TCP":
        return {**found, "HealthCheckTimeoutSeconds": 10}
    if kind == "http":
        return {**found, "HealthCheckTimeoutSeconds": 5, "HealthCheckPath": "/", "Matcher": {"HttpCode": "200"}}
    seconds = 6 if protocol == "HTTP" else 10
    return {**found, "HealthCheckTimeoutSeconds": seconds, "HealthCheckPath": "/", "Matcher": {"HttpCode": "200-399"}}


def _check(kind: str, target_type: str, found: Json) -> None:
    protocol = found.get("HealthCheckProtocol")
    if target_type == "lambda" and (protocol or "HealthCheckPort" in found):
        raise names.invalid(
            "Health check protocol and port cannot be specified for target groups with target type 'lambda'"
        )
    if target_type != "lambda" and protocol not in _PROTOCOLS:
        raise names.invalid(f"Health check protocol '{protocol}' must be one of '{', '.join(_PROTOCOLS)}'")
    if kind == "http" and protocol == "TCP":
        raise names.unfit(
            "Health check protocol 'TCP' is not supported for target groups with the HTTP or HTTPS protocol"
        )
    if target_type != "lambda" and not found["HealthCheckEnabled"]:
        raise names.invalid(f"Health check enabled must be true for target groups with target type '{target_type}'")
    if protocol == "TCP" and ("HealthCheckPath" in found or "Matcher" in found):
        raise names.invalid("Health check path and matcher cannot be specified for health checks with the TCP protocol")
    _check_port(found.get("HealthCheckPort", "traffic-port"))
    _check_times(kind, found)
    if "HealthCheckPath" in found and not found["HealthCheckPath"].startswith("/"):
        raise names.invalid(f"Health check path '{found['HealthCheckPath']}' must begin with a '/' character")
    if "Matcher" in found:
        _check_matcher(kind, found["Matcher"])


def _check_port(port: str) -> None:
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65_535):
        raise names.invalid(f"Health check port '{port}' must be '1'-'65535' or 'traffic-port'")


def _check_times(kind: str, found: Json) -> None:
    timeout, interval = found["HealthCheckTimeoutSeconds"], found["HealthCheckIntervalSeconds"]
    if kind == "tcp" and timeout > interval:
        raise names.invalid(
            f"Health check timeout '{timeout}' must be smaller than or equal to the interval '{interval}'"
        )
    if kind != "tcp" and timeout >= interval:
        raise names.invalid(f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'")


def _check_matcher(kind: str, matcher: Json) -> None:
    if "GrpcCode" in matcher:
        raise names.unsupported("health checks by gRPC code")
    codes, (low, high) = matcher.get("HttpCode", ""), _CODE_RANGES[kind]
    if not _CODES.fullmatch(codes):
        raise names.invalid(f"Health check matcher HTTP code '{codes}' must be like 200 | 200-399 | 200,201 ...")
    if not all(low <= first <= last <= high for first, last in code_ranges(codes)):
        raise names.invalid(f"Health check matcher HTTP code '{codes}' must be within '{low}-{high}' inclusive")


def code_ranges(codes: str) -> list[tuple[int, int]]:
    """`200,202-204` -> `[(200, 200), (202, 204)]`"""
    found = []
    for part in codes.split(","):
        first, _, last = part.partition("-")
        found.append((int(first), int(last or first)))
    return found

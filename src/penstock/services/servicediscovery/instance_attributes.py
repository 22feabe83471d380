"""What an instance has to say about itself, so that the records of its service can be made. Pure.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html
"""

import ipaddress
from collections.abc import Callable

from penstock.services.servicediscovery.errors import invalid
from penstock.services.servicediscovery.state import HTTP, MapService

MAX_CUSTOM = 30
MAX_SIZE = 5000  # characters of all keys and values

IPV4, IPV6, PORT = "AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_PORT"
CNAME, ALIAS = "AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME"
EC2, INITIAL_HEALTH = "AWS_EC2_INSTANCE_ID", "AWS_INIT_HEALTH_STATUS"

_KNOWN = frozenset({IPV4, IPV6, PORT, CNAME, ALIAS, EC2, INITIAL_HEALTH})
_INSTANCE = frozenset({IPV4, IPV6, PORT, CNAME})
_OF_RECORD = {"A": IPV4, "AAAA": IPV6, "CNAME": CNAME}


def check(service: MapService, attributes: dict[str, str]) -> None:
    """Raises InvalidInput."""
    _check_size(attributes)
    for name, (is_valid, what) in _FORMS.items():
        if name in attributes and not is_valid(attributes[name]):
            raise invalid(f"The value {attributes[name]} of attribute {name} is not {what}")
    if EC2 in attributes:
        raise _refused_ec2(service, attributes)
    if ALIAS in attributes:
        _check_alias(service, attributes)
    else:
        _check_required(service, attributes)


def _check_size(attributes: dict[str, str]) -> None:
    if sum(name not in _KNOWN for name in attributes) > MAX_CUSTOM:
        raise invalid(f"An instance can have at most {MAX_CUSTOM} custom attributes")
    if sum(len(name) + len(value) for name, value in attributes.items()) > MAX_SIZE:
        raise invalid(f"The total size of all attributes must not exceed {MAX_SIZE} characters")


def _check_alias(service: MapService, attributes: dict[str, str]) -> None:
    if not service.record_types & {"A", "AAAA"}:
        raise invalid("ALIAS instance can be registered only in services with A or AAAA records")
    if not service.weighted:
        raise invalid("ALIAS instance can be registered only in services with WEIGHTED routing policy")
    if _INSTANCE & attributes.keys():
        raise invalid(f"{ALIAS} can't be combined with any of the AWS_INSTANCE attributes")


def _check_required(service: MapService, attributes: dict[str, str]) -> None:
    required = [_OF_RECORD[type] for type in sorted(service.record_types) if type in _OF_RECORD]
    if "SRV" in service.record_types:
        if not {IPV4, IPV6} & attributes.keys():
            raise invalid(f"Instance must have {IPV4} or {IPV6} attribute for a service with SRV record")
        required.append(PORT)
    if "HealthCheckConfig" in service.document:
        required.append(PORT)
    for name in required:
        if name not in attributes:
            raise invalid(f"Instance must have {name} attribute")


def _refused_ec2(service: MapService, attributes: dict[str, str]) -> Exception:
    if service.namespace.type != HTTP:
        return invalid(f"{EC2} is supported for HTTP namespaces only")
    if attributes.keys() - {EC2, INITIAL_HEALTH}:
        return invalid(f"If {EC2} is specified, the only other attribute that can be specified is {INITIAL_HEALTH}")
    return invalid(f"The instance ID '{attributes[EC2]}' does not exist: Penstock runs no EC2 instances")


def _is_address(kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return True

    return holds


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= 65535


_FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    IPV4: (_is_address(ipaddress.IPv4Address), "an IPv4 address"),
    IPV6: (_is_address(ipaddress.IPv6Address), "an IPv6 address"),
    PORT: (_is_port, "a port"),
    INITIAL_HEALTH: (lambda text: text in ("HEALTHY", "UNHEALTHY"), "HEALTHY or UNHEALTHY"),
}

"""What a name of a DNS namespace means. Pure, but for the choice among several instances.

Healthy instances answer; where none is, all do. A multivalue answer has up to eight addresses in random order, a
weighted one a single instance's. A service with SRV records gives each instance a name of its own.
Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-multivalue.html
"""

import random
from collections.abc import Callable, Iterable

from penstock.services.servicediscovery.instance_attributes import CNAME, IPV6, PORT
from penstock.services.servicediscovery.state import Instance, MapService, Namespace

MAX_ANSWERS = 8

_ATTRIBUTES = {"AAAA": IPV6, "CNAME": CNAME}
_APEX = "."  # the name of a service that stands for the namespace itself

Resolve = Callable[[str], list[str] | None]


def addresses(namespace: Namespace, name: str, resolve: Resolve) -> list[str] | None:
    """IPv4 addresses of a lower-case name in the namespace; None where there is no such name."""
    found = _named(namespace, name)
    return _flat(*found, resolve) if found is not None else None


def records(namespace: Namespace, name: str, type: str, resolve: Resolve) -> list[str] | None:
    """What the records of a type say, parts of an SRV record with colons between; None where there is no such name."""
    found = _named(namespace, name)
    if found is None:
        return [] if name == namespace.zone else None
    instances, types = found
    if type == "A":
        return _flat(instances, types, resolve)
    said = [_record(type, instance, name) for instance in instances] if type in types else []
    return list(dict.fromkeys(text for text in said if text))


def _named(namespace: Namespace, name: str) -> tuple[list[Instance], frozenset[str]] | None:
    """The instances that a name stands for, and the types of its records."""
    relative = name.removesuffix(namespace.zone).rstrip(".") or _APEX
    service = namespace.services.get(relative)
    if service is not None and service.record_types:
        return _chosen(service), service.record_types
    id, _, rest = relative.partition(".")
    service = namespace.services.get(rest or _APEX)
    if service is None or "SRV" not in service.record_types:
        return None
    instances = [instance for instance in service.instances.values() if instance.id.lower() == id]
    return (instances, frozenset({"A", "AAAA"})) if instances else None


def _record(type: str, instance: Instance, name: str) -> str:
    """Empty where the instance has nothing to say in it."""
    attributes = instance.attributes
    if type == "SRV" and PORT in attributes:
        return f"1:1:{attributes[PORT]}:{instance.id}.{name}"  # priority and weight are always 1
    return attributes.get(_ATTRIBUTES.get(type, ""), "")


def healthy(service: MapService) -> list[Instance]:
    """The instances that are not unhealthy; all of them where none is healthy."""
    instances = list(service.instances.values())
    return [instance for instance in instances if instance.health != "UNHEALTHY"] or instances


def _chosen(service: MapService) -> list[Instance]:
    instances = healthy(service)
    return random.sample(instances, min(len(instances), 1 if service.weighted else MAX_ANSWERS))


def _flat(instances: Iterable[Instance], types: Iterable[str], resolve: Resolve) -> list[str]:
    found = [address for instance in instances for address in _of_instance(instance.attributes, types, resolve)]
    return list(dict.fromkeys(found))


def _of_instance(attributes: dict[str, str], types: Iterable[str], resolve: Resolve) -> list[str]:
    """An alias or CNAME leads on to another name of this network; what lies outside of it has no address here."""
    alias = attributes.get("AWS_ALIAS_DNS_NAME") or ("CNAME" in types and attributes.get("AWS_INSTANCE_CNAME"))
    if alias:
        return resolve(alias.lower()) or []
    return [attributes["AWS_INSTANCE_IPV4"]] if "A" in types and "AWS_INSTANCE_IPV4" in attributes else []

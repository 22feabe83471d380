"""DiscoverInstances: who can be called now, without any SQL.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html
"""

import random
from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery.state import Instance, MapService, state
from penstock.wire.model import Json

_DEFAULT_RESULTS = 100


def discover_instances(ctx: Context, request: Json) -> Json:
    """In random order, so that callers spread."""
    service = _service(ctx, request)
    found = _matching(list(service.instances.values()), request.get("QueryParameters", {}))
    found = _matching(found, request.get("OptionalParameters", {})) or found
    if service.is_checked:
        found = _HEALTH[request.get("HealthStatus", "HEALTHY_OR_ELSE_ALL")](found)
    chosen = random.sample(found, min(len(found), request.get("MaxResults", _DEFAULT_RESULTS)))
    http_name = service.namespace.http_name
    return {
        "Instances": [_summary(http_name, service.name, instance) for instance in chosen],
        "InstancesRevision": service.revision,
    }


def discover_instances_revision(ctx: Context, request: Json) -> Json:
    return {"InstancesRevision": _service(ctx, request).revision}


def _service(ctx: Context, request: Json) -> MapService:
    namespace = state(ctx).by_http_name(ctx, request["NamespaceName"])
    if namespace is None:
        raise AwsError("NamespaceNotFound", "Namespace not found")
    service = namespace.services.get(namespace.key_of(request["ServiceName"]))
    if service is None:
        raise AwsError("ServiceNotFound", "Service not found")
    return service


def _matching(instances: list[Instance], wanted: dict[str, str]) -> list[Instance]:
    return [instance for instance in instances if wanted.items() <= instance.attributes.items()]


def _with(health: str) -> Callable[[list[Instance]], list[Instance]]:
    return lambda instances: [instance for instance in instances if instance.health == health]


_HEALTH: dict[str, Callable[[list[Instance]], list[Instance]]] = {
    "ALL": lambda instances: instances,
    "HEALTHY": _with("HEALTHY"),
    "UNHEALTHY": _with("UNHEALTHY"),
    "HEALTHY_OR_ELSE_ALL": lambda instances: _with("HEALTHY")(instances) or instances,
}


def _summary(http_name: str, service_name: str, instance: Instance) -> Json:
    return {
        "InstanceId": instance.id,
        "NamespaceName": http_name,
        "ServiceName": service_name,
        "HealthStatus": instance.health,
        "Attributes": instance.attributes,
    }

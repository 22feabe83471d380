"""What a service's DNS and health check settings may be. Pure.

Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsRecord.html and API_HealthCheckConfig.html
"""

from penstock.services.servicediscovery.errors import invalid
from penstock.services.servicediscovery.state import DNS_PRIVATE, Namespace
from penstock.wire.model import Json


def check_dns(config: Json) -> None:
    """Raises InvalidInput. A CNAME stands alone, and one answer at a time is all it can give."""
    types = [record["Type"] for record in config["DnsRecords"]]
    if not types:
        raise invalid("DnsConfig must contain at least one DNS record")
    if len(set(types)) != len(types):
        raise invalid("DnsRecords can't contain two records of the same type")
    if "CNAME" not in types:
        return
    if len(types) > 1:
        raise invalid("A CNAME record can't be combined with other DNS records")
    if config.get("RoutingPolicy", "MULTIVALUE") != "WEIGHTED":
        raise invalid("The routing policy of a service with a CNAME record must be WEIGHTED")


def check_health(namespace: Namespace, request: Json) -> None:
    """`request`: members of CreateService, or of a service as it is going to be. Raises InvalidInput."""
    config = request.get("HealthCheckConfig")
    if config is None:
        return
    if "HealthCheckCustomConfig" in request:
        raise invalid("You can specify either HealthCheckConfig or HealthCheckCustomConfig, but not both")
    if namespace.type == DNS_PRIVATE:
        raise invalid("HealthCheckConfig isn't supported for services in private DNS namespaces")
    if any(record["Type"] == "CNAME" for record in request.get("DnsConfig", {}).get("DnsRecords", ())):
        raise invalid("HealthCheckConfig isn't supported for services with a CNAME record")
    if config["Type"] == "TCP" and config.get("ResourcePath"):
        raise invalid("ResourcePath can't be specified for a health check of type TCP")


def completed_dns(config: Json, namespace: Namespace) -> Json:
    """With what AWS fills in."""
    return {"RoutingPolicy": "MULTIVALUE", **config, "NamespaceId": namespace.id}


def completed_health(config: Json) -> Json:
    path = {} if config["Type"] == "TCP" else {"ResourcePath": "/"}
    return {**path, "FailureThreshold": 1, **config}

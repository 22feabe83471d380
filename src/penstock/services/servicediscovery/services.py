"""Services: a name in a namespace, and what is made of each instance that registers with it.

A service in an HTTP namespace keeps a DnsConfig that it is given, without a name coming of it.
Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html and API_UpdateService.html
"""

from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import operations, store, tags
from penstock.services.servicediscovery.dns_config import check_dns, check_health, completed_dns, completed_health
from penstock.services.servicediscovery.errors import invalid
from penstock.services.servicediscovery.pages import Filterable, matcher, page
from penstock.services.servicediscovery.state import (
    HTTP,
    MapService,
    Namespace,
    arn_of,
    here,
    namespace_of,
    service_of,
    state,
)
from penstock.wire.model import Json

_CUSTOM_HEALTH = {"FailureThreshold": 1}  # whatever was asked for
_FILTERS = {
    "NAMESPACE_ID": Filterable(lambda service: service.namespace.id),
    "RESOURCE_OWNER": Filterable(lambda service: "SELF"),
}


def create_service(ctx: Context, request: Json) -> Json:
    namespace = namespace_of(ctx, _namespace_id(request))
    if "DnsConfig" in request:
        check_dns(request["DnsConfig"])
    check_health(namespace, request)
    _check_new(namespace, request["Name"])
    arn = arn_of(ctx, "service", f"srv-{ids.lower_id(16)}")
    labels = tags.checked(request.get("Tags", ()), arn)
    document = _document(ctx, namespace, request)
    ctx.store.run(store.INSERT_SERVICE, arn, namespace.arn, _text(document), _text(labels))
    service = state(ctx).refresh_service(arn)
    assert service is not None
    return {"Service": _described(ctx, service)}


def get_service(ctx: Context, request: Json) -> Json:
    return {"Service": _described(ctx, service_of(ctx, request["Id"]))}


def list_services(ctx: Context, request: Json) -> Json:
    filters = [_with_id(item) for item in request.get("Filters", ())]
    fits = matcher(filters, _FILTERS)
    found, token = page(filter(fits, here(ctx, state(ctx).services)), request)
    summaries = [_described(ctx, service) for service in found]
    for summary in summaries:
        del summary["CreatorRequestId"], summary["NamespaceId"]
    return {"Services": summaries, **token}


def update_service(ctx: Context, request: Json) -> Json:
    """Records and health check that the change does not name are deleted, as AWS does it."""
    service, change = service_of(ctx, request["Id"]), request["Service"]
    document = {**service.document, "Description": change.get("Description", service.document.get("Description"))}
    if service.namespace.type != HTTP:
        _change_settings(service, document, change)
    elif "DnsConfig" in change or "HealthCheckConfig" in change:
        raise invalid("You can't update the settings of a service in an HTTP namespace")
    ctx.store.run(store.UPDATE_SERVICE, _text(document), _text(service.attributes), _text(service.tags), service.arn)
    state(ctx).refresh_service(service.arn)
    return operations.record(ctx, service.namespace.arn, "UPDATE_SERVICE", SERVICE=service.id)


def delete_service(ctx: Context, request: Json) -> Json:
    service = service_of(ctx, request["Id"])
    if service.instances:
        message = "Service contains registered instances; delete the instances before deleting the service"
        raise AwsError("ResourceInUse", message)
    ctx.store.run(store.DELETE_SERVICE, service.arn)
    state(ctx).refresh_service(service.arn)
    return {}


def _namespace_id(request: Json) -> str:
    """It may stand in two places, the second of which is deprecated."""
    found = request.get("NamespaceId") or request.get("DnsConfig", {}).get("NamespaceId")
    if found is None:
        raise invalid("NamespaceId must be specified")
    return str(found)


def _check_new(namespace: Namespace, name: str) -> None:
    other = namespace.services.get(namespace.key_of(name))
    if other is not None:
        raise AwsError(
            "ServiceAlreadyExists",
            f"A service with name {name} already exists in namespace {namespace.id}",
            ServiceId=other.id,
            ServiceArn=other.arn,
            CreatorRequestId=other.document["CreatorRequestId"],
        )


def _document(ctx: Context, namespace: Namespace, request: Json) -> Json:
    dns = request.get("DnsConfig")
    by_name = dns is not None and namespace.type != HTTP and request.get("Type") != HTTP
    document = {
        "Name": request["Name"],
        "NamespaceId": namespace.id,
        "Description": request.get("Description"),
        "Type": "DNS_HTTP" if by_name else HTTP,
        "CreateDate": ctx.clock.now(),
        "CreatorRequestId": request.get("CreatorRequestId") or ids.uuid(),
        "CreatedByAccount": ctx.account,
    }
    if dns is not None:
        document["DnsConfig"] = completed_dns(dns, namespace)
    if "HealthCheckConfig" in request:
        document["HealthCheckConfig"] = completed_health(request["HealthCheckConfig"])
    if "HealthCheckCustomConfig" in request:
        document["HealthCheckCustomConfig"] = _CUSTOM_HEALTH
    return document


def _change_settings(service: MapService, document: Json, change: Json) -> None:
    before = document.pop("DnsConfig", None)
    document.pop("HealthCheckConfig", None)
    if "DnsConfig" in change:
        records = change["DnsConfig"]["DnsRecords"]
        known = {record["Type"] for record in (before or {}).get("DnsRecords", ())}
        if before is None or not {record["Type"] for record in records} <= known:
            raise invalid("You can change the TTL of a service's DNS records, but not their types")
        document["DnsConfig"] = {**before, "DnsRecords": records}
        check_dns(document["DnsConfig"])
    if "HealthCheckConfig" in change:
        document["HealthCheckConfig"] = completed_health(change["HealthCheckConfig"])
    check_health(service.namespace, document)


def _with_id(item: Json) -> Json:
    """A namespace may be named by its ARN."""
    return {**item, "Values": [value.rpartition("/")[2] for value in item["Values"]]}


def _described(ctx: Context, service: MapService) -> Json:
    members = {
        "Id": service.id,
        "Arn": service.arn,
        "ResourceOwner": ctx.account,
        "InstanceCount": len(service.instances),
        **service.document,
    }
    return {name: value for name, value in members.items() if value is not None}


def _text(document: Any) -> str:
    return orjson.dumps(document).decode()

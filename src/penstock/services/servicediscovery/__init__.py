"""AWS Cloud Map.

An operation has succeeded when its id is given out, and what it did can be discovered and resolved from that moment:
AWS lets both take a while. DNS namespaces are zones of the runtime's own network: their names resolve in functions
and containers, those of a private namespace in its VPC only.
Source: https://docs.aws.amazon.com/cloud-map/latest/api/
"""

from penstock.call import Context, Kernel, Service, TagListing
from penstock.services.servicediscovery import (
    discovery,
    instances,
    namespaces,
    operations,
    records,
    resources,
    service_attributes,
    services,
    store,
    tags,
)
from penstock.services.servicediscovery.state import State, arn_of
from penstock.wire.model import Json


def _resource(ctx: Context, operation: str, request: Json) -> str:
    if "ResourceARN" in request:
        return str(request["ResourceARN"])
    if "ServiceId" in request:
        return arn_of(ctx, "service", request["ServiceId"])
    if "Id" in request:
        kind = "namespace" if operation.endswith("Namespace") else "service"
        return arn_of(ctx, kind, request["Id"])
    return "*"


def _state(kernel: Kernel) -> State:
    return State(kernel, records.addresses, records.records)


SERVICE = Service(
    name="servicediscovery",
    operations=(namespaces, services, service_attributes, instances, discovery, operations, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    tags=TagListing("ListTagsForResource", "ResourceARN"),
    validation_code="InvalidInput",
    state=_state,
    start=operations.start,
)

"""Namespaces: found by API calls only (HTTP), or by names as well, in one VPC or everywhere.

Of a VPC nothing but its id is looked at. A hosted zone has an id here and no API of its own.
Source: https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
"""

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.servicediscovery import operations, store, tags
from penstock.services.servicediscovery.errors import invalid
from penstock.services.servicediscovery.pages import Filterable, matcher, page
from penstock.services.servicediscovery.state import (
    DNS_PRIVATE,
    DNS_PUBLIC,
    HTTP,
    Namespace,
    arn_of,
    here,
    namespace_of,
    state,
)
from penstock.wire.model import Json

_TEXT = frozenset({"EQ", "BEGINS_WITH"})
_FILTERS = {
    "TYPE": Filterable(lambda namespace: namespace.type, _TEXT),
    "NAME": Filterable(lambda namespace: namespace.name, _TEXT),
    "HTTP_NAME": Filterable(lambda namespace: namespace.http_name, _TEXT),
    "RESOURCE_OWNER": Filterable(lambda namespace: "SELF"),
}


def create_http_namespace(ctx: Context, request: Json) -> Json:
    return _create(ctx, request, HTTP)


def create_private_dns_namespace(ctx: Context, request: Json) -> Json:
    return _create(ctx, request, DNS_PRIVATE)


def create_public_dns_namespace(ctx: Context, request: Json) -> Json:
    return _create(ctx, request, DNS_PUBLIC)


def update_http_namespace(ctx: Context, request: Json) -> Json:
    return _update(ctx, request, HTTP)


def update_private_dns_namespace(ctx: Context, request: Json) -> Json:
    return _update(ctx, request, DNS_PRIVATE)


def update_public_dns_namespace(ctx: Context, request: Json) -> Json:
    return _update(ctx, request, DNS_PUBLIC)


def get_namespace(ctx: Context, request: Json) -> Json:
    return {"Namespace": _described(ctx, namespace_of(ctx, request["Id"]))}


def list_namespaces(ctx: Context, request: Json) -> Json:
    fits = matcher(request.get("Filters", []), _FILTERS)
    found, token = page(filter(fits, here(ctx, state(ctx).namespaces)), request)
    summaries = [_described(ctx, namespace) for namespace in found]
    for summary in summaries:
        del summary["CreatorRequestId"]
    return {"Namespaces": summaries, **token}


def delete_namespace(ctx: Context, request: Json) -> Json:
    """Its operations go with it, but for the one that says that it is gone."""
    namespace = namespace_of(ctx, request["Id"])
    if namespace.services:
        message = "Namespace has associated services; delete the services before deleting the namespace"
        raise AwsError("ResourceInUse", message)
    ctx.store.run(store.DELETE_NAMESPACE, namespace.arn)
    ctx.store.run(store.FORGET_OPERATIONS, namespace.arn)
    state(ctx).refresh_namespace(namespace.arn)
    return operations.record(ctx, "", "DELETE_NAMESPACE", NAMESPACE=namespace.id)


def _create(ctx: Context, request: Json, type: str) -> Json:
    name, vpc = request["Name"], request.get("Vpc", "")
    _check_new(ctx, name, type, vpc)
    id = f"ns-{ids.lower_id(16)}"
    arn = arn_of(ctx, "namespace", id)
    document = {
        "Name": name,
        "Type": type,
        "Description": request.get("Description"),
        "Properties": _properties(ctx, request, type, id),
        "CreateDate": ctx.clock.now(),
        "CreatorRequestId": request.get("CreatorRequestId") or ids.uuid(),
    }
    labels = tags.checked(request.get("Tags", ()), arn)
    ctx.store.run(store.INSERT_NAMESPACE, arn, vpc, orjson.dumps(document).decode(), orjson.dumps(labels).decode())
    state(ctx).refresh_namespace(arn)
    return operations.record(ctx, arn, "CREATE_NAMESPACE", NAMESPACE=id)


def _check_new(ctx: Context, name: str, type: str, vpc: str) -> None:
    """A name may be used again in another VPC, or for another type of namespace."""
    for other in here(ctx, state(ctx).namespaces):
        if (other.name, other.type, other.vpc) == (name, type, vpc):
            where = f" and VPC {vpc}" if vpc else ""
            raise AwsError(
                "NamespaceAlreadyExists",
                f"A namespace with name {name}{where} already exists",
                NamespaceId=other.id,
                CreatorRequestId=other.document["CreatorRequestId"],
            )


def _properties(ctx: Context, request: Json, type: str, id: str) -> Json:
    """HttpName is the name, told apart by the id's characters where another namespace has it."""
    taken = state(ctx).by_http_name(ctx, request["Name"]) is not None
    http_name = f"{request['Name']}-{id.removeprefix('ns-')}" if taken else request["Name"]
    dns: Json = {"SOA": {}} if type == HTTP else {"HostedZoneId": f"Z{ids.upper_id(20)}"}
    given = request.get("Properties", {}).get("DnsProperties", {})
    return {"DnsProperties": dns | given, "HttpProperties": {"HttpName": http_name}}


def _update(ctx: Context, request: Json, type: str) -> Json:
    namespace, change = namespace_of(ctx, request["Id"]), request["Namespace"]
    if namespace.type != type:
        raise invalid(f"Namespace {namespace.id} is of type {namespace.type}, not {type}")
    document = dict(namespace.document)
    if "Description" in change:
        document["Description"] = change["Description"]
    if dns := change.get("Properties", {}).get("DnsProperties"):
        properties = document["Properties"]
        document["Properties"] = {**properties, "DnsProperties": properties["DnsProperties"] | dns}
    text = orjson.dumps(document).decode()
    ctx.store.run(store.UPDATE_NAMESPACE, text, orjson.dumps(namespace.tags).decode(), namespace.arn)
    state(ctx).refresh_namespace(namespace.arn)
    return operations.record(ctx, namespace.arn, "UPDATE_NAMESPACE", NAMESPACE=namespace.id)


def _described(ctx: Context, namespace: Namespace) -> Json:
    members = {
        "Id": namespace.id,
        "Arn": namespace.arn,
        "ResourceOwner": ctx.account,
        "ServiceCount": len(namespace.services),
        **namespace.document,
    }
    return {name: value for name, value in members.items() if value is not None}

"""CloudFormation types of Cloud Map.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ServiceDiscovery.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NAME_LENGTH = 63
_NO_CHECKS = "Route 53 health checks are not made: instances are of unknown health, and answer"


# -- namespaces ----------------------------------------------------------------------------------------


def _namespace(kind: str, *own: str) -> ResourceType:
    """`kind`: as in `Create<kind>Namespace`."""

    async def create(rc: ResourceContext, properties: Properties) -> Resource:
        id = await _created(rc, f"Create{kind}Namespace", {**properties, "Tags": rc.tag_list(properties)})
        namespace = (await rc.call("servicediscovery", "GetNamespace", {"Id": id}))["Namespace"]
        dns = namespace["Properties"]["DnsProperties"]
        zone = {"HostedZoneId": dns["HostedZoneId"]} if "HostedZoneId" in dns else {}
        return Resource(id, {"Arn": namespace["Arn"], "Id": id, **zone})

    async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
        change = {"Description": properties.get("Description", "")}
        if "Properties" in properties:
            change["Properties"] = properties["Properties"]
        request = {"Id": resource.physical_id, "Namespace": change}
        await rc.call("servicediscovery", f"Update{kind}Namespace", request)
        await _set_tags(rc, resource.attributes["Arn"], rc.tag_map(properties))
        return resource

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call("servicediscovery", "DeleteNamespace", {"Id": resource.physical_id})

    return ResourceType(
        name=f"AWS::ServiceDiscovery::{kind}Namespace",
        create=create,
        update=update,
        delete=delete,
        properties=frozenset({"Name", "Description", "Tags", *own}),
        replace_on=frozenset({"Name", "Vpc"} & {"Name", *own}),
    )


async def _created(rc: ResourceContext, operation: str, request: Mapping[str, Any]) -> str:
    """The id of a namespace; the one that is there already, where an earlier attempt was cut short."""
    try:
        submitted = await rc.call("servicediscovery", operation, request)
    except AwsError as error:
        if rc.resumed and error.code == "NamespaceAlreadyExists":
            return str(error.fields["NamespaceId"])
        raise
    done = await rc.call("servicediscovery", "GetOperation", {"OperationId": submitted["OperationId"]})
    return str(done["Operation"]["Targets"]["NAMESPACE"])


async def _set_tags(rc: ResourceContext, arn: str, tags: dict[str, str]) -> None:
    listed = (await rc.call("servicediscovery", "ListTagsForResource", {"ResourceARN": arn}))["Tags"]
    known = {tag["Key"]: tag["Value"] for tag in listed}
    if gone := [key for key in known if key not in tags]:
        await rc.call("servicediscovery", "UntagResource", {"ResourceARN": arn, "TagKeys": gone})
    if changed := [{"Key": key, "Value": value} for key, value in tags.items() if known.get(key) != value]:
        await rc.call("servicediscovery", "TagResource", {"ResourceARN": arn, "Tags": changed})


# -- AWS::ServiceDiscovery::Service --------------------------------------------------------------------

_SETTINGS = ("Description", "DnsConfig", "HealthCheckConfig")


async def _create_service(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(_NAME_LENGTH)
    request = {**properties, "Name": name, "Tags": rc.tag_list(properties)}
    try:
        service = (await rc.call("servicediscovery", "CreateService", request))["Service"]
        id, arn = service["Id"], service["Arn"]
    except AwsError as error:
        if not rc.resumed or error.code != "ServiceAlreadyExists":
            raise
        id, arn = error.fields["ServiceId"], error.fields["ServiceArn"]
    if attributes := properties.get("ServiceAttributes"):
        await rc.call("servicediscovery", "UpdateServiceAttributes", {"ServiceId": id, "Attributes": attributes})
    return Resource(id, {"Arn": arn, "Id": id, "Name": name})


async def _update_service(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    id, before = resource.physical_id, resource.properties
    if any(before.get(name) != properties.get(name) for name in _SETTINGS):
        change = {name: properties[name] for name in _SETTINGS if name in properties}
        await rc.call("servicediscovery", "UpdateService", {"Id": id, "Service": {"Description": "", **change}})
    await _set_attributes(rc, id, before.get("ServiceAttributes") or {}, properties.get("ServiceAttributes") or {})
    await _set_tags(rc, resource.attributes["Arn"], rc.tag_map(properties))
    return resource


async def _set_attributes(rc: ResourceContext, id: str, before: Properties, wanted: Properties) -> None:
    if gone := [key for key in before if key not in wanted]:
        await rc.call("servicediscovery", "DeleteServiceAttributes", {"ServiceId": id, "Attributes": gone})
    if wanted and wanted != before:
        await rc.call("servicediscovery", "UpdateServiceAttributes", {"ServiceId": id, "Attributes": wanted})


async def _delete_service(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("servicediscovery", "DeleteService", {"Id": resource.physical_id})


# -- AWS::ServiceDiscovery::Instance -------------------------------------------------------------------


async def _create_instance(rc: ResourceContext, properties: Properties) -> Resource:
    return await _register(rc, properties.get("InstanceId") or rc.physical_name(), properties)


async def _update_instance(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _register(rc, resource.physical_id, properties)


async def _register(rc: ResourceContext, id: str, properties: Properties) -> Resource:
    request = {
        "ServiceId": properties["ServiceId"],
        "InstanceId": id,
        "Attributes": {key: _text(value) for key, value in properties["InstanceAttributes"].items()},
    }
    await rc.call("servicediscovery", "RegisterInstance", request)
    return Resource(id)


async def _delete_instance(rc: ResourceContext, resource: Resource) -> None:
    request = {"ServiceId": resource.properties["ServiceId"], "InstanceId": resource.physical_id}
    await rc.call("servicediscovery", "DeregisterInstance", request)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TABLE = (
    _namespace("Http"),
    _namespace("PrivateDns", "Vpc", "Properties"),
    _namespace("PublicDns", "Properties"),
    ResourceType(
        name="AWS::ServiceDiscovery::Service",
        create=_create_service,
        update=_update_service,
        delete=_delete_service,
        properties=frozenset(
            {
                "Name",
                "NamespaceId",
                "Description",
                "DnsConfig",
                "HealthCheckConfig",
                "HealthCheckCustomConfig",
                "ServiceAttributes",
                "Tags",
                "Type",
            }
        ),
        replace_on=frozenset({"Name", "NamespaceId", "HealthCheckCustomConfig", "Type"}),
        inert={"HealthCheckConfig": _NO_CHECKS},
    ),
    ResourceType(
        name="AWS::ServiceDiscovery::Instance",
        create=_create_instance,
        update=_update_instance,
        delete=_delete_instance,
        properties=frozenset({"InstanceAttributes", "InstanceId", "ServiceId"}),
        replace_on=frozenset({"InstanceId", "ServiceId"}),
    ),
)

"""AWS::ApiGateway::DomainName and BasePathMapping."""

from typing import Any

from penstock.services.apigateway.resources.common import camel, camels, members, patches
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NO_TLS = "connections on this machine are not encrypted"
_ATTRIBUTES = (
    "distributionDomainName", "distributionHostedZoneId", "domainNameArn", "regionalDomainName",
    "regionalHostedZoneId",
)  # fmt: skip
_SETTINGS = ("CertificateArn", "RegionalCertificateArn", "SecurityPolicy", "OwnershipVerificationCertificateArn")

# -- AWS::ApiGateway::DomainName ---------------------------------------------------------------------


def _domain(made: dict[str, Any]) -> Resource:
    attributes = {name[:1].upper() + name[1:]: made[name] for name in _ATTRIBUTES if name in made}
    return Resource(made["domainName"], attributes)


async def _create_domain(rc: ResourceContext, given: Properties) -> Resource:
    request = {camel(name): camels(value) for name, value in given.items()} | {"tags": rc.tag_map(given)}
    return _domain(await rc.call("apigateway", "CreateDomainName", request))


async def _update_domain(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    operations = patches({name: f"/{camel(name)}" for name in _SETTINGS}, given)
    request = {"domainName": resource.physical_id, "patchOperations": operations}
    return _domain(await rc.call("apigateway", "UpdateDomainName", request))


async def _delete_domain(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("apigateway", "DeleteDomainName", {"domainName": resource.physical_id})


_DOMAIN = ResourceType(
    name="AWS::ApiGateway::DomainName",
    create=_create_domain,
    update=_update_domain,
    delete=_delete_domain,
    properties=frozenset({"DomainName", "EndpointConfiguration", "RoutingMode", "Tags"}),
    replace_on=frozenset({"DomainName", "EndpointConfiguration", "RoutingMode", "MutualTlsAuthentication"}),
    inert={
        **dict.fromkeys(_SETTINGS, _NO_TLS),
        "MutualTlsAuthentication": _NO_TLS,
        "EndpointAccessMode": "every endpoint is on this machine",
    },
)

# -- AWS::ApiGateway::BasePathMapping ----------------------------------------------------------------


async def _create_mapping(rc: ResourceContext, given: Properties) -> Resource:
    made = await rc.call("apigateway", "CreateBasePathMapping", members(rc, given))
    return Resource(f"{given['DomainName']}|{made['basePath']}")


async def _update_mapping(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    operations = patches({"RestApiId": "/restapiId"}, given)
    operations.append({"op": "replace", "path": "/stage", "value": given.get("Stage", "")})
    await rc.call("apigateway", "UpdateBasePathMapping", {**_where(resource), "patchOperations": operations})
    return resource


async def _delete_mapping(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("apigateway", "DeleteBasePathMapping", _where(resource))


def _where(resource: Resource) -> dict[str, str]:
    name, _, base_path = resource.physical_id.partition("|")
    return {"domainName": name, "basePath": base_path}


_MAPPING = ResourceType(
    name="AWS::ApiGateway::BasePathMapping",
    create=_create_mapping,
    update=_update_mapping,
    delete=_delete_mapping,
    properties=frozenset({"BasePath", "DomainName", "RestApiId", "Stage"}),
    replace_on=frozenset({"BasePath", "DomainName"}),
)

TABLE = (_DOMAIN, _MAPPING)

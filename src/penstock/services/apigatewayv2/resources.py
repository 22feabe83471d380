"""CloudFormation types of HTTP and WebSocket APIs; their properties are the members of the operations.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from penstock.services.apigatewayv2.authorization import unsupported_issuer
from penstock.services.apigatewayv2.integration_rules import unsupported
from penstock.services.apigatewayv2.openapi import issuers
from penstock.template.provider import NOTHING, Properties, Resource, ResourceContext, ResourceType, one_call

_SERVICE = "apigatewayv2"
_NO_METRICS = "metrics are recorded of stages, not of routes"
_NO_MODELS = "messages are not held against models"
_NO_LOGS = "execution logs are not written"


def _identity(name: str) -> Callable[[Resource], dict[str, Any]]:
    return lambda resource: {"ApiId": resource.properties["ApiId"], name: resource.physical_id}


# -- AWS::ApiGatewayV2::Api --------------------------------------------------------------------------


def _body(rc: ResourceContext, given: Properties) -> str | None:
    """The OpenAPI document, from the template or from a file of the app."""
    if given.get("Body"):
        return orjson.dumps(given["Body"]).decode()
    location = given.get("BodyS3Location")
    return rc.content("BodyS3Location", location).decode() if location else None


def _members(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    members = {name: value for name, value in given.items() if name not in ("Body", "BodyS3Location", "FailOnWarnings")}
    return {**members, "Tags": rc.tag_map(given)}


def _document(given: Properties, body: str) -> dict[str, Any]:
    return {"Body": body, "FailOnWarnings": given.get("FailOnWarnings", False)}


async def _create_api(rc: ResourceContext, given: Properties) -> Resource:
    body = _body(rc, given)
    if body is None:
        return _api(await rc.call(_SERVICE, "CreateApi", _members(rc, given)))
    api = await rc.call(_SERVICE, "ImportApi", _document(given, body))
    return _api(await rc.call(_SERVICE, "UpdateApi", {**_members(rc, given), "ApiId": api["ApiId"]}))


async def _update_api(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    body = _body(rc, given)
    if body is not None:
        await rc.call(_SERVICE, "ReimportApi", {"ApiId": resource.physical_id, **_document(given, body)})
    if resource.properties.get("CorsConfiguration") and not given.get("CorsConfiguration"):
        await rc.call(_SERVICE, "DeleteCorsConfiguration", {"ApiId": resource.physical_id})
    return _api(await rc.call(_SERVICE, "UpdateApi", {**_members(rc, given), "ApiId": resource.physical_id}))


async def _delete_api(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteApi", {"ApiId": resource.physical_id})


def _api(api: dict[str, Any]) -> Resource:
    return Resource(api["ApiId"], {"ApiEndpoint": api["ApiEndpoint"], "ApiId": api["ApiId"]})


def _api_problems(given: Properties) -> Iterator[tuple[str, str]]:
    body = given.get("Body")
    if isinstance(body, dict):
        for issuer in issuers(body):
            if problem := unsupported_issuer(issuer):
                yield "Body", problem


# -- the parts of an API -----------------------------------------------------------------------------


def _integration_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if problem := unsupported(dict(given)):
        yield "IntegrationType", problem
    uri = given.get("IntegrationUri")
    if isinstance(uri, str) and uri.startswith("https://"):
        yield "IntegrationUri", "endpoints are called by http:// on this machine only; requests to it fail"


def _integration_members(given: Properties, old: Properties = NOTHING) -> dict[str, Any]:
    """Mappings as the operations have them; those that `old` had and are gone are sent empty, which takes them away."""
    members = dict(given)
    requests, responses = _mappings(given)
    before = _mappings(old)
    if requests or before[0]:
        members["RequestParameters"] = {**dict.fromkeys(before[0], ""), **requests}
    if responses or before[1]:
        members["ResponseParameters"] = {**{status: {} for status in before[1]}, **responses}
    return members


def _mappings(given: Properties) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    # What is removed has no value in the CDK's templates; an empty one would take the mapping itself away.
    requests = {key: value or "''" for key, value in (given.get("RequestParameters") or {}).items()}
    responses = {
        str(status): {item["Destination"]: item.get("Source") or "''" for item in mapping["ResponseParameters"]}
        for status, mapping in (given.get("ResponseParameters") or {}).items()
    }
    return requests, responses


async def _create_integration(rc: ResourceContext, given: Properties) -> Resource:
    made = await rc.call(_SERVICE, "CreateIntegration", _integration_members(given))
    return Resource(made["IntegrationId"], {"IntegrationId": made["IntegrationId"]})


async def _update_integration(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    members = _integration_members(given, resource.properties)
    await rc.call(_SERVICE, "UpdateIntegration", {**members, **_identity("IntegrationId")(resource)})
    return resource


async def _delete_integration(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteIntegration", _identity("IntegrationId")(resource))


def _route_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if given.get("ApiKeyRequired") in (True, "true"):
        yield "ApiKeyRequired", "API keys of WebSocket APIs are not checked"
    for name in ("RequestModels", "RequestParameters"):
        if given.get(name):
            yield name, "messages are not validated"


def _authorizer_problems(given: Properties) -> Iterator[tuple[str, str]]:
    issuer = (given.get("JwtConfiguration") or {}).get("Issuer")
    if isinstance(issuer, str) and (problem := unsupported_issuer(issuer)):
        yield "JwtConfiguration.Issuer", problem


def _response(name: str, owner: str, properties: tuple[str, ...]) -> ResourceType:
    """The response of a route, or of an integration, that belongs to it for good."""
    key = f"{name}Id"

    def identity(resource: Resource) -> dict[str, Any]:
        given = resource.properties
        return {"ApiId": given["ApiId"], owner: given[owner], key: resource.physical_id}

    return one_call(
        f"AWS::ApiGatewayV2::{name}",
        _SERVICE,
        create=f"Create{name}",
        update=f"Update{name}",
        delete=f"Delete{name}",
        properties=("ApiId", owner, f"{name}Key", *properties),
        made=lambda request, result: Resource(result[key], {key: result[key]}),
        key=identity,
        replace_on=("ApiId", owner),
        inert={"ModelSelectionExpression": _NO_MODELS, "ResponseModels": _NO_MODELS} if owner == "RouteId" else {},
    )


def _part(name: str, id_name: str, properties: tuple[str, ...], **more: Any) -> ResourceType:
    """A type with one operation each to create, update and delete it, that belongs to an API for good."""
    return one_call(
        f"AWS::ApiGatewayV2::{name}",
        _SERVICE,
        create=f"Create{name}",
        update=f"Update{name}",
        delete=f"Delete{name}",
        properties=("ApiId", *properties),
        made=lambda request, result: Resource(result[id_name], {id_name: result[id_name]}),
        key=_identity(id_name),
        replace_on=("ApiId", *more.pop("replace_on", ())),
        **more,
    )


_AUTHORIZER = (
    "AuthorizerCredentialsArn", "AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "AuthorizerType",
    "AuthorizerUri", "EnableSimpleResponses", "IdentitySource", "JwtConfiguration", "Name",
)  # fmt: skip
_ROUTE = (
    "ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "OperationName", "RequestModels",
    "RequestParameters", "RouteKey", "RouteResponseSelectionExpression", "Target",
)  # fmt: skip
_INTEGRATION = (
    "ApiId", "ConnectionId", "ConnectionType", "CredentialsArn", "Description", "IntegrationMethod",
    "IntegrationSubtype", "IntegrationType", "IntegrationUri", "PassthroughBehavior", "PayloadFormatVersion",
    "RequestParameters", "RequestTemplates", "ResponseParameters", "TemplateSelectionExpression", "TimeoutInMillis",
)  # fmt: skip
_STAGE = (
    "AccessLogSettings", "AutoDeploy", "DeploymentId", "Description", "StageName", "StageVariables", "Tags",
    *(f"{settings}.{limit}" for settings in ("DefaultRouteSettings",)
      for limit in ("ThrottlingBurstLimit", "ThrottlingRateLimit")),
    "RouteSettings",
)  # fmt: skip


async def _create_domain(rc: ResourceContext, given: Properties) -> Resource:
    made = await rc.call(_SERVICE, "CreateDomainName", {**given, "Tags": rc.tag_map(given)})
    configuration = made["DomainNameConfigurations"][0]
    attributes = {
        "DomainName": made["DomainName"],
        "DomainNameArn": made["DomainNameArn"],
        "RegionalDomainName": configuration["ApiGatewayDomainName"],
        "RegionalHostedZoneId": configuration["HostedZoneId"],
    }
    return Resource(made["DomainName"], attributes)


async def _update_domain(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await rc.call(_SERVICE, "UpdateDomainName", {**given, "DomainName": resource.physical_id})
    return resource


async def _delete_domain(rc: ResourceContext, resource: Resource) -> None:
    await rc.call(_SERVICE, "DeleteDomainName", {"DomainName": resource.physical_id})


_DOMAIN = ResourceType(
    name="AWS::ApiGatewayV2::DomainName",
    create=_create_domain,
    update=_update_domain,
    delete=_delete_domain,
    properties=frozenset({"DomainName", "DomainNameConfigurations", "RoutingMode", "Tags"}),
    replace_on=frozenset({"DomainName", "RoutingMode"}),
    inert={"MutualTlsAuthentication": "connections on this machine are not encrypted"},
)


def _mapping_key(resource: Resource) -> dict[str, Any]:
    return {"DomainName": resource.properties["DomainName"], "ApiMappingId": resource.physical_id}


_MAPPING = one_call(
    "AWS::ApiGatewayV2::ApiMapping",
    _SERVICE,
    create="CreateApiMapping",
    update="UpdateApiMapping",
    delete="DeleteApiMapping",
    properties=("ApiId", "ApiMappingKey", "DomainName", "Stage"),
    made=lambda request, result: Resource(result["ApiMappingId"], {"ApiMappingId": result["ApiMappingId"]}),
    key=_mapping_key,
    replace_on=("DomainName",),
)

TABLE: tuple[ResourceType, ...] = (
    _DOMAIN,
    _MAPPING,
    ResourceType(
        name="AWS::ApiGatewayV2::Api",
        create=_create_api,
        update=_update_api,
        delete=_delete_api,
        properties=frozenset(
            {
                "ApiKeySelectionExpression",
                "Body",
                "BodyS3Location",
                "CorsConfiguration",
                "CredentialsArn",
                "Description",
                "DisableExecuteApiEndpoint",
                "FailOnWarnings",
                "Name",
                "ProtocolType",
                "RouteKey",
                "RouteSelectionExpression",
                "Tags",
                "Target",
                "Version",
            }
        ),
        replace_on=frozenset({"ProtocolType"}),
        inert={
            "DisableSchemaValidation": "nothing is validated",
            "IpAddressType": "every endpoint is on this machine",
        },
        problems=_api_problems,
    ),
    _part("Route", "RouteId", _ROUTE, problems=_route_problems, inert={"ModelSelectionExpression": _NO_MODELS}),
    _response("RouteResponse", "RouteId", ()),
    _response("IntegrationResponse", "IntegrationId", ("ResponseTemplates", "TemplateSelectionExpression")),
    _part("Model", "ModelId", ("ContentType", "Description", "Name", "Schema")),
    ResourceType(
        name="AWS::ApiGatewayV2::Integration",
        create=_create_integration,
        update=_update_integration,
        delete=_delete_integration,
        properties=frozenset(_INTEGRATION),
        replace_on=frozenset({"ApiId"}),
        inert={
            "ContentHandlingStrategy": "messages are text",
            "TlsConfig": "integrations are called without TLS, on this machine",
        },
        problems=_integration_problems,
    ),
    one_call(
        "AWS::ApiGatewayV2::VpcLink",
        _SERVICE,
        create="CreateVpcLink",
        update="UpdateVpcLink",
        delete="DeleteVpcLink",
        properties=("Name", "SecurityGroupIds", "SubnetIds", "Tags"),
        request=lambda rc, given: {**given, "Tags": rc.tag_map(given)},
        made=lambda request, result: Resource(result["VpcLinkId"], {"VpcLinkId": result["VpcLinkId"]}),
        key="VpcLinkId",
        replace_on=("SecurityGroupIds", "SubnetIds"),
    ),
    _part(
        "Stage",
        "StageName",
        _STAGE,
        replace_on=("StageName",),
        request=lambda rc, given: {**given, "Tags": rc.tag_map(given)},
        inert={
            "ClientCertificateId": "integrations are called without TLS, on this machine",
            "DefaultRouteSettings.DetailedMetricsEnabled": _NO_METRICS,
            "DefaultRouteSettings.DataTraceEnabled": _NO_LOGS,
            "DefaultRouteSettings.LoggingLevel": _NO_LOGS,
        },
    ),
    _part("Deployment", "DeploymentId", ("Description", "StageName"), replace_on=("StageName",)),
    _part("Authorizer", "AuthorizerId", _AUTHORIZER, problems=_authorizer_problems),
)

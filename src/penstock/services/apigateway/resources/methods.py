"""AWS::ApiGateway::Method: one resource in a template, four kinds of objects in API Gateway."""

from collections.abc import Iterator
from typing import Any

from penstock.services.apigateway.integrations import unsupported
from penstock.services.apigateway.resources.common import camel
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_METHOD = (
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RequestValidatorId",
)
_WHERE = ("RestApiId", "ResourceId", "HttpMethod")


def _request(given: Properties) -> dict[str, Any]:
    """The members of a structure whose maps (`RequestTemplates`, ...) keep their keys."""
    return {camel(name): value for name, value in given.items()}


async def _put(rc: ResourceContext, given: Properties) -> Resource:
    where = {camel(name): given[name] for name in _WHERE}
    method = {camel(name): given[name] for name in _METHOD if name in given}
    await rc.call("apigateway", "PutMethod", {"authorizationType": "NONE", **where, **method})
    for response in given.get("MethodResponses") or ():
        await rc.call("apigateway", "PutMethodResponse", {**where, **_request(response)})
    integration = given.get("Integration")
    if integration:
        await _put_integration(rc, where, integration)
    return Resource("|".join(str(given[name]) for name in _WHERE))


async def _put_integration(rc: ResourceContext, where: dict[str, Any], given: Properties) -> None:
    request = _request(given)
    responses = request.pop("integrationResponses", None) or ()
    await rc.call("apigateway", "PutIntegration", {**where, **request})
    for response in responses:
        await rc.call("apigateway", "PutIntegrationResponse", {**where, **_request(response)})


async def _update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await _delete(rc, resource)  # a method is not put over another; what is deployed is a copy and goes on
    return await _put(rc, given)


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    where = dict(zip((camel(name) for name in _WHERE), resource.physical_id.split("|"), strict=True))
    await rc.call("apigateway", "DeleteMethod", where)


def _problems(given: Properties) -> Iterator[tuple[str, str]]:
    integration = given.get("Integration")
    if not isinstance(integration, dict):
        return
    if problem := unsupported(_request(integration)):
        yield "Integration", problem
    uri, public = integration.get("Uri"), integration.get("ConnectionType") != "VPC_LINK"
    if public and integration.get("Type") in ("HTTP", "HTTP_PROXY") and str(uri).startswith("https://"):
        yield "Integration.Uri", "endpoints are called by http:// on this machine only; requests to it fail"


TABLE = (
    ResourceType(
        name="AWS::ApiGateway::Method",
        create=_put,
        update=_update,
        delete=_delete,
        properties=frozenset(
            {
                *_WHERE,
                *_METHOD,
                "MethodResponses",
                "Integration.ConnectionId",
                "Integration.ConnectionType",
                "Integration.ContentHandling",
                "Integration.Credentials",
                "Integration.IntegrationHttpMethod",
                "Integration.IntegrationResponses",
                "Integration.IntegrationTarget",
                "Integration.PassthroughBehavior",
                "Integration.RequestParameters",
                "Integration.RequestTemplates",
                "Integration.ResponseTransferMode",
                "Integration.TimeoutInMillis",
                "Integration.Type",
                "Integration.Uri",
            }
        ),
        replace_on=frozenset(_WHERE),
        inert={
            "Integration.CacheKeyParameters": "responses are not cached",
            "Integration.CacheNamespace": "responses are not cached",
            "Integration.TlsConfig": "integrations are called without TLS, on this machine",
        },
        problems=_problems,
    ),
)

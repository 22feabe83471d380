"""AWS::ApiGateway::RestApi, Resource, Model, RequestValidator, GatewayResponse, Account and VpcLink."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from penstock.services.apigateway.resources.common import below_api, camel, members, patched, patches, string
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call

_LOCAL = "every endpoint is on this machine"

# -- AWS::ApiGateway::RestApi ------------------------------------------------------------------------

_PATHS = {
    "Name": "/name",
    "Description": "/description",
    "ApiKeySourceType": "/apiKeySource",
    "DisableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
    "MinimumCompressionSize": "/minimumCompressionSize",
}
_ELSEWHERE = ("ApiKeySourceType", "FailOnWarnings", "Mode", "Parameters")  # what CreateRestApi does not take as it is


def _body(rc: ResourceContext, given: Properties) -> bytes | None:
    """The OpenAPI document, from the template or from a file of the app."""
    if given.get("Body"):
        return orjson.dumps(given["Body"])
    location = given.get("BodyS3Location")
    return rc.content("BodyS3Location", location) if location else None


def _document(given: Properties, body: bytes) -> dict[str, Any]:
    warned = given.get("FailOnWarnings", False)
    return {"body": body, "parameters": given.get("Parameters", {}), "failOnWarnings": warned}


async def _create_api(rc: ResourceContext, given: Properties) -> Resource:
    body = _body(rc, given)
    if body is not None:
        api = await rc.call("apigateway", "ImportRestApi", _document(given, body))
        await _change_api(rc, api["id"], given, {})
    else:
        api = await rc.call("apigateway", "CreateRestApi", _new_api(rc, given))
    return _api(api)


def _new_api(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    request = {camel(name): value for name, value in given.items() if name not in _ELSEWHERE}
    request |= {"name": given.get("Name") or rc.physical_name(128), "tags": rc.tag_map(given)}
    if given.get("Policy"):
        request["policy"] = string(given["Policy"])
    return request | ({"apiKeySource": given["ApiKeySourceType"]} if given.get("ApiKeySourceType") else {})


def _api(api: Mapping[str, Any]) -> Resource:
    return Resource(api["id"], {"RootResourceId": api["rootResourceId"], "RestApiId": api["id"]})


async def _change_api(rc: ResourceContext, api_id: str, given: Properties, before: Properties) -> dict[str, Any]:
    operations = patches(_PATHS, given)
    types, old = given.get("BinaryMediaTypes") or [], before.get("BinaryMediaTypes") or []
    for op, kinds in (("remove", set(old) - set(types)), ("add", set(types) - set(old))):
        operations += [{"op": op, "path": f"/binaryMediaTypes/{kind.replace('/', '~1')}"} for kind in sorted(kinds)]
    if given.get("Policy") or before.get("Policy"):
        operations.append({"op": "replace", "path": "/policy", "value": string(given.get("Policy") or "")})
    return await rc.call("apigateway", "UpdateRestApi", {"restApiId": api_id, "patchOperations": operations})


async def _update_api(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    body = _body(rc, given)
    api_id = resource.physical_id
    if body is not None:
        request = {"restApiId": api_id, "mode": given.get("Mode", "overwrite")}
        await rc.call("apigateway", "PutRestApi", {**request, **_document(given, body)})
    return _api(await _change_api(rc, api_id, given, resource.properties))


async def _delete_api(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("apigateway", "DeleteRestApi", {"restApiId": resource.physical_id})


_REST_API = ResourceType(
    name="AWS::ApiGateway::RestApi",
    create=_create_api,
    update=_update_api,
    delete=_delete_api,
    properties=frozenset(
        {
            *_PATHS,
            "BinaryMediaTypes",
            "Body",
            "BodyS3Location",
            "CloneFrom",
            "EndpointConfiguration",
            "FailOnWarnings",
            "Mode",
            "Parameters",
            "Policy",
            "Tags",
        }
    ),
    replace_on=frozenset({"CloneFrom"}),
    inert={
        "SecurityPolicy": _LOCAL,
        "EndpointAccessMode": _LOCAL,
    },
)


# -- AWS::ApiGateway::Resource, Model, RequestValidator, GatewayResponse -------------------------------


_RESOURCE = one_call(
    "AWS::ApiGateway::Resource",
    "apigateway",
    create="CreateResource",
    delete="DeleteResource",
    properties=("RestApiId", "ParentId", "PathPart"),
    request=members,
    made=lambda request, result: Resource(result["id"], {"ResourceId": result["id"]}),
    key=below_api("resourceId"),
)


def _model(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    # CloudFormation generates letters and digits here, because a model's name takes nothing else.
    name = given.get("Name") or rc.physical_name(64).replace("-", "")
    schema, kind = string(given.get("Schema", {})), given.get("ContentType", "application/json")
    return {**members(rc, given), "name": name, "contentType": kind, "schema": schema}


_MODEL = patched(
    "AWS::ApiGateway::Model",
    paths={"Description": "/description", "Schema": "/schema"},
    key=below_api("modelName"),
    made=lambda result: Resource(result["name"]),
    properties=("RestApiId", "Name", "ContentType"),
    replace_on=("RestApiId", "Name", "ContentType"),
    request=_model,
)

_VALIDATOR = patched(
    "AWS::ApiGateway::RequestValidator",
    paths={name: f"/{camel(name)}" for name in ("ValidateRequestBody", "ValidateRequestParameters")},
    key=below_api("requestValidatorId"),
    made=lambda result: Resource(result["id"], {"RequestValidatorId": result["id"]}),
    properties=("RestApiId", "Name"),
    replace_on=("RestApiId", "Name"),
)


async def _put_response(rc: ResourceContext, given: Properties) -> Resource:
    made = await rc.call("apigateway", "PutGatewayResponse", members(rc, given))
    return Resource(f"{given['RestApiId']}:{made['responseType']}", {"Id": made["responseType"]})


async def _update_response(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    return await _put_response(rc, given)


async def _delete_response(rc: ResourceContext, resource: Resource) -> None:
    api_id, _, kind = resource.physical_id.partition(":")
    await rc.call("apigateway", "DeleteGatewayResponse", {"restApiId": api_id, "responseType": kind})


_RESPONSE = ResourceType(
    name="AWS::ApiGateway::GatewayResponse",
    create=_put_response,
    update=_update_response,
    delete=_delete_response,
    properties=frozenset({"RestApiId", "ResponseType", "ResponseParameters", "ResponseTemplates", "StatusCode"}),
    replace_on=frozenset({"RestApiId", "ResponseType"}),
)


# -- AWS::ApiGateway::Account ------------------------------------------------------------------------


async def _create_account(rc: ResourceContext, given: Properties) -> Resource:
    operations: Iterable[dict[str, Any]] = patches({"CloudWatchRoleArn": "/cloudwatchRoleArn"}, given)
    await rc.call("apigateway", "UpdateAccount", {"patchOperations": list(operations)})
    return Resource(rc.physical_name(64), {"Id": rc.account})


async def _update_account(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await _create_account(rc, given)
    return resource


_ACCOUNT = ResourceType(
    name="AWS::ApiGateway::Account",
    create=_create_account,
    update=_update_account,
    properties=frozenset({"CloudWatchRoleArn"}),
)


# -- AWS::ApiGateway::VpcLink ------------------------------------------------------------------------


_VPC_LINK = patched(
    "AWS::ApiGateway::VpcLink",
    paths={"Name": "/name", "Description": "/description"},
    key="vpcLinkId",
    made=lambda result: Resource(result["id"], {"VpcLinkId": result["id"]}),
    properties=("Tags", "TargetArns"),
    replace_on=("TargetArns",),
    request=lambda rc, given: {**members(rc, given), "tags": rc.tag_map(given)},
)

TABLE = (_REST_API, _RESOURCE, _MODEL, _VALIDATOR, _RESPONSE, _ACCOUNT, _VPC_LINK)

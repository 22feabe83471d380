"""AWS::ApiGateway::Authorizer, ApiKey, UsagePlan and UsagePlanKey."""

from collections.abc import Iterator
from typing import Any

from penstock.services.apigateway.resources.common import camel, camels, patches
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

# -- AWS::ApiGateway::Authorizer ---------------------------------------------------------------------

_AUTHORIZER = {
    name: f"/{camel(name)}"
    for name in (
        "Name",
        "AuthType",
        "AuthorizerCredentials",
        "AuthorizerResultTtlInSeconds",
        "AuthorizerUri",
        "IdentitySource",
        "IdentityValidationExpression",
    )
}


async def _create_authorizer(rc: ResourceContext, given: Properties) -> Resource:
    request = {camel(name): value for name, value in given.items()}
    made = await rc.call("apigateway", "CreateAuthorizer", {"name": rc.physical_name(64), **request})
    return Resource(made["id"], {"AuthorizerId": made["id"]})


async def _update_authorizer(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    where = {"restApiId": given["RestApiId"], "authorizerId": resource.physical_id}
    await rc.call("apigateway", "UpdateAuthorizer", {**where, "patchOperations": patches(_AUTHORIZER, given)})
    return resource


async def _delete_authorizer(rc: ResourceContext, resource: Resource) -> None:
    where = {"restApiId": resource.properties["RestApiId"], "authorizerId": resource.physical_id}
    await rc.call("apigateway", "DeleteAuthorizer", where)


def _authorizer_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if given.get("Type") == "COGNITO_USER_POOLS":
        yield "Type", "COGNITO_USER_POOLS authorizers are not run; requests to their methods are refused"


# -- AWS::ApiGateway::ApiKey -------------------------------------------------------------------------

_KEY = {name: f"/{camel(name)}" for name in ("Name", "Description", "Enabled", "CustomerId")}


async def _create_key(rc: ResourceContext, given: Properties) -> Resource:
    request = {camel(name): camels(value) for name, value in given.items()}
    request |= {"name": given.get("Name") or rc.physical_name(64), "tags": rc.tag_map(given)}
    made = await rc.call("apigateway", "CreateApiKey", request)
    return Resource(made["id"], {"APIKeyId": made["id"]})


async def _update_key(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    request = {"apiKey": resource.physical_id, "patchOperations": patches(_KEY, given)}
    await rc.call("apigateway", "UpdateApiKey", request)
    return resource


async def _delete_key(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("apigateway", "DeleteApiKey", {"apiKey": resource.physical_id})


# -- AWS::ApiGateway::UsagePlan ----------------------------------------------------------------------

_LIMITS = {"Throttle": ("RateLimit", "BurstLimit"), "Quota": ("Limit", "Offset", "Period")}


async def _create_plan(rc: ResourceContext, given: Properties) -> Resource:
    request: dict[str, Any] = {"name": given.get("UsagePlanName") or rc.physical_name(64), "tags": rc.tag_map(given)}
    request |= {camel(name): camels(given[name]) for name in ("Description", *_LIMITS) if given.get(name)}
    request["apiStages"] = [_stage(stage) for stage in given.get("ApiStages") or ()]
    made = await rc.call("apigateway", "CreateUsagePlan", request)
    return Resource(made["id"], {"Id": made["id"]})


def _stage(given: Properties) -> dict[str, Any]:
    """The keys of a stage's throttles are paths, and stay as they are."""
    stage: dict[str, Any] = {"apiId": given["ApiId"], "stage": given["Stage"]}
    throttles = given.get("Throttle") or {}
    return stage | ({"throttle": {path: camels(limits) for path, limits in throttles.items()}} if throttles else {})


async def _update_plan(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    operations = patches({"UsagePlanName": "/name", "Description": "/description"}, given)
    for name, limits in _LIMITS.items():
        if given.get(name):
            operations += patches({limit: f"/{camel(name)}/{camel(limit)}" for limit in limits}, given[name])
        elif resource.properties.get(name):
            operations.append({"op": "remove", "path": f"/{camel(name)}"})
    operations += _stage_patches(given, resource.properties)
    request = {"usagePlanId": resource.physical_id, "patchOperations": operations}
    await rc.call("apigateway", "UpdateUsagePlan", request)
    return resource


def _stage_patches(given: Properties, before: Properties) -> list[dict[str, Any]]:
    new = {f"{stage['ApiId']}:{stage['Stage']}" for stage in given.get("ApiStages") or ()}
    old = {f"{stage['ApiId']}:{stage['Stage']}" for stage in before.get("ApiStages") or ()}
    changes = [("remove", stage) for stage in sorted(old - new)] + [("add", stage) for stage in sorted(new - old)]
    return [{"op": op, "path": "/apiStages", "value": stage} for op, stage in changes]


async def _delete_plan(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("apigateway", "DeleteUsagePlan", {"usagePlanId": resource.physical_id})


async def _create_plan_key(rc: ResourceContext, given: Properties) -> Resource:
    request = {camel(name): value for name, value in given.items()}
    made = await rc.call("apigateway", "CreateUsagePlanKey", request)
    physical_id = f"{made['id']}:{given['UsagePlanId']}"
    return Resource(physical_id, {"Id": physical_id})


async def _delete_plan_key(rc: ResourceContext, resource: Resource) -> None:
    key, _, plan = resource.physical_id.partition(":")
    await rc.call("apigateway", "DeleteUsagePlanKey", {"usagePlanId": plan, "keyId": key})


TABLE = (
    ResourceType(
        name="AWS::ApiGateway::Authorizer",
        create=_create_authorizer,
        update=_update_authorizer,
        delete=_delete_authorizer,
        properties=frozenset({*_AUTHORIZER, "RestApiId", "Type", "ProviderARNs"}),
        replace_on=frozenset({"RestApiId", "Type", "ProviderARNs"}),
        problems=_authorizer_problems,
    ),
    ResourceType(
        name="AWS::ApiGateway::ApiKey",
        create=_create_key,
        update=_update_key,
        delete=_delete_key,
        properties=frozenset({*_KEY, "GenerateDistinctId", "StageKeys", "Tags", "Value"}),
        replace_on=frozenset({"Name", "GenerateDistinctId", "StageKeys", "Value"}),
    ),
    ResourceType(
        name="AWS::ApiGateway::UsagePlan",
        create=_create_plan,
        update=_update_plan,
        delete=_delete_plan,
        properties=frozenset({"UsagePlanName", "Description", "ApiStages", "Tags", *_LIMITS}),
    ),
    ResourceType(
        name="AWS::ApiGateway::UsagePlanKey",
        create=_create_plan_key,
        delete=_delete_plan_key,
        properties=frozenset({"KeyId", "KeyType", "UsagePlanId"}),
    ),
)

"""AWS::ApiGateway::Authorizer, ApiKey, UsagePlan and UsagePlanKey."""

from collections.abc import Iterator
from typing import Any

from penstock.services.apigateway.resources.common import below_api, camel, camels, members, patched, patches
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


def _authorizer_problems(given: Properties) -> Iterator[tuple[str, str]]:
    if given.get("Type") == "COGNITO_USER_POOLS":
        yield "Type", "COGNITO_USER_POOLS authorizers are not run; requests to their methods are refused"


# -- AWS::ApiGateway::ApiKey -------------------------------------------------------------------------

_KEY = {name: f"/{camel(name)}" for name in ("Name", "Description", "Enabled", "CustomerId")}


def _key(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    named = {"name": given.get("Name") or rc.physical_name(64), "tags": rc.tag_map(given)}
    return {camel(name): camels(value) for name, value in given.items()} | named


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
    made = await rc.call("apigateway", "CreateUsagePlanKey", members(rc, given))
    physical_id = f"{made['id']}:{given['UsagePlanId']}"
    return Resource(physical_id, {"Id": physical_id})


async def _delete_plan_key(rc: ResourceContext, resource: Resource) -> None:
    key, _, plan = resource.physical_id.partition(":")
    await rc.call("apigateway", "DeleteUsagePlanKey", {"usagePlanId": plan, "keyId": key})


TABLE = (
    patched(
        "AWS::ApiGateway::Authorizer",
        paths=_AUTHORIZER,
        key=below_api("authorizerId"),
        made=lambda result: Resource(result["id"], {"AuthorizerId": result["id"]}),
        properties=("RestApiId", "Type", "ProviderARNs"),
        replace_on=("RestApiId", "Type", "ProviderARNs"),
        request=lambda rc, given: {"name": rc.physical_name(64), **members(rc, given)},
        problems=_authorizer_problems,
    ),
    patched(
        "AWS::ApiGateway::ApiKey",
        paths=_KEY,
        key="apiKey",
        made=lambda result: Resource(result["id"], {"APIKeyId": result["id"]}),
        properties=("GenerateDistinctId", "StageKeys", "Tags", "Value"),
        replace_on=("Name", "GenerateDistinctId", "StageKeys", "Value"),
        request=_key,
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

"""AWS::ApiGateway::Deployment and Stage."""

from typing import Any

from penstock.services.apigateway.resources.common import camel, patches
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NO_CACHE = "responses are not cached"

# -- AWS::ApiGateway::Deployment ---------------------------------------------------------------------


async def _create_deployment(rc: ResourceContext, given: Properties) -> Resource:
    request = {"restApiId": given["RestApiId"], "description": given.get("Description")}
    if given.get("StageName"):
        stage = given.get("StageDescription") or {}
        request |= {"stageName": given["StageName"], "variables": stage.get("Variables")}
        request["stageDescription"] = stage.get("Description")
    if given.get("DeploymentCanarySettings"):
        request["canarySettings"] = _members(given["DeploymentCanarySettings"])
    sent = {name: value for name, value in request.items() if value is not None}
    made = await rc.call("apigateway", "CreateDeployment", sent)
    return Resource(made["id"], {"DeploymentId": made["id"]})


def _members(settings: Properties) -> dict[str, Any]:
    """A structure's members; keys of maps in it stay."""
    return {camel(name): value for name, value in settings.items()}


async def _update_deployment(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    where = {"restApiId": given["RestApiId"], "deploymentId": resource.physical_id}
    operations = patches({"Description": "/description"}, given)
    await rc.call("apigateway", "UpdateDeployment", {**where, "patchOperations": operations})
    return resource


async def _delete_deployment(rc: ResourceContext, resource: Resource) -> None:
    where = {"restApiId": resource.properties["RestApiId"], "deploymentId": resource.physical_id}
    stage = resource.properties.get("StageName")
    if stage:
        found = await rc.call("apigateway", "GetStages", where)
        if any(item["stageName"] == stage for item in found["item"]):
            await rc.call("apigateway", "DeleteStage", {"restApiId": where["restApiId"], "stageName": stage})
    await rc.call("apigateway", "DeleteDeployment", where)


_DEPLOYMENT = ResourceType(
    name="AWS::ApiGateway::Deployment",
    create=_create_deployment,
    update=_update_deployment,
    delete=_delete_deployment,
    properties=frozenset(
        {
            "RestApiId",
            "DeploymentCanarySettings",
            "Description",
            "StageName",
            "StageDescription.Description",
            "StageDescription.Variables",
        }
    ),
    replace_on=frozenset({"RestApiId", "StageName", "StageDescription", "DeploymentCanarySettings"}),
)


# -- AWS::ApiGateway::Stage --------------------------------------------------------------------------

_SETTINGS = {
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
}


async def _create_stage(rc: ResourceContext, given: Properties) -> Resource:
    request: dict[str, Any] = {
        camel(name): given[name]
        for name in ("RestApiId", "StageName", "DeploymentId", "Description", "Variables", "TracingEnabled")
        if given.get(name) is not None
    }
    request.setdefault("stageName", rc.physical_name(64).replace("-", "_"))
    if given.get("CanarySetting"):
        request["canarySettings"] = _members(given["CanarySetting"])
    await rc.call("apigateway", "CreateStage", {**request, "tags": rc.tag_map(given)})
    await _settle(rc, request["stageName"], given, {})
    return Resource(request["stageName"])


async def _settle(rc: ResourceContext, stage: str, given: Properties, before: Properties) -> None:
    operations = [*_setting_patches(given, before), *_log_patches(given, before)]
    if operations:
        where = {"restApiId": given["RestApiId"], "stageName": stage}
        await rc.call("apigateway", "UpdateStage", {**where, "patchOperations": operations})


def _setting_patches(given: Properties, before: Properties) -> list[dict[str, Any]]:
    new = {_setting_path(setting): setting for setting in given.get("MethodSettings") or ()}
    old = {_setting_path(setting): setting for setting in before.get("MethodSettings") or ()}
    operations: list[dict[str, Any]] = [
        {"op": "remove", "path": path} for path in old if path not in new and _has_effect(old[path])
    ]
    for path, setting in new.items():
        operations += patches({name: f"{path}/{end}" for name, end in _SETTINGS.items()}, setting)
    return operations


def _has_effect(setting: Properties) -> bool:
    return any(setting.get(name) is not None for name in _SETTINGS)


def _setting_path(setting: Properties) -> str:
    """`/*` and `*` mean every path; any other is one escaped part of the patch path."""
    path = str(setting.get("ResourcePath", "/*"))
    escaped = "*" if path in ("/*", "*") else path.removeprefix("/").replace("/", "~1")
    return f"/{escaped or '~1'}/{setting.get('HttpMethod', '*')}"


def _log_patches(given: Properties, before: Properties) -> list[dict[str, Any]]:
    setting = given.get("AccessLogSetting") or {}
    if not setting and before.get("AccessLogSetting"):
        return [{"op": "remove", "path": "/accessLogSettings"}]
    return patches({name: f"/accessLogSettings/{camel(name)}" for name in ("DestinationArn", "Format")}, setting)


def _canary_patches(given: Properties, before: Properties) -> list[dict[str, Any]]:
    """A canary that has changed is made anew."""
    canary = given.get("CanarySetting") or {}
    old = before.get("CanarySetting") or {}
    if canary == old:
        return []
    operations: list[dict[str, Any]] = [{"op": "remove", "path": "/canarySettings"}] if old else []
    operations += patches(
        {name: f"/canarySettings/{camel(name)}" for name in ("DeploymentId", "PercentTraffic", "UseStageCache")}, canary
    )
    overrides = canary.get("StageVariableOverrides") or {}
    return operations + [
        {"op": "replace", "path": f"/canarySettings/stageVariableOverrides/{name}", "value": str(value)}
        for name, value in overrides.items()
    ]


async def _update_stage(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    before = resource.properties
    paths = {"DeploymentId": "/deploymentId", "Description": "/description", "TracingEnabled": "/tracingEnabled"}
    operations = patches(paths, given)
    new, old = given.get("Variables") or {}, before.get("Variables") or {}
    operations += [{"op": "remove", "path": f"/variables/{name}"} for name in old if name not in new]
    operations += [{"op": "replace", "path": f"/variables/{name}", "value": str(value)} for name, value in new.items()]
    operations += _canary_patches(given, before)
    where = {"restApiId": given["RestApiId"], "stageName": resource.physical_id}
    await rc.call("apigateway", "UpdateStage", {**where, "patchOperations": operations})
    await _settle(rc, resource.physical_id, given, before)
    return resource


async def _delete_stage(rc: ResourceContext, resource: Resource) -> None:
    where = {"restApiId": resource.properties["RestApiId"], "stageName": resource.physical_id}
    await rc.call("apigateway", "DeleteStage", where)


_STAGE = ResourceType(
    name="AWS::ApiGateway::Stage",
    create=_create_stage,
    update=_update_stage,
    delete=_delete_stage,
    properties=frozenset(
        {
            "RestApiId",
            "StageName",
            "DeploymentId",
            "Description",
            "Variables",
            "TracingEnabled",
            "Tags",
            "AccessLogSetting",
            "CanarySetting",
            "MethodSettings.HttpMethod",
            "MethodSettings.ResourcePath",
            *(f"MethodSettings.{name}" for name in _SETTINGS),
        }
    ),
    replace_on=frozenset({"RestApiId", "StageName"}),
    inert={
        "MethodSettings.MetricsEnabled": "metrics are recorded of stages, not of methods",
        "MethodSettings.CachingEnabled": _NO_CACHE,
        "MethodSettings.CacheTtlInSeconds": _NO_CACHE,
        "MethodSettings.CacheDataEncrypted": _NO_CACHE,
        "CacheClusterEnabled": _NO_CACHE,
        "CacheClusterSize": _NO_CACHE,
        "ClientCertificateId": "integrations are called without TLS, on this machine",
        "DocumentationVersion": "it has no effect on what is served",
    },
)

TABLE = (_DEPLOYMENT, _STAGE)

"""Deployments: an API as it was at one moment. What a stage serves is a deployment, never the API being edited.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Deployment.html
"""

from typing import Any

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway import canary, stages
from penstock.services.apigateway.lookup import (
    bad_request,
    delete_part,
    members,
    page,
    part,
    parts,
    rest_api,
    save_part,
)
from penstock.services.apigateway.patch import Patcher, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner
from penstock.wire.model import Json

_STAGE = ("cacheClusterEnabled", "cacheClusterSize", "variables", "tracingEnabled")


def create_deployment(ctx: Context, request: Json) -> Json:
    api = rest_api(ctx, request["restApiId"])
    snapshot = _snapshot(ctx, api)
    deployment = {"id": ids.lower_id(6), "createdDate": int(ctx.clock.now()), **members(request, ("description",))}
    summary = {"apiSummary": _summary(snapshot["resources"])}
    save_part(ctx, api["id"], "deployment", deployment["id"], deployment | summary)
    save_part(ctx, api["id"], "snapshot", deployment["id"], snapshot)
    if request.get("canarySettings") is not None:
        _to_canary(ctx, request, deployment["id"])
    elif request.get("stageName"):
        _to_stage(ctx, request, deployment["id"])
    return deployment


def _snapshot(ctx: Context, api: Json) -> Json:
    """Everything that serving needs, copied. Raises BadRequestException for an API that cannot be served."""
    resources = parts(ctx, api["id"], "resource")
    methods = [method for resource in resources for method in resource.get("resourceMethods", {}).values()]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in methods):
        raise bad_request("No integration defined for method")
    kinds = ("model", "validator", "authorizer", "gatewayresponse")
    return {"api": api, "resources": resources, **{kind: parts(ctx, api["id"], kind) for kind in kinds}}


def _summary(resources: list[Json]) -> Json:
    return {
        resource["path"]: {
            name: {"apiKeyRequired": method["apiKeyRequired"], "authorizationType": method["authorizationType"]}
            for name, method in resource["resourceMethods"].items()
        }
        for resource in resources
        if resource.get("resourceMethods")
    }


def _to_stage(ctx: Context, request: Json, deployment_id: str) -> None:
    """Deploys to the stage, making it where it is new."""
    name = request["stageName"]
    known = DOCUMENTS.get(ctx.store, api_owner(ctx, request["restApiId"]), "stage", name)
    if known is None:
        description = {"description": request["stageDescription"]} if request.get("stageDescription") else {}
        wanted: dict[str, Any] = members(request, _STAGE) | description
        stages.create_stage(ctx, {**request, **wanted, "stageName": name, "deploymentId": deployment_id})
        return
    if request.get("stageDescription"):
        known["description"] = request["stageDescription"]
    known |= members(request, ("variables", "tracingEnabled"))
    stages.save(ctx, request["restApiId"], {**known, "deploymentId": deployment_id})


def _to_canary(ctx: Context, request: Json, deployment_id: str) -> None:
    name = request.get("stageName")
    stage = DOCUMENTS.get(ctx.store, api_owner(ctx, request["restApiId"]), "stage", name) if name else None
    canary.check_deployable(name, stage)
    assert stage is not None
    stage[canary.NAME] = canary.settings(deployment_id, request[canary.NAME])
    stages.save(ctx, request["restApiId"], stage)


def get_deployment(ctx: Context, request: Json) -> Json:
    return _shown(part(ctx, request["restApiId"], "deployment", request["deploymentId"]), request)


def get_deployments(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return page([_shown(found, request) for found in parts(ctx, request["restApiId"], "deployment")], request)


def _shown(deployment: Json, request: Json) -> Json:
    if "apisummary" not in request.get("embed", ()):
        deployment.pop("apiSummary", None)
    return deployment


_PATCHER = Patcher({"description": scalar(ops=("replace", "remove", "add"))})


def update_deployment(ctx: Context, request: Json) -> Json:
    deployment = part(ctx, request["restApiId"], "deployment", request["deploymentId"])
    _PATCHER.apply(deployment, request.get("patchOperations", ()))
    save_part(ctx, request["restApiId"], "deployment", deployment["id"], deployment)
    return _shown(deployment, request)


def delete_deployment(ctx: Context, request: Json) -> Json:
    api_id, deployment_id = request["restApiId"], request["deploymentId"]
    part(ctx, api_id, "deployment", deployment_id)
    if any(deployment_id in stages.deployments_of(stage) for stage in parts(ctx, api_id, "stage")):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    delete_part(ctx, api_id, "deployment", deployment_id)
    DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), "snapshot", deployment_id)
    return {}

"""Stages and deployments. A stage that deploys by itself serves the API as it is, any other a deployment's copy.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
"""

import re

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import NO_ROUTE, changed, disconnect, forget, new_deployment, snapshot
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_of,
    api_owner,
    bad_request,
    delete_part,
    members,
    not_found,
    page,
    part_of,
    parts_of,
    save_part,
)
from penstock.wire.model import Json

_NAME = re.compile(r"[A-Za-z0-9_\-]{1,128}|\$default")
# What a stage's routes are set to where nobody says otherwise.
_DEFAULTS: dict[str, Json] = {
    "HTTP": {"DetailedMetricsEnabled": False},
    "WEBSOCKET": {"DataTraceEnabled": False, "DetailedMetricsEnabled": False, "LoggingLevel": "OFF"},
}
_REQUEST_IDS = ("$context.requestId", "$context.extendedRequestId")
_OPTIONAL = ("AccessLogSettings", "ClientCertificateId", "DeploymentId", "Description")


def create_stage(ctx: Context, request: Json) -> Json:
    api = api_of(ctx, request)
    name, api_id = request["StageName"], request["ApiId"]
    if not _NAME.fullmatch(name):
        raise bad_request("Stage name only allows a-zA-Z0-9_-")
    if DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "stage", name) is not None:
        raise AwsError("ConflictException", "Stage already exists")
    now = int(ctx.clock.now())
    stage = {
        "StageName": name,
        "AutoDeploy": request.get("AutoDeploy", False),
        "CreatedDate": now,
        "LastUpdatedDate": now,
        "DefaultRouteSettings": {**_DEFAULTS[api["ProtocolType"]], **request.get("DefaultRouteSettings", {})},
        "RouteSettings": request.get("RouteSettings", {}),
        "StageVariables": request.get("StageVariables", {}),
        "Tags": request.get("Tags", {}),
        **members(request, _OPTIONAL),
    }
    _check(ctx, request, stage)
    _save(ctx, api_id, stage)
    if stage["AutoDeploy"]:
        changed(ctx, api_id)
    return part_of(ctx, request, "stage", name)


def _check(ctx: Context, request: Json, stage: Json) -> None:
    log_format = (stage.get("AccessLogSettings") or {}).get("Format")
    if log_format and not any(name in log_format for name in _REQUEST_IDS):
        raise bad_request(f"Access Log format must include either {' or '.join(_REQUEST_IDS)}")
    known = {route["RouteKey"] for route in parts_of(ctx, request, "route")}
    for key in request.get("RouteSettings", {}):
        if key not in known:
            raise not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
    if stage.get("DeploymentId") and not stage["AutoDeploy"]:
        part_of(ctx, request, "deployment", stage["DeploymentId"])


def _save(ctx: Context, api_id: str, stage: Json) -> None:
    save_part(ctx, api_id, "stage", stage["StageName"], stage)
    forget(ctx, api_id)


def get_stage(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "stage", request["StageName"])


def get_stages(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "stage"), request)


def update_stage(ctx: Context, request: Json) -> Json:
    stage = get_stage(ctx, request)
    settings = {**stage["DefaultRouteSettings"], **request.get("DefaultRouteSettings", {})}
    names = ("AutoDeploy", "RouteSettings", "StageVariables", *_OPTIONAL)
    stage |= members(request, names) | {"DefaultRouteSettings": settings, "LastUpdatedDate": int(ctx.clock.now())}
    _check(ctx, request, stage)
    _save(ctx, request["ApiId"], stage)
    if stage["AutoDeploy"]:
        changed(ctx, request["ApiId"])
    return get_stage(ctx, request)


def delete_stage(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request, "stage", request["StageName"])
    forget(ctx, request["ApiId"])
    disconnect(ctx, request["ApiId"], request["StageName"])
    return {}


def delete_access_log_settings(ctx: Context, request: Json) -> Json:
    stage = get_stage(ctx, request)
    stage.pop("AccessLogSettings", None)
    _save(ctx, request["ApiId"], stage)
    return {}


def delete_route_settings(ctx: Context, request: Json) -> Json:
    stage = get_stage(ctx, request)
    if stage["RouteSettings"].pop(request["RouteKey"], None) is not None:
        _save(ctx, request["ApiId"], stage)
    return {}


def reset_authorizers_cache(ctx: Context, request: Json) -> Json:
    get_stage(ctx, request)
    forget(ctx, request["ApiId"])
    return {}


# -- deployments -------------------------------------------------------------------------------------


def create_deployment(ctx: Context, request: Json) -> Json:
    api_id = api_of(ctx, request)["ApiId"]
    stage = get_stage(ctx, request) if request.get("StageName") else None
    if stage is not None and stage["AutoDeploy"]:
        raise bad_request(f"Deployment cannot be made to stage {stage['StageName']}: auto-deploy is enabled for it")
    if not parts_of(ctx, request, "route"):
        raise bad_request(NO_ROUTE)
    deployment = new_deployment(ctx, members(request, ("Description",)))
    save_part(ctx, api_id, "deployment", deployment["DeploymentId"], deployment)
    save_part(ctx, api_id, "snapshot", deployment["DeploymentId"], snapshot(ctx, api_owner(ctx, api_id), api_id))
    if stage is not None:
        _save(ctx, api_id, stage | {"DeploymentId": deployment["DeploymentId"]})
    return deployment


def get_deployment(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "deployment", request["DeploymentId"])


def get_deployments(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "deployment"), request)


def update_deployment(ctx: Context, request: Json) -> Json:
    deployment = get_deployment(ctx, request) | members(request, ("Description",))
    return save_part(ctx, request["ApiId"], "deployment", deployment["DeploymentId"], deployment)


def delete_deployment(ctx: Context, request: Json) -> Json:
    deployment_id = request["DeploymentId"]
    get_deployment(ctx, request)
    if any(stage.get("DeploymentId") == deployment_id for stage in parts_of(ctx, request, "stage")):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    delete_part(ctx, request, "deployment", deployment_id)
    DOCUMENTS.delete(ctx.store, api_owner(ctx, request["ApiId"]), "snapshot", deployment_id)
    return {}

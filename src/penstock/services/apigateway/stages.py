"""Stages: names under which deployments are served.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html; texts as observed.
"""

import re
from collections.abc import Callable
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway import canary
from penstock.services.apigateway.deployed import forget
from penstock.services.apigateway.lookup import bad_request, delete_part, members, part, parts, rest_api, save_part
from penstock.services.apigateway.patch import Member, Patch, Patcher, boolean, mapping, nested, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner
from penstock.wire.model import Json

_NAME = re.compile(r"[a-zA-Z0-9_\-]{1,128}|\$default")
_VARIABLE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")
_OPTIONAL = ("description", "cacheClusterSize", "variables", "documentationVersion", "tags")


def create_stage(ctx: Context, request: Json) -> Json:
    api_id, name = request["restApiId"], request["stageName"]
    rest_api(ctx, api_id)
    part(ctx, api_id, "deployment", request["deploymentId"])
    if not _NAME.fullmatch(name):
        raise bad_request("Stage name only allows a-zA-Z0-9_")
    if DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "stage", name) is not None:
        raise AwsError("ConflictException", "Stage already exists")
    _check_variables(request.get("variables", {}))
    now = int(ctx.clock.now())
    cached = request.get("cacheClusterEnabled", False)
    stage = {
        "stageName": name,
        "deploymentId": request["deploymentId"],
        "cacheClusterEnabled": cached,
        "cacheClusterStatus": "AVAILABLE" if cached else "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": request.get("tracingEnabled", False),
        "createdDate": now,
        "lastUpdatedDate": now,
        **members(request, _OPTIONAL),
    }
    if cached:
        stage.setdefault("cacheClusterSize", "0.5")
    if (wanted := request.get(canary.NAME)) is not None:
        stage[canary.NAME] = canary.settings(wanted.get("deploymentId") or request["deploymentId"], wanted)
    _check_deployments(ctx, api_id, stage)
    return save(ctx, api_id, stage)


def deployments_of(stage: Json) -> tuple[str, ...]:
    """The ids of what a stage serves."""
    second = (stage[canary.NAME]["deploymentId"],) if canary.NAME in stage else ()
    return (stage["deploymentId"], *second)


def _check_deployments(ctx: Context, api_id: str, stage: Json) -> None:
    for deployment_id in deployments_of(stage):
        if DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), "deployment", deployment_id) is None:
            raise bad_request("Deployment id does not exist")


def save(ctx: Context, api_id: str, stage: Json) -> Json:
    save_part(ctx, api_id, "stage", stage["stageName"], stage)
    forget(ctx, api_id)
    return stage


def _check_variables(variables: Json) -> None:
    for name, value in variables.items():
        if not re.fullmatch(r"\w+", name) or not _VARIABLE.fullmatch(value):
            raise bad_request(f"Invalid stage variable: {name}={value}. Please use values with a-zA-Z0-9-._~:/?#&=,")


def get_stage(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "stage", request["stageName"])


def get_stages(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    wanted = request.get("deploymentId")
    stages = parts(ctx, request["restApiId"], "stage")
    return {"item": [stage for stage in stages if wanted in (None, stage["deploymentId"])]}


def delete_stage(ctx: Context, request: Json) -> Json:
    delete_part(ctx, request["restApiId"], "stage", request["stageName"])
    forget(ctx, request["restApiId"])
    return {}


def flush_stage_cache(ctx: Context, request: Json) -> Json:
    part(ctx, request["restApiId"], "stage", request["stageName"])
    return {}


def flush_stage_authorizers_cache(ctx: Context, request: Json) -> Json:
    part(ctx, request["restApiId"], "stage", request["stageName"])
    forget(ctx, request["restApiId"])
    return {}


# -- changes -----------------------------------------------------------------------------------------

# Path of a method setting -> the member of MethodSetting and how its text is read.
_SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", boolean),
    "logging/dataTrace": ("dataTraceEnabled", boolean),
    "logging/loglevel": ("loggingLevel", str),
    "throttling/burstLimit": ("throttlingBurstLimit", int),
    "throttling/rateLimit": ("throttlingRateLimit", float),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", int),
    "caching/enabled": ("cachingEnabled", boolean),
    "caching/dataEncrypted": ("cacheDataEncrypted", boolean),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", boolean),
    "caching/unauthorizedCacheControlHeaderStrategy": ("unauthorizedCacheControlHeaderStrategy", str),
}
_DEFAULT_SETTING = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
# The paths in AWS's error text, with its missing commas.
_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled"
)


def _forget_logs(document: Json, patch: Patch) -> None:
    document.pop("accessLogSettings", None)


_WIDE = ("add", "replace", "remove")
_PATCHER = Patcher(
    {
        "deploymentId": scalar(),
        "description": scalar(ops=_WIDE),
        "cacheClusterEnabled": scalar(boolean),
        "cacheClusterSize": scalar(),
        "clientCertificateId": scalar(ops=_WIDE),
        "variables": mapping(),
        "tracingEnabled": scalar(boolean),
        "accessLogSettings": nested({"destinationArn": str, "format": str}),
    }
)
_NO_LOGS = Patcher({"accessLogSettings": Member(("remove",), _forget_logs)})


def update_stage(ctx: Context, request: Json) -> Json:
    api_id = request["restApiId"]
    stage = part(ctx, api_id, "stage", request["stageName"])
    for operation in request.get("patchOperations", ()):
        _change(stage, operation)
    _check_deployments(ctx, api_id, stage)
    _check_variables(stage.get("variables", {}))
    stage["lastUpdatedDate"] = int(ctx.clock.now())
    return save(ctx, api_id, stage)


def _change(stage: Json, operation: Json) -> None:
    patch = Patch.parse(operation)
    first = patch.keys[0] if patch.keys else ""
    if patch.op == "copy":
        canary.promote(stage, operation.get("from"), patch.path)
    elif first == canary.NAME and canary.change(stage, patch):
        return
    elif patch.path == "/accessLogSettings":
        _NO_LOGS.apply(stage, [operation])
    elif (member := _PATCHER.members.get(first)) is not None and len(patch.keys) == member.depth:
        _PATCHER.apply(stage, [operation])
    else:
        _change_setting(stage["methodSettings"], patch)


def _change_setting(settings: Json, patch: Patch) -> None:
    """`/<resource path>/<method>/throttling/rateLimit`, or `/<resource path>/<method>` to remove all of its settings.

    The resource path is one escaped part (`~1pets`), which AWS names without its first slash (`pets/GET`).
    """
    if len(patch.keys) == 2 and patch.op == "remove":
        name = _setting_name(patch.keys)
        if settings.pop(name, None) is None:
            raise bad_request(
                f"Cannot remove method setting {name} because there is no method setting for this method "
            )
        return
    known = _SETTINGS.get("/".join(patch.keys[-2:]))
    if known is None or len(patch.keys) < 4:
        raise bad_request(f"Invalid method setting path: {patch.path}. Must be one of: [{_PATHS}]")
    member, convert = known
    setting = settings.setdefault(_setting_name(patch.keys[:-2]), {**_DEFAULT_SETTING, **settings.get("*/*", {})})
    if patch.op != "remove":
        setting[member] = convert(patch.value or "")
    elif member in _DEFAULT_SETTING:
        setting[member] = _DEFAULT_SETTING[member]
    else:
        setting.pop(member, None)


def _setting_name(keys: list[str]) -> str:
    return "/".join(keys).removeprefix("/") if keys[0] != "/" else f"//{keys[-1]}"

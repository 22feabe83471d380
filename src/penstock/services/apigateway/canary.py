"""Canary releases: a second deployment that gets a share of a stage's requests, until it is promoted or given up.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html; texts as observed.
"""

from collections.abc import Callable
from typing import Any

from penstock.services.apigateway.lookup import bad_request, members
from penstock.services.apigateway.patch import Patch, boolean
from penstock.wire.model import Json

NAME = "canarySettings"
_OPTIONAL = ("percentTraffic", "stageVariableOverrides", "useStageCache")
_SCALARS: dict[str, Callable[[str], Any]] = {"deploymentId": str, "percentTraffic": float, "useStageCache": boolean}
_OVERRIDES = "stageVariableOverrides"
# What a copy may promote: from -> to.
_FROM = ("/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides")
_TO = ("/deploymentId", "/variables")
_CONTENT = "Invalid deployment content specified."


def settings(deployment_id: str, given: Json | None = None) -> Json:
    """The canary of a stage, with AWS's defaults."""
    defaults = {"deploymentId": deployment_id, "percentTraffic": 0.0, "useStageCache": False}
    return defaults | members(given or {}, _OPTIONAL)


def check_deployable(name: str | None, stage: Json | None) -> None:
    """A canary is deployed to a stage that exists. Raises BadRequestException."""
    if not name:
        shown = "null" if name is None else name
        raise bad_request(
            f"{_CONTENT}Non null and non empty stageName must be provided for canary deployment. Provided value is "
            f"{shown}"
        )
    if stage is None:
        raise bad_request(f"{_CONTENT}Stage {name} must already be created before making a canary release deployment")


def change(stage: Json, patch: Patch) -> bool:
    """Applies a patch operation below `/canarySettings`; False where it is none that a canary knows."""
    keys = patch.keys[1:]
    if not keys:
        return patch.op == "remove" and stage.pop(NAME, None) is not None
    single = len(keys) == 1 and keys[0] in _SCALARS
    override = len(keys) == 2 and keys[0] == _OVERRIDES
    if not (single or override):
        return False
    if patch.op not in ("replace", "remove") or (single and patch.op == "remove"):
        raise bad_request(f"Invalid {patch.op} operation with path: {patch.path}")
    canary = stage.setdefault(NAME, settings(stage["deploymentId"]))
    if single:
        canary[keys[0]] = _SCALARS[keys[0]](patch.value or "")
    elif patch.op == "remove":
        canary.get(_OVERRIDES, {}).pop(keys[1], None)
    else:
        canary.setdefault(_OVERRIDES, {})[keys[1]] = patch.value
    return True


def promote(stage: Json, source: str | None, target: str) -> None:
    """`copy`: makes the canary's deployment or variables the stage's own. Raises BadRequestException."""
    if source not in _FROM or target not in _TO:
        raise bad_request(
            f"Invalid copy operation with path: {target} and from {source}. Valid copy:path are [{', '.join(_TO)}] and "
            f"valid copy:from are [{', '.join(_FROM)}]"
        )
    canary = stage.get(NAME)
    if canary is None:
        raise bad_request("Promotion not available. Canary does not exist.")
    if target == "/deploymentId":
        stage["deploymentId"] = canary["deploymentId"]
    elif overrides := canary.get(_OVERRIDES):
        stage["variables"] = {**stage.get("variables", {}), **overrides}

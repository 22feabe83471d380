"""Versions: a function's code and configuration as they were when they were published.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.lambda_ import configuration, pages
from penstock.services.lambda_.names import LATEST, conflict, function_ref, invalid, stale
from penstock.services.lambda_.state import Function, drop, function_of, put, set_settings, state
from penstock.wire.model import Json

# What may differ between two versions that are the same to AWS.
_IDENTITY = frozenset({"Version", "FunctionArn", "RevisionId", "LastModified", "Description", "LastUpdateStatus"})


def publish_version(ctx: Context, request: Json) -> Json:
    function = function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))
    latest = function.latest["Configuration"]
    if request.get("RevisionId") and request["RevisionId"] != latest["RevisionId"]:
        raise stale()
    if request.get("CodeSha256") and request["CodeSha256"] != latest["CodeSha256"]:
        raise invalid(
            f"CodeSHA256 ({request['CodeSha256']}) is different from current CodeSHA256 in $LATEST "
            f"({latest['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
        )
    return publish(ctx, function, request.get("Description"))


def publish(ctx: Context, function: Function, description: str | None) -> Json:
    """The version made of $LATEST; the one published last, where nothing has changed since."""
    number = function.settings.get("NextVersion", 1)
    latest = function.latest
    before = function.kind("version").get(str(number - 1))
    if before is not None and _same(before["Configuration"], latest["Configuration"]):
        return dict(before["Configuration"])
    version = str(number)
    settings = {**latest["Configuration"], "Version": version, "FunctionArn": function.arn_of(version)}
    settings["RevisionId"] = ids.uuid()
    if description is not None:
        settings["Description"] = description
    if settings["SnapStart"]["ApplyOn"] == "PublishedVersions":
        settings["SnapStart"] = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    put(ctx, function, "version", version, {**latest, "Configuration": settings, "Generation": ids.uuid()})
    set_settings(ctx, function, NextVersion=number + 1)
    return dict(settings)


def _same(one: Json, other: Json) -> bool:
    return all(
        one.get(name) == other.get(name) for name in {*one, *other} if name not in _IDENTITY and name != "SnapStart"
    )


def list_versions_by_function(ctx: Context, request: Json) -> Json:
    function = function_of(ctx, function_ref(ctx, request["FunctionName"])._replace(qualifier=None))
    found = [
        configuration.listed({**document["Configuration"], "FunctionArn": function.arn_of(version)})
        for version, document in function.kind("version").items()
    ]
    return pages.page(request, "Versions", found)


def delete(ctx: Context, function: Function, version: str) -> None:
    """Deletes one version; one that does not exist is deleted already."""
    if version not in function.kind("version"):
        return
    pointing = [
        name
        for name, alias in function.kind("alias").items()
        if version in (alias["FunctionVersion"], *_weights(alias)) and version != LATEST
    ]
    if pointing:
        raise conflict(f"Version {version} is referenced by aliases: {', '.join(pointing)}")
    drop(ctx, function, "version", version)
    for kind in ("policy", "event-invoke", "provisioned"):
        if version in function.kind(kind):
            drop(ctx, function, kind, version)
    pool = state(ctx).pool
    ctx.store.after_commit(lambda: pool.retire(function.arn))


def _weights(alias: Json) -> Json:
    weights: Json = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return weights

"""Capacity providers: FARGATE and FARGATE_SPOT, and those of Auto Scaling groups, which are records here.

Whatever provider a task is placed with, it runs on this machine.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html
"""

import re
from collections.abc import Iterable

from penstock.call import Context
from penstock.services.ecs import names
from penstock.services.ecs.errors import client, failure, invalid, unsupported
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

FARGATE = ("FARGATE", "FARGATE_SPOT")
_NAME = re.compile(r"(?!aws|ecs|fargate)[a-zA-Z0-9_-]{1,255}", re.IGNORECASE)
_SCALING = {
    "status": "DISABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10000,
    "instanceWarmupPeriod": 300,
}
_MISSING = "The specified capacity provider does not exist. Specify a valid name or ARN and try again."


def create_capacity_provider(ctx: Context, request: Json) -> Json:
    name = request["name"]
    if "managedInstancesProvider" in request:
        raise unsupported("managed instances")
    if not _NAME.fullmatch(name):
        raise client(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters "
            "(upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with 'aws', 'ecs', "
            "or 'fargate'. Specify a valid name and try again."
        )
    if _find(ctx, name) is not None:
        raise client(
            f"A capacity provider already exists with the name {name}. Specify a different name and try again."
        )
    if "autoScalingGroupProvider" not in request:
        raise client("The autoScalingGroupProvider parameter is required when creating a capacity provider.")
    check_tags(request.get("tags", ()))
    provider = {
        "capacityProviderArn": names.arn_of(ctx, f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "autoScalingGroupProvider": _complete(request["autoScalingGroupProvider"], {}),
        "tags": request.get("tags", []),
        "type": "EC2_AUTOSCALING",
    }
    _put(ctx, provider)
    return {"capacityProvider": provider}


def _complete(given: Json, before: Json) -> Json:
    scaling = _SCALING | before.get("managedScaling", {}) | given.get("managedScaling", {})
    defaults = {"managedTerminationProtection": "DISABLED", "managedDraining": "ENABLED"}
    return defaults | before | given | {"managedScaling": scaling}


def update_capacity_provider(ctx: Context, request: Json) -> Json:
    provider = _find(ctx, request["name"])
    if provider is None:
        raise client(_MISSING)
    if "managedInstancesProvider" in request:
        raise unsupported("managed instances")
    given = request.get("autoScalingGroupProvider", {})
    provider["autoScalingGroupProvider"] = _complete(given, provider.get("autoScalingGroupProvider", {}))
    provider["updateStatus"] = "UPDATE_COMPLETE"
    _put(ctx, provider)
    return {"capacityProvider": provider}


def describe_capacity_providers(ctx: Context, request: Json) -> Json:
    wanted = request.get("capacityProviders")
    failures: list[Json] = []
    if wanted:
        found = []
        for name in wanted:
            provider = _find(ctx, names.last(name))
            if provider is None:
                failures.append(failure(names.arn_of(ctx, f"capacity-provider/{names.last(name)}")))
            else:
                found.append(provider)
    else:
        found = [*map(_of_aws, [ctx] * 2, FARGATE), *DOCUMENTS.all(ctx.store, names.scope(ctx), "capacity-provider")]
    listed = names.page(request, "capacityProviders", found, lambda provider: str(provider["name"]))
    if "TAGS" not in request.get("include", ()):
        listed["capacityProviders"] = [{**provider, "tags": []} for provider in listed["capacityProviders"]]
    return {**listed, "failures": failures}


def delete_capacity_provider(ctx: Context, request: Json) -> Json:
    name = names.last(request["capacityProvider"])
    provider = _find(ctx, name)
    if provider is None:
        raise client(_MISSING)
    if name in FARGATE:
        raise client("The specified capacity provider is reserved by Amazon ECS and cannot be deleted.")
    clusters = DOCUMENTS.all(ctx.store, names.scope(ctx), "cluster")
    if any(name in cluster["capacityProviders"] for cluster in clusters if cluster["status"] == "ACTIVE"):
        raise client("The capacity provider cannot be deleted because it is associated with a cluster.")
    DOCUMENTS.delete(ctx.store, names.scope(ctx), "capacity-provider", name)
    return {"capacityProvider": provider | {"status": "INACTIVE", "updateStatus": "DELETE_COMPLETE"}}


def _put(ctx: Context, provider: Json) -> None:
    DOCUMENTS.put(ctx.store, names.scope(ctx), "capacity-provider", provider["name"], provider)


def _find(ctx: Context, name: str) -> Json | None:
    if name in FARGATE:
        return _of_aws(ctx, name)
    return DOCUMENTS.get(ctx.store, names.scope(ctx), "capacity-provider", name)


def _of_aws(ctx: Context, name: str) -> Json:
    arn = names.arn_of(ctx, f"capacity-provider/{name}")
    return {"capacityProviderArn": arn, "name": name, "status": "ACTIVE", "tags": [], "type": name}


# -- strategies ----------------------------------------------------------------------------------------


def check_providers(ctx: Context, providers: Iterable[str], strategy: list[Json]) -> None:
    """Providers of a cluster and its default strategy, which may name no other."""
    known = [names.last(name) for name in providers]
    for name in known:
        if _find(ctx, name) is None:
            raise invalid(f"The specified capacity provider '{name}' was not found.")
    check_strategy(strategy, known)


def check_strategy(strategy: list[Json], associated: list[str]) -> None:
    for item in strategy:
        if names.last(item["capacityProvider"]) not in associated:
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
                "with the cluster. Associate the capacity provider with the cluster and try again."
            )
    if sum("base" in item and item["base"] > 0 for item in strategy) > 1:
        raise invalid(
            "The specified capacity provider strategy cannot have more than one capacity provider with a base."
        )


def choose(strategy: list[Json], running: dict[str, int]) -> str:
    """The provider of the next task: first the base, then whoever has least of its weight."""
    for item in strategy:
        if running.get(item["capacityProvider"], 0) < item.get("base", 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight", 0) > 0] or strategy[:1]
    best = min(weighted, key=lambda item: running.get(item["capacityProvider"], 0) / max(item.get("weight", 0), 1))
    return str(best["capacityProvider"])

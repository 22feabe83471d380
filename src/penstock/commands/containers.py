"""What runs as containers, as `penstock status` shows it and `penstock up` waits for it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from penstock.call import Context

Json = dict[str, Any]
_PAGE = 100  # of DescribeTasks
_SERVICES_PAGE = 10  # of DescribeServices
_PATIENCE = 30.0  # real seconds


async def starting(places: Sequence[Context]) -> list[Json]:
    """The services that run fewer tasks than they are to, as after a start of the runtime."""
    return [service for ctx in places for service in await _services(ctx) if _is_starting(service)]


async def late(places: Sequence[Context]) -> list[str]:
    """Waits for them, but not for long; a sentence for each that still has not come."""
    await places[0].clock.settle(_PATIENCE)
    return [
        f"{service['serviceName']} runs {service['runningCount']} of {service['desiredCount']} tasks; "
        "`penstock logs` and the service's events say why."
        for service in await starting(places)
    ]


def _is_starting(service: Json) -> bool:
    return service["status"] == "ACTIVE" and bool(service["runningCount"] < service["desiredCount"])


async def _clusters(ctx: Context) -> list[str]:
    """None where nobody ever asked for ECS, which would have to be loaded to say so."""
    if not ctx.kernel.at_work("ecs"):
        return []
    clusters: list[str] = (await ctx.call("ecs", "ListClusters", {}))["clusterArns"]
    return clusters


async def _services(ctx: Context) -> list[Json]:
    found: list[Json] = []
    for cluster in await _clusters(ctx):
        arns = [arn async for arn in _pages(ctx, "ListServices", "serviceArns", cluster)]
        for start in range(0, len(arns), _SERVICES_PAGE):
            asked = {"cluster": cluster, "services": arns[start : start + _SERVICES_PAGE]}
            found += (await ctx.call("ecs", "DescribeServices", asked))["services"]
    return found


async def running(places: Sequence[Context]) -> list[Json]:
    """A dict a task that is not stopped: `{cluster, service, task, definition, status, health, address}`."""
    return [task for ctx in places for cluster in await _clusters(ctx) for task in await _tasks(ctx, cluster)]


async def _tasks(ctx: Context, cluster: str) -> list[Json]:
    found: list[Json] = []
    arns = [arn async for arn in _pages(ctx, "ListTasks", "taskArns", cluster)]
    for start in range(0, len(arns), _PAGE):
        asked = {"cluster": cluster, "tasks": arns[start : start + _PAGE]}
        found += [_shown(task) for task in (await ctx.call("ecs", "DescribeTasks", asked))["tasks"]]
    return sorted(found, key=lambda task: (task["service"], task["task"]))


async def _pages(ctx: Context, operation: str, member: str, cluster: str) -> AsyncIterator[str]:
    request: Json = {"cluster": cluster, "maxResults": _PAGE}
    while True:
        page = await ctx.call("ecs", operation, request)
        for arn in page[member]:
            yield arn
        if not page.get("nextToken"):
            return
        request = {**request, "nextToken": page["nextToken"]}


def _shown(task: Json) -> Json:
    return {
        "cluster": task["clusterArn"].rpartition("/")[2],
        "service": task.get("group", "").removeprefix("service:"),
        "task": task["taskArn"].rpartition("/")[2],
        "definition": task["taskDefinitionArn"].rpartition("/")[2],
        "status": task["lastStatus"],
        "health": task.get("healthStatus", "UNKNOWN"),
        "address": _address(task),
    }


def _address(task: Json) -> str:
    details = [detail for attachment in task.get("attachments", []) for detail in attachment["details"]]
    return next((detail["value"] for detail in details if detail["name"] == "privateIPv4Address"), "")

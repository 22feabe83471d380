"""What runs as containers, as `penstock status` shows it."""

from typing import Any

from penstock.call import Context

Json = dict[str, Any]
_PAGE = 100  # of DescribeTasks


async def running(ctx: Context) -> list[Json]:
    """A dict a task that is not stopped: `{cluster, service, task, definition, status, health, address}`."""
    clusters = (await ctx.call("ecs", "ListClusters", {}))["clusterArns"]
    return [task for cluster in clusters for task in await _tasks(ctx, cluster)]


async def _tasks(ctx: Context, cluster: str) -> list[Json]:
    found: list[Json] = []
    request: Json = {"cluster": cluster, "maxResults": _PAGE}
    while True:
        page = await ctx.call("ecs", "ListTasks", request)
        if page["taskArns"]:
            described = await ctx.call("ecs", "DescribeTasks", {"cluster": cluster, "tasks": page["taskArns"]})
            found += [_shown(task) for task in described["tasks"]]
        if not page.get("nextToken"):
            return sorted(found, key=lambda task: (task["service"], task["task"]))
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

"""Tasks: run, start, stop, describe, list, protect.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

import functools
from dataclasses import replace

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.containers.model import Stop, StopCode
from penstock.services.ecs import clusters, definitions, instances, names, placement, store
from penstock.services.ecs.engine import engine
from penstock.services.ecs.errors import client, failure, invalid, no_service
from penstock.services.ecs.running import lifecycle
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

MAX_COUNT = 10
MAX_DESCRIBED = 100
_TOKEN_LIVES = 86_400.0


def run_task(ctx: Context, request: Json) -> Json:
    cluster = clusters.active(ctx, request.get("cluster"))
    if (known := _by_token(ctx, cluster, request)) is not None:
        return known
    definition = definitions.runnable(ctx, request["taskDefinition"])
    count = request.get("count", 1)
    if not 1 <= count <= MAX_COUNT:
        raise invalid(f"Count should be between 1 and {MAX_COUNT}")
    plan = _plan(ctx, request, placement.wanted(ctx, cluster, definition, request))
    tasks = [launch(ctx, plan) for _ in range(count)]
    _remember(ctx, cluster, request, tasks)
    return {"tasks": [shown(task, ["TAGS"]) for task in tasks], "failures": []}


def start_task(ctx: Context, request: Json) -> Json:
    cluster = clusters.active(ctx, request.get("cluster"))
    if not request["containerInstances"]:
        raise client("Container Instances cannot be empty.")
    if len(request["containerInstances"]) > MAX_COUNT:
        raise invalid(f"Container Instances can have at most {MAX_COUNT} items.")
    definition = definitions.runnable(ctx, request["taskDefinition"])
    plan = _plan(ctx, request, placement.wanted(ctx, cluster, definition, {**request, "launchType": "EC2"}))
    found, failures = instances.of_tasks(ctx, cluster, request["containerInstances"])
    tasks = [launch(ctx, replace(plan, instance=instance["containerInstanceArn"])) for instance in found]
    return {"tasks": [shown(task, ["TAGS"]) for task in tasks], "failures": failures}


def _plan(ctx: Context, request: Json, plan: placement.Wanted) -> placement.Wanted:
    check_tags(request.get("tags", ()))
    overrides = request.get("overrides", {})
    placement.check_overrides(plan.definition, overrides)
    group = request.get("group", "")
    if group.startswith("service:"):
        raise invalid("Invalid namespace for group. The group name cannot start with 'service:'.")
    if len(request.get("startedBy", "")) > 128:
        raise invalid("startedBy cannot be longer than 128 characters.")
    plan = replace(plan, overrides=overrides, group=group, started_by=request.get("startedBy", ""))
    if request.get("propagateTags") == "SERVICE":
        raise invalid("Tags can only be propagated from the task definition for a task that belongs to no service.")
    return placement.propagated(plan, request.get("propagateTags", ""), request.get("tags", []), [])


def launch(ctx: Context, plan: placement.Wanted) -> Json:
    """The row of a new task, whose containers are started after the commit."""
    task = placement.place(ctx, plan)
    lifecycle.launch(engine(ctx), ctx, task)
    return task


def _by_token(ctx: Context, cluster: Json, request: Json) -> Json | None:
    """The answer to the same request with the same client token, given before."""
    known = DOCUMENTS.get(ctx.store, cluster["clusterArn"], "token", request.get("clientToken", ""))
    if known is None or known["at"] + _TOKEN_LIVES < ctx.clock.now():
        return None
    if known["request"] != _digest(request):
        message = "The request's parameters differ from those that this client token was used with before."
        raise AwsError("ConflictException", message, resourceIds=known["tasks"])
    tasks = [store.get(ctx.store, store.GET_TASK, arn) for arn in known["tasks"]]
    return {"tasks": [shown(task, ["TAGS"]) for task in tasks if task], "failures": []}


def _remember(ctx: Context, cluster: Json, request: Json, tasks: list[Json]) -> None:
    if token := request.get("clientToken"):
        arns = [task["taskArn"] for task in tasks]
        document = {"request": _digest(request), "tasks": arns, "at": ctx.clock.now()}
        DOCUMENTS.put(ctx.store, cluster["clusterArn"], "token", token, document)


def _digest(request: Json) -> str:
    return orjson.dumps(request, option=orjson.OPT_SORT_KEYS).decode()


def stop_task(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    task = find(ctx, cluster, request["task"])
    if task is None:
        raise invalid("The referenced task was not found.")
    stop = Stop(StopCode.USER_INITIATED, request.get("reason") or "Task stopped by user")
    return {"task": shown(lifecycle.request_stop(engine(ctx), ctx, task, stop), ["TAGS"])}


def describe_tasks(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    if not request["tasks"]:
        raise invalid("Tasks cannot be empty.")
    if len(request["tasks"]) > MAX_DESCRIBED:
        raise invalid(f"Tasks can have at most {MAX_DESCRIBED} items.")
    found, failures = [], []
    for text in request["tasks"]:
        task = find(ctx, cluster, text)
        if task is None:
            failures.append(failure(_arn(cluster, text)))
        else:
            found.append(shown(task, request.get("include", [])))
    return {"tasks": found, "failures": failures}


def list_tasks(ctx: Context, request: Json) -> Json:
    cluster = clusters.lookup(ctx, request.get("cluster"))
    service = request.get("serviceName")
    if service and DOCUMENTS.get(ctx.store, cluster["clusterArn"], "service", names.last(service)) is None:
        raise no_service()
    wanted = request.get("desiredStatus", "RUNNING")
    tasks = store.documents(ctx.store, store.CLUSTER_TASKS, cluster["clusterArn"], wanted)
    arns = [task["taskArn"] for task in tasks if not _is_gone(ctx, task) and _is_listed(task, request)]
    return names.page(request, "taskArns", arns, str)


def _is_listed(task: Json, request: Json) -> bool:
    family = names.last(task["taskDefinitionArn"]).partition(":")[0]
    service = names.last(request.get("serviceName", ""))
    instance = names.last(request.get("containerInstance", ""))
    return (
        request.get("family") in (None, family)
        and request.get("startedBy") in (None, task.get("startedBy"))
        and request.get("launchType") in (None, task.get("launchType"))
        and (not service or names.last(task["_service"]) == service)
        and (not instance or names.last(task.get("containerInstanceArn", "")) == instance)
    )


# -- protection ----------------------------------------------------------------------------------------


def update_task_protection(ctx: Context, request: Json) -> Json:
    minutes = request.get("expiresInMinutes", 120)
    if not 1 <= minutes <= 2880:
        raise invalid("expiresInMinutes should be between 1 and 2880.")
    until = ctx.clock.now() + minutes * 60 if request["protectionEnabled"] else None
    return _protection(ctx, request, {"until": until})


def get_task_protection(ctx: Context, request: Json) -> Json:
    return _protection(ctx, request, None)


def _protection(ctx: Context, request: Json, change: Json | None) -> Json:
    cluster = clusters.lookup(ctx, request["cluster"])
    found, failures = [], []
    for text in request.get("tasks", ()):
        task = find(ctx, cluster, text)
        if task is None or not task["_service"]:
            reason = "TASK_NOT_VALID" if task is not None else "MISSING"
            failures.append(failure(_arn(cluster, text), reason))
            continue
        if change is not None:
            task["_protected_until"] = change["until"]
            store.put_task(ctx.store, task)
            ctx.store.after_commit(functools.partial(engine(ctx).wake, task["_service"]))
        found.append(_protected(ctx, task))
    return {"protectedTasks": found, "failures": failures}


def _protected(ctx: Context, task: Json) -> Json:
    until = task.get("_protected_until") or 0.0
    if until <= ctx.clock.now():
        return {"taskArn": task["taskArn"], "protectionEnabled": False}
    return {"taskArn": task["taskArn"], "protectionEnabled": True, "expirationDate": until}


# -- find and show -------------------------------------------------------------------------------------


def _arn(cluster: Json, text: str) -> str:
    return text if text.startswith("arn:") else names.below(cluster["clusterArn"], "task", text)


def find(ctx: Context, cluster: Json, text: str) -> Json | None:
    """A task of the cluster by its id or ARN; one that stopped more than an hour ago is gone."""
    arn = names.below(cluster["clusterArn"], "task", names.last(text))
    task = store.get(ctx.store, store.GET_TASK, arn)
    return None if task is None or _is_gone(ctx, task) else task


def _is_gone(ctx: Context, task: Json) -> bool:
    stopped: float = task.get("stoppedAt", ctx.clock.now())
    return stopped + lifecycle.STOPPED_FOR <= ctx.clock.now()


def shown(task: Json, include: list[str]) -> Json:
    return store.public(task) | ({} if "TAGS" in include else {"tags": []})

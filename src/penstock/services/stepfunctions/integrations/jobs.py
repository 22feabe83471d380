"""Jobs of `.sync` integrations: what was submitted, how its end is awaited, how it is stopped.

Nothing polls: an ECS task and an execution tell by a signal when they have changed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.asl.errors import TASK_FAILED, StateError
from penstock.services.stepfunctions.integrations.resource import SYNC_2, Target
from penstock.services.stepfunctions.integrations.shapes import from_model
from penstock.wire.model import Json


class Kind(NamedTuple):
    submitted: Callable[[Json, Json], Json]  # (request, response) -> what is stored of the job; raises StateError
    awaited: Callable[[Context, Json], Awaitable[Any]]  # its result; raises StateError
    stop: Callable[[Json], tuple[str, str, Json]]  # the call that ends it


def submit(target: Target, request: Json, response: Json) -> Json:
    job = KINDS[target.service].submitted(request, response)
    return {**job, "service": target.service, "parsed": target.pattern == SYNC_2}


async def awaited(ctx: Context, job: Json) -> Any:
    return await KINDS[job["service"]].awaited(ctx, job)


async def stop(ctx: Context, job: Json) -> None:
    try:
        await ctx.call(*KINDS[job["service"]].stop(job))
    except AwsError:  # it has ended by itself
        await asyncio.sleep(0)


# -- tasks of ECS -----------------------------------------------------------------------------------------


def _tasks_submitted(request: Json, response: Json) -> Json:
    tasks = response.get("tasks") or []
    if not tasks:
        raise StateError("ECS.AmazonECSException", orjson.dumps(response.get("failures", [])).decode())
    return {"cluster": tasks[0]["clusterArn"], "task": tasks[0]["taskArn"]}


async def _task_ended(ctx: Context, job: Json) -> Any:
    request = {"cluster": job["cluster"], "tasks": [job["task"]]}
    while True:
        found = (await ctx.call("ecs", "DescribeTasks", request))["tasks"]
        if not found:
            raise StateError(TASK_FAILED, f"The task {job['task']} does not exist any more.")
        if found[0]["lastStatus"] == "STOPPED":
            return _task_result(ctx, found[0])
        await ctx.signals.wait(("ecs", job["task"]))


def _task_result(ctx: Context, task: Json) -> Any:
    """A task has failed that did not start, or one of whose containers ended with another code than 0."""
    told = from_model(ctx.kernel.loaded("ecs").model, "Task", task, millis=True)
    if all(container.get("exitCode") == 0 for container in task["containers"]):
        return told
    raise StateError(TASK_FAILED, orjson.dumps(told).decode())


def _stop_task(job: Json) -> tuple[str, str, Json]:
    return "ecs", "StopTask", {"cluster": job["cluster"], "task": job["task"], "reason": "Stopped by Step Functions"}


# -- executions -------------------------------------------------------------------------------------------


def _execution_submitted(request: Json, response: Json) -> Json:
    return {"execution": response["executionArn"]}


async def _execution_ended(ctx: Context, job: Json) -> Any:
    request = {"executionArn": job["execution"]}
    while True:
        found = await ctx.call("stepfunctions", "DescribeExecution", request)
        if found["status"] != "RUNNING":
            return _execution_result(ctx, job, found)
        await ctx.signals.wait(("states", job["execution"]))


def _execution_result(ctx: Context, job: Json, found: Json) -> Any:
    model = ctx.kernel.loaded("stepfunctions").model
    told = from_model(model, "DescribeExecutionOutput", found, millis=True)
    if found["status"] != "SUCCEEDED":
        raise StateError(TASK_FAILED, orjson.dumps(told).decode())
    if job["parsed"]:
        told |= {name: orjson.loads(told[name]) for name in ("Input", "Output") if name in told}
    return told


def _stop_execution(job: Json) -> tuple[str, str, Json]:
    return "stepfunctions", "StopExecution", {"executionArn": job["execution"]}


KINDS: dict[str, Kind] = {
    "ecs": Kind(_tasks_submitted, _task_ended, _stop_task),
    "stepfunctions": Kind(_execution_submitted, _execution_ended, _stop_execution),
}

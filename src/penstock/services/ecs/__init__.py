"""Amazon ECS: tasks and services as supervised processes, each task with an address of its own on loopback.

Where AWS leaves room, this is what it does here: whatever launch type, capacity provider or instance a task has, it
runs on this machine, and CPU and memory are recorded but not limited. A service's task counts as RUNNING when its ports
answer. Times until a process is killed are real; everything else (grace periods, pauses between attempts, how long a
stopped task can be described) passes on the virtual clock.
Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
"""

import asyncio

from penstock.call import Context, Service, TagListing
from penstock.compute.containers.task import sweep
from penstock.services.ecs import (
    access,
    account_settings,
    capacity,
    clusters,
    definitions,
    errors,
    instances,
    resources,
    revisions,
    services,
    store,
    tags,
    task_sets,
    tasks,
)
from penstock.services.ecs.engine import Engine, engine
from penstock.services.ecs.running import guest, lifecycle

_GRACE = 2.0  # real seconds for containers to end when the runtime does


async def _start(ctx: Context) -> None:
    """Tasks have ended with the runtime that ran them; services bring up new ones."""
    sweep(ctx.config.scratch)
    with ctx.store.savepoint():
        lifecycle.forget_dead(ctx, engine(ctx))
    for service in store.documents(ctx.store, store.ALL_SERVICES):
        if service["status"] != "INACTIVE":
            services.keep(ctx, service["serviceArn"])


async def _stop(ctx: Context) -> None:
    found = engine(ctx)
    found.stopping = True
    for keeper in list(found.keepers.values()):
        keeper.cancel()
    ends = [ctx.spawn(live.end(), "ecs: end of a task") for live in found.live.values()]
    if ends:
        await asyncio.wait(ends, timeout=_GRACE)  # the parent of all processes ends the others


SERVICE = Service(
    name="ecs",
    operations=(
        account_settings,
        capacity,
        clusters,
        definitions,
        instances,
        revisions,
        services,
        tags,
        task_sets,
        tasks,
    ),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "resourceArn", "tags"),
    questions=access.QUESTIONS,
    passes={"RegisterTaskDefinition": ("executionRoleArn", "taskRoleArn")},
    keys=access.keys,
    refuse=errors.refuse,
    validation_code="InvalidParameterException",
    state=Engine,
    places={guest.LABEL: lambda kernel: guest.place(kernel.states["ecs"])},
    start=_start,
    stop=_stop,
)

"""One task: its containers, started in the order in which they depend on each other, stopped in the reverse one.

A task ends when an essential container does, when one of those cannot be started, or when it is told to. What its
health means for it is the business of whoever runs it: a service replaces an unhealthy task, nobody else does.
Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
"""

import asyncio
import dataclasses
import itertools
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from penstock.compute.containers.container import Container
from penstock.compute.containers.image import Images
from penstock.compute.containers.model import (
    Condition,
    ContainerState,
    ContainerStatus,
    Health,
    Host,
    Stop,
    StopCode,
    TaskSpec,
)

# What ECS's agent gives a container that was stopped because what it depends on will never be.
_TERMINATED = 143
_numbers = itertools.count(random.randrange(10**9, 2 * 10**9))


class Task:
    """`ended` resolves with the reason when every container has stopped."""

    def __init__(self, spec: TaskSpec, host: Host, images: Images) -> None:
        self.spec = spec
        self.ended: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
        self._host = host
        self._images = images
        self._folder = _folder(host.scratch) / spec.arn.rpartition("/")[2]
        self._stop: Stop | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        hearing = _hearing(host, self._changed)
        name = self._folder.name
        self._containers = {
            container.name: Container(spec, container, hearing, self._folder, f"{name}-{next(_numbers)}")
            for container in spec.containers
        }

    @property
    def containers(self) -> tuple[ContainerStatus, ...]:
        return tuple(container.status for container in self._containers.values())

    @property
    def health(self) -> Health:
        """That of its essential containers which have a health check: the worst one."""
        found = {c.status.health for c in self._containers.values() if c.spec.essential and c.spec.health_check}
        return next((health for health in (Health.UNHEALTHY, Health.UNKNOWN) if health in found), _all_well(found))

    @property
    def stop_reason(self) -> Stop | None:
        """Why it ends or has ended; None while nothing is to end it."""
        return self._stop

    async def start(self) -> bool:
        """Pulls all images and starts all containers; whether every one that must was started."""
        self._starting = asyncio.get_running_loop().create_task(self._start(), name=f"start of {self._folder.name}")
        await asyncio.wait([self._starting])
        if not self._starting.cancelled():
            self._starting.result()
        return self._stop is None

    async def stop(self, stop: Stop) -> None:
        """Ends it, unless it is ending for another reason already; returns when every container has stopped."""
        self._end(stop)
        await asyncio.shield(self.ended)

    # -- start -----------------------------------------------------------------------------------------

    async def _start(self) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        containers = list(self._containers.values())
        await asyncio.gather(*(container.pull(self._images) for container in containers))
        if self._stop is None:
            await asyncio.gather(*map(self._start_one, containers))

    async def _start_one(self, container: Container) -> None:
        for name, condition in container.spec.depends_on:
            problem = await self._wait_for(self._containers[name], condition)
            if problem:
                container.never_started(_unresolved(self._containers[name], container, problem), _TERMINATED)
                return
        await container.start()

    async def _wait_for(self, other: Container, condition: Condition) -> str:
        """Waits for a condition of a container; what is the matter if it never holds."""
        if condition is Condition.HEALTHY and other.spec.health_check is None:
            condition = Condition.START  # nobody will ever say that it is healthy
        try:
            async with asyncio.timeout(None) as limit:
                await other.until(lambda status: status.state is not ContainerState.PENDING)
                limit.reschedule(asyncio.get_running_loop().time() + other.spec.start_timeout)
                await other.until(_DECIDED[condition])
        except TimeoutError:
            return "has timed out"
        return "" if _holds(condition, other) else _FAILED[condition]

    # -- end -------------------------------------------------------------------------------------------

    def _changed(self, status: ContainerStatus) -> None:
        container = self._containers[status.name]
        if status.state is ContainerState.STOPPED and self._stop is None:
            remaining = any(c.status.state is not ContainerState.STOPPED for c in self._containers.values())
            if container.spec.essential or not remaining:
                self._end(_reason(status), by_itself=True)

    def _end(self, stop: Stop, *, by_itself: bool = False) -> None:
        if self._stop is not None:
            return
        self._stop = stop
        if by_itself:
            self._host.stopping(self.spec, stop)
        work = self._stop_all(stop)
        self._stopping = asyncio.get_running_loop().create_task(work, name=f"end of {self._folder.name}")

    async def _stop_all(self, stop: Stop) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await asyncio.gather(*map(self._stop_one, self._containers.values()))
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        if not self.ended.done():
            self.ended.set_result(stop)

    async def _stop_one(self, container: Container) -> None:
        """After all that depend on it."""
        for other in self._containers.values():
            if any(name == container.spec.name for name, _ in other.spec.depends_on):
                await other.until(lambda status: status.state is ContainerState.STOPPED)
        await container.stop()


def _folder(scratch: Path) -> Path:
    """Where the containers' file systems are."""
    return scratch / "tasks"


def sweep(scratch: Path) -> None:
    """Removes what the tasks of a killed runtime have left behind; for the start, before any task runs."""
    shutil.rmtree(_folder(scratch), ignore_errors=True)


def _hearing(host: Host, heard: Callable[[ContainerStatus], None]) -> Host:
    """The host, with the task hearing of each change after it."""

    def changed(task: TaskSpec, status: ContainerStatus) -> None:
        host.changed(task, status)
        heard(status)

    return dataclasses.replace(host, changed=changed)


def _all_well(found: set[Health]) -> Health:
    return Health.HEALTHY if found else Health.UNKNOWN


def _reason(status: ContainerStatus) -> Stop:
    """What the end of a container means for its task."""
    if status.started_at is not None:
        return Stop(StopCode.ESSENTIAL_CONTAINER_EXITED, "Essential container in task exited")
    pulled = not status.reason.startswith("CannotPullContainerError")
    return Stop(StopCode.TASK_FAILED_TO_START, "Task failed to start" if pulled else status.reason)


# -- dependencies --------------------------------------------------------------------------------------

_ENDED = ContainerState.STOPPED
# When it is known whether a condition holds, and how ECS's agent words it that it does not.
_DECIDED: dict[Condition, Callable[[ContainerStatus], bool]] = {
    Condition.START: lambda status: True,
    Condition.COMPLETE: lambda status: status.state is _ENDED,
    Condition.SUCCESS: lambda status: status.state is _ENDED,
    Condition.HEALTHY: lambda status: status.state is _ENDED or status.health is Health.HEALTHY,
}
_FAILED = {
    Condition.START: "as dependency did not start",
    Condition.COMPLETE: "as dependency did not start",
    Condition.SUCCESS: "as dependency did not exit successfully",
    Condition.HEALTHY: "as dependency is not healthy",
}


def _holds(condition: Condition, other: Container) -> bool:
    status = other.status
    if condition is Condition.SUCCESS:
        return status.exit_code == 0
    if condition is Condition.HEALTHY:
        return status.health is Health.HEALTHY and status.state is ContainerState.RUNNING
    return status.started_at is not None


def _unresolved(other: Container, container: Container, problem: str) -> str:
    exit_code = "" if other.status.exit_code is None else f" - Exit: {other.status.exit_code}"
    failed = "" if problem == "has timed out" else "failed to resolve "
    return (
        f"CannotStartContainerError: dependency graph: {failed}container ordering dependency "
        f"[{other.spec.name}({other.spec.image.name}) ({other.status.state}->RUNNING){exit_code}] "
        f"for target [{container.spec.name}({container.spec.image.name}) (NONE->RUNNING)] {problem}."
    )

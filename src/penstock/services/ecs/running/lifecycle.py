"""One task from PROVISIONING to STOPPED: its interface, containers, registrations, and what its row says of them.

PROVISIONING -> PENDING -> ACTIVATING -> RUNNING -> DEACTIVATING -> STOPPING -> DEPROVISIONING -> STOPPED; a service's
task is ACTIVATING until it answers and is registered, DEACTIVATING until nobody calls it any more.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.base.telemetry import Span
from penstock.call import Context
from penstock.compute.containers.model import ContainerSpec, ContainerState, ContainerStatus, Health, Stop, StopCode
from penstock.compute.containers.task import Task
from penstock.compute.log_delivery import deliver
from penstock.compute.log_event import LogEvent
from penstock.services.ecs import definitions, names, notices, store
from penstock.services.ecs.engine import Engine
from penstock.services.ecs.running import network, readiness, registrations, specs
from penstock.services.ecs.running.guest import Guest
from penstock.services.ecs.running.secrets import Unavailable
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

STOPPED_FOR = 3600.0  # seconds that a stopped task can be described
AT_WORK = 10.0  # real seconds that `clock.advance` waits for the end of a task that belongs to no service
log = logging.getLogger("penstock")


class LiveTask:
    def __init__(self, engine: Engine, task: Json) -> None:
        self.arn: str = task["taskArn"]
        self._engine = engine
        self._ctx = engine.context(self.arn)
        self._service: str = task["_service"]
        found = definitions.lookup(self._ctx, task["taskDefinitionArn"])
        assert found is not None  # definitions that something uses are kept
        self._definition = found
        self._guest = Guest(engine, task, found)
        self._logs: dict[str, specs.Log] = {}
        self._said: dict[str, str] = {}  # what each container printed last
        self._containers: Task | None = None
        self._stop: Stop | None = None
        self._change = asyncio.Event()  # of the next thing that happens; each has its own

    async def run(self) -> None:
        with self._ctx.clock.work():
            try:
                await self._start()
            except Unavailable as error:
                self.ask(Stop(StopCode.TASK_FAILED_TO_START, str(error)))
            except Exception as error:  # whatever it is, the task must not stay where it is for ever
                log.warning("Task %s could not be started", self.arn, exc_info=error)
                self.ask(Stop(StopCode.TASK_FAILED_TO_START, f"ResourceInitializationError: {error}"))
            await self._job()
        await self._until(lambda: self._stop is not None)
        await self._leave()

    # -- start -----------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self._provision()
        task = self._row()
        with self._ctx.store.savepoint():
            self._logs = specs.logs(self._engine, self._ctx, task, self._definition)
        spec = await specs.spec(self._engine, self._ctx, task, self._definition)
        if self._stop is not None:
            return
        self._containers = Task(spec, self._engine.host, self._engine.images)
        if not await self._containers.start():
            return
        if self._service:
            self._update(lastStatus="ACTIVATING")
            await self._answer()
        if self._stop is None:
            self._activate()

    async def _job(self) -> None:
        """A task of no service is work that ends by itself, unless it takes too long for that."""
        if not self._service:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AT_WORK):
                    await self._until(lambda: self._stop is not None)

    def _provision(self) -> None:
        """Gives the task its address. One in bridge mode has one too, so that no two contend for a port."""
        task, mode = self._row(), self._definition["networkMode"]
        changes: Json = {"lastStatus": "PENDING"}
        if mode != "host":
            address = self._engine.network.address(self.arn, task.get("_vpc", ""))
            if mode == "awsvpc":
                changes["attachments"], changes["containers"] = network.attached(task, address)
            else:
                changes["containers"] = [self._bound(container, address) for container in task["containers"]]
                changes["_address"] = address
        self._update(**changes)

    def _bound(self, container: Json, address: str) -> Json:
        """A port of the host in bridge mode is one of the task's own address."""
        own = next(item for item in self._definition["containerDefinitions"] if item["name"] == container["name"])
        bindings = [
            {"bindIP": address, "containerPort": port, "hostPort": port, "protocol": mapping["protocol"]}
            for mapping in own["portMappings"]
            if (port := mapping["containerPort"])
        ]
        return {**container, "networkBindings": bindings}

    async def _answer(self) -> None:
        """Waits until a service's task works: its health checks hold, or its ports answer, or it lives."""
        assert self._containers is not None
        containers = self._containers
        if any(spec.essential and spec.health_check for spec in containers.spec.containers):
            with self._ctx.clock.rest():  # it is a matter of intervals, which the clock may be moved over
                await self._until(lambda: self._stop is not None or containers.health is Health.HEALTHY)
            return
        ports = [
            mapping["containerPort"]
            for own in self._definition["containerDefinitions"]
            for mapping in own["portMappings"]
            if mapping["protocol"] == "tcp" and own["essential"]
        ]
        if ports and containers.spec.address:
            work = readiness.listening(self._engine.network, containers.spec.address, ports)
        else:
            work = asyncio.sleep(readiness.LIVES)
        answers = asyncio.ensure_future(work)
        ends = asyncio.ensure_future(self._until(lambda: self._stop is not None))
        await asyncio.wait([answers, ends], return_when=asyncio.FIRST_COMPLETED)
        answers.cancel()
        ends.cancel()

    def _activate(self) -> None:
        """Entered wherever its service says, and RUNNING, in one transaction."""
        task, now = self._row(), self._ctx.clock.now()
        with self._ctx.store.savepoint():
            service = self._service_row()
            entered = registrations.enter(self._ctx, service, task, self._definition) if service else []
            self._update(
                lastStatus="RUNNING", startedAt=now, connectivity="CONNECTED", connectivityAt=now, _registered=entered
            )
        if self._ctx.telemetry.watchers:
            what, definition = f"task.{names.last(self.arn)}", task["taskDefinitionArn"]
            self._ctx.telemetry.tell(Span(self._ctx, what, task["createdAt"], now, None, definition))

    def _service_row(self) -> Json | None:
        if not self._service:
            return None
        owner = names.cluster_arn(self._ctx, names.cluster_of(self._service))
        return DOCUMENTS.get(self._ctx.store, owner, "service", names.last(self._service))

    # -- end -------------------------------------------------------------------------------------------

    def ask(self, stop: Stop) -> None:
        """Has the task end, unless it ends already."""
        if self._stop is None:
            self._stop = stop
            if self._containers is not None and not self._row()["_registered"]:
                self._ctx.spawn(self._containers.stop(stop), f"stop of {self.arn}")
            self._happened()

    async def end(self) -> None:
        """The runtime ends: the containers are stopped, the row is left to the next one."""
        if self._containers is not None:
            await self._containers.stop(Stop(StopCode.USER_INITIATED, "The runtime ends"))

    async def _leave(self) -> None:
        assert self._stop is not None
        had_name = any("service" in item for item in self._row()["_registered"])
        draining = self._deactivate(self._stop)
        if draining:
            await self._drain(draining)
        elif had_name and not self._is_gone():
            await asyncio.sleep(readiness.LINGER)
        with self._ctx.clock.work():
            self._update(lastStatus="STOPPING")
            if self._containers is not None:
                await self._containers.stop(self._stop)
            self._stopped()

    def _deactivate(self, stop: Stop) -> list[Json]:
        """Nobody is led to it from now on."""
        task = self._row()
        with self._ctx.store.savepoint():
            draining = registrations.leave(self._ctx, self._service, task["_registered"])
            self._update(
                desiredStatus="STOPPED",
                lastStatus="DEACTIVATING",
                stopCode=str(stop.code),
                stoppedReason=stop.reason,
                stoppingAt=self._ctx.clock.now(),
                _registered=draining,
            )
        if draining:
            notices.say(self._ctx, self._service, "has begun draining connections on 1 tasks.")
        if (keeper := self._engine.keepers.get(self._service)) is not None:
            keeper.failed(self._row())
        return draining

    async def _drain(self, draining: list[Json]) -> None:
        """Requests under way are finished; a task whose containers are gone has none."""
        drained = asyncio.ensure_future(registrations.drained(self._ctx, draining))
        gone = asyncio.ensure_future(self._until(self._is_gone))
        await asyncio.wait([drained, gone], return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        gone.cancel()

    def _is_gone(self) -> bool:
        return self._containers is None or self._containers.stop_reason is not None

    def _stopped(self) -> None:
        now = self._ctx.clock.now()
        with self._ctx.store.savepoint():
            self._update(lastStatus="DEPROVISIONING", executionStoppedAt=now)
            self._engine.network.release(self.arn)
            self._engine.live.pop(self.arn, None)
            self._guest.close()
            attachments = [{**item, "status": "DELETED"} for item in self._row()["attachments"]]
            containers = [{**item, "lastStatus": "STOPPED"} for item in self._row()["containers"]]
            ended = {"attachments": attachments, "containers": containers, "stoppedAt": now, "_registered": []}
            self._update(lastStatus="STOPPED", **ended)
            self._ctx.store.run(store.FORGET_STOPPED, now - STOPPED_FOR)

    # -- what containers report ------------------------------------------------------------------------

    def environment(self, container: ContainerSpec) -> Mapping[str, str]:
        return self._guest.environment(self._row(), container.name)

    def metadata(self, container: str, what: str) -> Json | None:
        statuses = self._containers.containers if self._containers is not None else ()
        return self._guest.metadata(self._row(), statuses, container, what)

    def heard(self, status: ContainerStatus) -> None:
        if self._engine.stopping:
            return
        task = self._row()
        containers = [_told(item, status) if item["name"] == status.name else item for item in task["containers"]]
        changes: Json = {"containers": containers, "_said": dict(self._said)}
        if self._containers is not None:
            changes["healthStatus"] = str(self._containers.health)
            changes |= _pulled(self._containers.containers)
        self._update(**changes)

    def ending(self, stop: Stop) -> None:
        if self._stop is None and not self._engine.stopping:
            self._stop = stop
            self._happened()

    def on_log(self, container: ContainerSpec, events: list[LogEvent]) -> None:
        printed = [event.message.strip() for event in events]
        self._said[container.name] = next(filter(None, reversed(printed)), self._said.get(container.name, ""))
        where = self._logs.get(container.name)
        if where is None:
            return
        try:
            deliver(where.writer, where.group, where.stream, events)
        except AwsError as error:
            log.warning("The log of %s could not be stored: %s", self.arn, error)

    # -- the row ---------------------------------------------------------------------------------------

    def _row(self) -> Json:
        found = store.get(self._ctx.store, store.GET_TASK, self.arn)
        assert found is not None  # only stopped tasks are forgotten
        return found

    def _update(self, **changes: Any) -> None:
        update(self._ctx, self._row(), **changes)
        self._engine.wake(self._service)
        self._happened()

    def _happened(self) -> None:
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._change.wait()


def _told(container: Json, status: ContainerStatus) -> Json:
    """A container of a task's row, as it is now."""
    told = {
        "runtimeId": status.runtime_id,
        "lastStatus": str(status.state),
        "healthStatus": str(status.health),
        "imageDigest": status.image_digest,
        "exitCode": status.exit_code,
        "reason": status.reason,
    }
    return container | {name: value for name, value in told.items() if value not in ("", None)}


def _pulled(statuses: Iterable[ContainerStatus]) -> Json:
    """When the task's images were had: from the first to the last."""
    starts = [status.pull_started_at for status in statuses if status.pull_started_at is not None]
    ends = [status.pull_stopped_at for status in statuses if status.pull_stopped_at is not None]
    return ({"pullStartedAt": min(starts)} if starts else {}) | ({"pullStoppedAt": max(ends)} if ends else {})


def update(ctx: Context, task: Json, **changes: Any) -> Json:
    """Writes changes of a task, tells EventBridge of those that can be seen, and who waits."""
    new = {**task, **changes}
    if new == task:
        return task
    new["version"] += 1
    store.put_task(ctx.store, new)
    if store.public(new) != store.public(task):
        notices.task_changed(ctx, new)
    ctx.store.after_commit(lambda: _tell(ctx, new))
    return new


def _tell(ctx: Context, task: Json) -> None:
    """Wakes who waits for the task, or for its service."""
    ctx.signals.notify(("ecs", task["taskArn"]))
    if task["_service"]:
        ctx.signals.notify(("ecs", task["_service"]))


# -- who starts and stops tasks ------------------------------------------------------------------------


def launch(engine: Engine, ctx: Context, task: Json) -> None:
    """Starts a task that was placed, once its row is durable."""

    def begin() -> None:
        if not engine.stopping:
            live = LiveTask(engine, task)
            engine.live[live.arn] = live
            ctx.kernel.spawn(live.run(), f"ecs: {live.arn}")

    notices.task_changed(ctx, task)
    ctx.store.after_commit(begin)


def request_stop(engine: Engine, ctx: Context, task: Json, stop: Stop) -> Json:
    """Notes that a task is to end, and ends it once that is durable; the task as it then is."""
    if task["desiredStatus"] == "STOPPED":
        return task
    noted = update(
        ctx,
        task,
        desiredStatus="STOPPED",
        stopCode=str(stop.code),
        stoppedReason=stop.reason,
        stoppingAt=ctx.clock.now(),
    )

    def end() -> None:
        live = engine.live.get(task["taskArn"])
        if isinstance(live, LiveTask):
            live.ask(stop)

    ctx.store.after_commit(end)
    return noted


def forget_dead(ctx: Context, engine: Engine) -> None:
    """What ran when the runtime was killed has ended with it."""
    for task in store.documents(ctx.store, store.UNFINISHED_TASKS):
        own = engine.context(task["taskArn"])
        registrations.leave(own, task["_service"], task["_registered"])
        containers = [_killed(item) for item in task["containers"]]
        now = ctx.clock.now()
        update(
            own,
            task,
            lastStatus=str(ContainerState.STOPPED),
            desiredStatus="STOPPED",
            stopCode=task.get("stopCode", "TerminationNotice"),
            stoppedReason=task.get("stoppedReason", "The runtime that ran the task has ended."),
            stoppedAt=now,
            stoppingAt=task.get("stoppingAt", now),
            executionStoppedAt=now,
            containers=containers,
            attachments=[{**item, "status": "DELETED"} for item in task["attachments"]],
            _registered=[],
        )


def _killed(container: Json) -> Json:
    ran = {"exitCode": 137} if container["lastStatus"] == "RUNNING" else {}
    return {**container, "lastStatus": "STOPPED", **ran}

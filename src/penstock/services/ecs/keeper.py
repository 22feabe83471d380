"""Keeps one service at its desired count: a loop that looks at the service whenever something about it has changed.

It is woken by its tasks (started, ended, healthy), by its target groups, by the API and, for what is a matter of time
(a pause after failures, a grace period), by the clock. It never polls.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
"""

import asyncio
import logging

from penstock.base.clock import Timer
from penstock.base.errors import AwsError
from penstock.compute.containers.model import Stop, StopCode
from penstock.services.ecs import connect, definitions, names, notices, placement, revisions, rollout, store
from penstock.services.ecs.endpoints import Endpoints
from penstock.services.ecs.engine import Engine
from penstock.services.ecs.running import lifecycle, registrations
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

_RAN_WELL = 30.0  # seconds after which the end of a task says nothing about its start
_FAILURES = frozenset({StopCode.TASK_FAILED_TO_START, StopCode.ESSENTIAL_CONTAINER_EXITED})
_UNHEALTHY = "Task failed "
_AGAIN = 5.0  # seconds after which a step that failed is tried again
Known = dict[str, dict[tuple[str, int], Json]]  # target group -> address and port -> its health
log = logging.getLogger("penstock")


class ServiceKeeper:
    def __init__(self, engine: Engine, service_arn: str) -> None:
        self.arn = service_arn
        self._engine = engine
        self._ctx = engine.context(service_arn)
        self._owner = names.cluster_arn(self._ctx, names.cluster_of(service_arn))
        self._awake = asyncio.Event()
        self._timer: Timer | None = None
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._known: Known = {}
        self._health: dict[str, bool | None] = {}  # task -> every target group says healthy, or one unhealthy
        self._failures = 0  # in a row
        self._not_before = 0.0
        self._deployment = ""
        self._work: asyncio.Task[None] | None = None
        self._endpoints = Endpoints(engine, self._ctx, service_arn)

    def start(self) -> None:
        self._engine.keepers[self.arn] = self
        self._work = self._ctx.kernel.spawn(self._run(), f"ecs: {self.arn}")

    def wake(self) -> None:
        self._awake.set()

    def cancel(self) -> None:
        for task in (*self._watchers.values(), *([self._work] if self._work else [])):
            task.cancel()
        self._endpoints.close()

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            with self._ctx.clock.work():
                service = self._service()
                if service is None or service["status"] == "INACTIVE":
                    break
                try:
                    await self._step(service)
                except Exception:  # whatever it is, the service is not given up
                    log.exception("%s is looked at again in %s s", self.arn, _AGAIN)
                    self._wake_at(self._ctx.clock.now() + _AGAIN)
            await self._awake.wait()
        self._engine.keepers.pop(self.arn, None)
        self._endpoints.close()
        if self._timer is not None:
            self._timer.cancel()
        for watcher in self._watchers.values():
            watcher.cancel()

    async def _step(self, service: Json) -> None:
        self._watch(service)
        await self._look(service)
        await self._endpoints.keep(service)
        with self._ctx.store.savepoint():
            self._reconcile()
        await self._ctx.store.committed()

    def _service(self) -> Json | None:
        return DOCUMENTS.get(self._ctx.store, self._owner, "service", names.last(self.arn))

    def _put(self, service: Json) -> None:
        DOCUMENTS.put(self._ctx.store, self._owner, "service", service["serviceName"], service)
        self._ctx.store.after_commit(lambda: self._ctx.signals.notify(("ecs", self.arn)))

    # -- what target groups say ------------------------------------------------------------------------

    def _watch(self, service: Json) -> None:
        """One waiter for each target group."""
        for balancer in service["loadBalancers"]:
            group = balancer["targetGroupArn"]
            if group not in self._watchers:
                self._watchers[group] = self._ctx.kernel.spawn(self._listen(group), f"ecs: health in {group}")

    async def _listen(self, group: str) -> None:
        while True:
            await self._ctx.signals.wait(("elbv2", group))
            self.wake()

    async def _look(self, service: Json) -> None:
        groups = {balancer["targetGroupArn"] for balancer in service["loadBalancers"]}
        if not groups:
            return
        self._known = {group: await registrations.health(self._ctx, group) for group in groups}
        self._health = {task["taskArn"]: _accepted(task, self._known) for task in self._tasks()}

    # -- the step --------------------------------------------------------------------------------------

    def _tasks(self) -> list[Json]:
        return store.documents(self._ctx.store, store.SERVICE_TASKS, self.arn)

    def _reconcile(self) -> None:
        service = self._service()
        if service is None or service["status"] == "INACTIVE":
            return
        if service["status"] == "DRAINING":
            self._drain(service)
            return
        primary = service["deployments"][0]
        if primary["id"] != self._deployment:
            self._deployment, self._failures, self._not_before = primary["id"], 0, 0.0
        self._replace_unhealthy(service)
        service = self._service() or service
        tasks = self._tasks()
        wanted = [task for task in tasks if task["desiredStatus"] == "RUNNING"]
        plan = rollout.plan(self._target(service), [self._view(service, task) for task in wanted])
        if plan.start and self._not_before <= self._ctx.clock.now():
            self._start(service, plan.start)
        elif plan.start:
            self._wake_at(self._not_before)
        if plan.stop:
            self._stop(service, [task for task in wanted if task["taskArn"] in {view.arn for view in plan.stop}])
        self._settle(service, tasks, plan.steady)

    def _target(self, service: Json) -> rollout.Target:
        primary = service["deployments"][0]
        frozen = primary["rolloutState"] == "FAILED"
        return rollout.target(primary["id"], service["desiredCount"], service["deploymentConfiguration"], frozen=frozen)

    def _view(self, service: Json, task: Json) -> rollout.View:
        running = task["lastStatus"] == "RUNNING"
        accepted = not service["loadBalancers"] or self._health.get(task["taskArn"]) is True
        return rollout.View(
            arn=task["taskArn"],
            deployment=task.get("startedBy", ""),
            zone=task["availabilityZone"],
            running=running,
            healthy=running and accepted and task["healthStatus"] != "UNHEALTHY",
            protected=(task.get("_protected_until") or 0.0) > self._ctx.clock.now(),
        )

    def _start(self, service: Json, count: int) -> None:
        primary = service["deployments"][0]
        cluster = DOCUMENTS.get(self._ctx.store, names.scope(self._ctx), "cluster", names.last(service["clusterArn"]))
        definition = definitions.lookup(self._ctx, primary["taskDefinition"])
        if cluster is None or definition is None:
            return
        plan = placement.Wanted(
            cluster=cluster,
            definition=definition,
            launch_type=service["_launch_type"],
            strategy=service.get("capacityProviderStrategy", []),
            network=primary.get("networkConfiguration"),
            group=f"service:{service['serviceName']}",
            started_by=primary["id"],
            service=self.arn,
            platform=service.get("platformVersion", ""),
            managed_tags=service["enableECSManagedTags"],
            command=service["enableExecuteCommand"],
        )
        plan = placement.propagated(plan, service["propagateTags"], [], service["tags"])
        try:
            with self._ctx.store.savepoint():
                tasks = [placement.place(self._ctx, plan) for _ in range(count)]
        except AwsError as error:  # its subnets are gone, for instance
            self._not_placed(error)
            return
        for task in tasks:
            lifecycle.launch(self._engine, self._ctx, task)
        notices.say(self._ctx, self.arn, f"has started {count} tasks: {notices.tasks_named(tasks)}.")

    def _not_placed(self, error: AwsError) -> None:
        notices.say(self._ctx, self.arn, f"was unable to place a task. Reason: {error.message}.")
        self._failures += 1
        self._not_before = self._ctx.clock.now() + max(1.0, rollout.pause(self._failures))
        self._wake_at(self._not_before)

    def _stop(self, service: Json, tasks: list[Json], reason: str = "") -> None:
        for task in tasks:
            why = reason or f"Scaling activity initiated by (deployment {service['deployments'][0]['id']})"
            lifecycle.request_stop(self._engine, self._ctx, task, Stop(StopCode.SERVICE_SCHEDULER_INITIATED, why))
        if tasks:
            named = notices.tasks_named(tasks)
            notices.say(self._ctx, self.arn, f"has stopped {len(tasks)} running tasks: {named}.")

    def _settle(self, service: Json, tasks: list[Json], steady: bool) -> None:
        """Says once that everything is as it should be."""
        primary = service["deployments"][0]
        alone = all(task.get("startedBy") == primary["id"] and task["desiredStatus"] == "RUNNING" for task in tasks)
        if not (steady and alone):
            if service.pop("_steady", False):
                self._put(service)
            return
        if primary["rolloutState"] == "IN_PROGRESS" or len(service["deployments"]) > 1:
            revisions.complete(self._ctx, service)
            notices.say(self._ctx, self.arn, f"(deployment {primary['id']}) deployment completed.")
        elif service.get("_steady"):
            return
        service["_steady"] = True
        notices.say(self._ctx, self.arn, "has reached a steady state.")
        notices.service_action(self._ctx, service, "SERVICE_STEADY_STATE")
        self._put(service)

    def _drain(self, service: Json) -> None:
        tasks = self._tasks()
        running = [task for task in tasks if task["desiredStatus"] == "RUNNING"]
        self._stop(service, running)
        if not tasks:
            connect.forget(self._ctx, service)
            self._put(service | {"status": "INACTIVE", "deployments": []})
            self._ctx.store.run(store.DROP_EVENTS, self.arn)
            self.wake()

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._ctx.clock.call_at(when, self.wake)

    # -- what went wrong -------------------------------------------------------------------------------

    def _replace_unhealthy(self, service: Json) -> None:
        """Stops what has failed its health checks; those of load balancers count after the grace period."""
        now, grace = self._ctx.clock.now(), service.get("healthCheckGracePeriodSeconds") or 0
        for task in self._tasks():
            if task["desiredStatus"] != "RUNNING" or task["lastStatus"] not in ("ACTIVATING", "RUNNING"):
                continue
            if task["healthStatus"] == "UNHEALTHY":
                notices.say(self._ctx, self.arn, f"{notices.tasks_named([task])} failed container health checks.")
                self._stop(service, [task], f"{_UNHEALTHY}container health checks")
            elif self._health.get(task["taskArn"]) is False:
                over = task["startedAt"] + grace
                if over > now:
                    self._wake_at(over)
                    continue
                item = next(item for item in task["_registered"] if _state(item, self._known) == "unhealthy")
                group, port = f"(target-group {item['group']})", item["target"]["Port"]
                why = self._known[item["group"]][registrations.key(item)].get("Description", "Health checks failed")
                text = f"(port {port}) is unhealthy in {group} due to (reason {why})."
                notices.say(self._ctx, self.arn, text)
                self._stop(service, [task], f"{_UNHEALTHY}ELB health checks in {group}")

    def _pause(self) -> float:
        """Seconds until the next try. While time is moved by days, what keeps failing is not tried all the time."""
        pause = rollout.pause(self._failures)
        return self._ctx.clock.pace(pause) if self._failures > rollout.IMPAIRED else pause

    def failed(self, task: Json) -> None:
        """A task ends. One that ends by itself, or fails its health checks, counts as a failure of its deployment."""
        stopped = task.get("stopCode") in _FAILURES or task.get("stoppedReason", "").startswith(_UNHEALTHY)
        service = self._service()
        if not stopped or service is None or service["status"] != "ACTIVE":
            return
        now = self._ctx.clock.now()
        ran = now - task.get("startedAt", now)
        self._failures = 1 if ran >= _RAN_WELL else self._failures + 1
        self._not_before = now + self._pause()
        if self._failures == rollout.IMPAIRED:
            self._impaired(service)
        primary = service["deployments"][0]
        if task.get("startedBy") == primary["id"] and primary["rolloutState"] == "IN_PROGRESS":
            primary["failedTasks"] += 1
            primary["updatedAt"] = now
            breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
            if breaker["enable"] and primary["failedTasks"] >= rollout.threshold(service["desiredCount"], breaker):
                revisions.fail(self._ctx, service)
            self._put(service)
        self.wake()

    def _impaired(self, service: Json) -> None:
        notices.say(
            self._ctx,
            self.arn,
            "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section "
            "of the Amazon ECS Developer Guide.",
        )
        notices.service_action(self._ctx, service, "SERVICE_TASK_START_IMPAIRED", "WARN")


def _state(item: Json, known: Known) -> str:
    """What a target group says of what was registered in it; nothing of a Cloud Map instance."""
    found = known.get(item.get("group", ""), {})
    state: str = found.get(registrations.key(item), {}).get("State", "unused") if found else "unused"
    return state


def _accepted(task: Json, known: Known) -> bool | None:
    """Whether all its target groups say that it works; None while they do not know yet."""
    states = {_state(item, known) for item in task["_registered"]}
    return False if "unhealthy" in states else True if states <= {"healthy", "unused"} else None

"""ECS's memory: what runs, who looks after which service, and what containers are given and report.

Rows are the truth about tasks and services; in memory stand only the processes and what waits for something. Whoever
changes a row that somebody acts upon wakes him after the commit.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from penstock.base.arn import Arn
from penstock.base.telemetry import LogLine
from penstock.call import Context, Kernel
from penstock.compute.containers.image import Images
from penstock.compute.containers.model import ContainerSpec, ContainerStatus, Host, Stop, TaskSpec
from penstock.compute.log_event import LogEvent
from penstock.compute.sessions import RoleSessions
from penstock.compute.supervisor import Supervisor
from penstock.iam.principal import Principal
from penstock.services.ecs.directory import Directory
from penstock.web.network import Network
from penstock.wire.model import Json

SERVICE = "ecs.amazonaws.com"
log = logging.getLogger("penstock")


class Live(Protocol):
    """A task whose containers run or are to be started."""

    def environment(self, container: ContainerSpec) -> Mapping[str, str]: ...

    def heard(self, status: ContainerStatus) -> None: ...

    def ending(self, stop: Stop) -> None: ...

    def on_log(self, container: ContainerSpec, events: list[LogEvent]) -> None: ...

    def metadata(self, container: str, what: str) -> Json | None: ...

    async def end(self) -> None: ...


class Keeper(Protocol):
    """Who keeps a service at its desired count."""

    def wake(self) -> None: ...

    def failed(self, task: Json) -> None: ...

    def cancel(self) -> None: ...


class Engine:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.live: dict[str, Live] = {}  # by task ARN
        self.keepers: dict[str, Keeper] = {}  # by service ARN
        self.doors: dict[str, tuple[str, str]] = {}  # secret in a container's metadata URI -> task ARN, container
        self.directory = Directory(kernel.shared(Network))
        self.sessions = RoleSessions(kernel)
        self.stopping = False  # the runtime ends: nothing new is started

    @property
    def network(self) -> Network:
        return self.kernel.shared(Network)

    @cached_property
    def host(self) -> Host:
        return Host(
            clock=self.kernel.clock,
            supervisor=self.kernel.shared(Supervisor),
            scratch=self.kernel.config.scratch,
            environment=lambda task, container: self.live[task.arn].environment(container),
            changed=self._changed,
            stopping=self._stopping,
            on_log=self._on_log,
            say=self._say,
        )

    @cached_property
    def images(self) -> Images:
        return Images(self.kernel.config.scratch / "images", self.kernel.shared(Supervisor), self._say)

    def context(self, arn: str) -> Context:
        """ECS itself acting in the account and region of `arn`."""
        parsed = Arn.parse(arn)
        return self.kernel.context(Principal.service(SERVICE, parsed.account), parsed.account, parsed.region)

    def wake(self, service: str) -> None:
        """Has the service's keeper look at it again."""
        if (keeper := self.keepers.get(service)) is not None:
            keeper.wake()

    # -- what containers report ------------------------------------------------------------------------

    def _changed(self, task: TaskSpec, status: ContainerStatus) -> None:
        if (live := self.live.get(task.arn)) is not None:
            live.heard(status)

    def _stopping(self, task: TaskSpec, stop: Stop) -> None:
        if (live := self.live.get(task.arn)) is not None:
            live.ending(stop)

    def _on_log(self, task: TaskSpec, container: ContainerSpec, events: list[LogEvent]) -> None:
        if (live := self.live.get(task.arn)) is not None:
            live.on_log(container, events)

    def _say(self, text: str) -> None:
        log.info("%s", text)
        self.kernel.telemetry.log(LogLine(self.kernel.clock.now(), "INFO", "ecs", text))


def engine(ctx: Context) -> Engine:
    found: Engine = ctx.state("ecs")
    return found

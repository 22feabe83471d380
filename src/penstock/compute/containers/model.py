"""What containers are told and what they report: plain values in ECS's vocabulary, no service's API.

A task is given as it is to run: overrides applied, secrets resolved. Names, defaults and texts are those of
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from penstock.base.clock import Clock
from penstock.compute.log_event import LogEvent
from penstock.compute.supervisor import Supervisor


class ContainerState(StrEnum):
    """`lastStatus` of a container."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class Health(StrEnum):
    """`healthStatus` of a container or a task."""

    UNKNOWN = "UNKNOWN"
    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"


class Condition(StrEnum):
    """What a container waits for in another one."""

    START = "START"
    COMPLETE = "COMPLETE"
    SUCCESS = "SUCCESS"
    HEALTHY = "HEALTHY"


class StopCode(StrEnum):
    """`stopCode` of a task. The first two a task gives itself, the others it is given."""

    TASK_FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    USER_INITIATED = "UserInitiated"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """A container's `image`, and the build context behind the name where it is an image asset of the app."""

    name: str
    directory: Path | None = None
    dockerfile: str = "Dockerfile"
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """`command` begins with CMD or CMD-SHELL (NONE: there is no check); times in seconds."""

    command: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 5.0
    retries: int = 3
    start_period: float = 0.0


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """A container that ends by itself is started again, unless with one of `ignored` or before `period` seconds."""

    ignored: frozenset[int] = frozenset()
    period: float = 300.0


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of the task at a path of the container: a directory of the task's own, shared by its containers."""

    volume: str
    container_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """One container. `entry_point` and `command` are the image's where they are None; times in real seconds.

    Where an entry point is given and no command, the image's CMD is not used, as in Docker.
    """

    name: str
    image: ImageSource
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    working_directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # name -> value
    essential: bool = True
    depends_on: tuple[tuple[str, Condition], ...] = ()
    health_check: HealthCheck | None = None
    mounts: tuple[Mount, ...] = ()
    start_timeout: float = 180.0  # for those that depend on it: how long they wait for it
    stop_timeout: float = 30.0  # between the stop signal and SIGKILL
    restart: RestartPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One task. `address` is its loopback address (`Network.address`); "" where every container binds as it likes."""

    arn: str
    address: str
    containers: tuple[ContainerSpec, ...]


class Stop(NamedTuple):
    """Why a task ends: `stopCode` and `stoppedReason`."""

    code: StopCode
    reason: str


@dataclass(slots=True, kw_only=True)
class ContainerStatus:
    """What became of a container so far; it is changed in place. Times in epoch seconds of the virtual clock."""

    name: str
    runtime_id: str
    state: ContainerState = ContainerState.PENDING
    health: Health = Health.UNKNOWN
    health_since: float | None = None
    health_output: str = ""  # the end of what the last check printed
    restarts: int = 0
    exit_code: int | None = None  # 128 + n for signal n, as Docker counts
    reason: str = ""
    image_digest: str = ""  # sha256:..., of what the image was built from
    pid: int | None = None  # while it runs
    created_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None


class OnLog(Protocol):
    def __call__(self, task: TaskSpec, container: ContainerSpec, events: list[LogEvent], /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the runtime provides to every task.

    `environment` gives what ECS puts into a container beside its own variables: region, credentials, metadata URIs,
    AWS_ENDPOINT_URL, and `Network.guest({}, task.address, kind)`; it is asked once, when the container starts, and
    takes precedence. PYTHONPATH and NODE_OPTIONS are put ahead of the container's own.
    `changed` hears of each change of a container (state or health), `stopping` once, when a task begins to end by
    itself (an essential container exited, or it could not start). Neither may wait.
    """

    clock: Clock
    supervisor: Supervisor
    scratch: Path  # tasks' file systems are kept here, and images
    environment: Callable[[TaskSpec, ContainerSpec], Mapping[str, str]]
    changed: Callable[[TaskSpec, ContainerStatus], None]
    stopping: Callable[[TaskSpec, Stop], None]
    on_log: OnLog
    say: Callable[[str], None]  # what the user should know: "Installing 12 packages for ..."

"""What compute is told and what it answers: plain values, no service's vocabulary beyond Lambda's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from penstock.base.clock import Clock
from penstock.compute.functions.response_stream import ResponseStream
from penstock.compute.log_event import LogEvent
from penstock.compute.sessions import Credentials

if TYPE_CHECKING:
    from penstock.compute.containers.model import ContainerSpec

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One version of a function as it is to run.

    `revision` changes with anything that a running environment could not take over; `live` code may be edited in
    place. `timeout` is in seconds, `memory` in MB; `layers` are unpacked directories, the first one first in sys.path.
    A function from an image has a `container`, no runtime and no handler; its `code` is the image's build context.
    """

    arn: str
    name: str
    revision: str
    runtime: str
    handler: str
    code: Path
    account: str
    region: str
    log_group: str
    version: str = LATEST
    live: bool = False
    layers: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int = 128
    timeout: float = 3.0
    json_logs: bool = False
    application_log_level: str = ""
    system_log_level: str = "INFO"
    reserved_concurrency: int | None = None
    vpc: str = ""
    container: "ContainerSpec | None" = None

    @property
    def key(self) -> tuple[str, str]:
        return self.arn, self.version


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One event on its way into an environment. `trace` is an X-Ray header, `client_context` JSON text.

    A response that the function streams goes into `stream` as it comes; without one it is collected.
    """

    request_id: str
    payload: bytes
    invoked_arn: str
    trace: str = ""
    client_context: str = ""
    stream: ResponseStream | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """`function_error` is "Unhandled" or empty; `duration` in seconds; `log_lines` is the log from START on."""

    payload: bytes
    function_error: str
    version: str
    duration: float
    log_lines: list[str]

    def log_tail(self, limit: int = 4096) -> bytes:
        """The last 4 KB of the log, as `LogType=Tail` answers it."""
        return "".join(f"{line}\n" for line in self.log_lines).encode()[-limit:]


class Throttled(Exception):
    """No concurrency left. `reason` is AWS's: the function's reserve, or the account's limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OnLog(Protocol):
    def __call__(self, spec: FunctionSpec, stream: str, events: list[LogEvent], /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the runtime provides to every environment. Images are built, and copied, below `scratch`."""

    clock: Clock
    scratch: Path
    endpoint: Callable[[], str]  # known only once the server listens
    credentials: Callable[[FunctionSpec], Credentials]
    network: Callable[[FunctionSpec, Mapping[str, str]], dict[str, str]]  # variables -> those of a member
    on_log: OnLog
    say: Callable[[str], None]  # what the user should know: "Installing 3 packages for ..."

    def real_time(self) -> float:
        """Epoch seconds as the processes see them: time limits and durations are real."""
        return self.clock.now() - self.clock.offset

"""One container: PENDING -> RUNNING -> STOPPED, once. Its output is its log, its end says why.

Where it has a restart policy, its process may be followed by another one, while it goes on RUNNING.

Times until a signal is followed by SIGKILL are real, whatever the virtual clock says.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.base.errors import PenstockError
from penstock.compute.containers.health import Monitor
from penstock.compute.containers.image import Image, ImageError, Images
from penstock.compute.containers.launch import (
    Launch,
    check_command,
    copy_root,
    exit_code,
    launch,
    stop_signal,
)
from penstock.compute.containers.model import ContainerSpec, ContainerState, ContainerStatus, Health, Host, TaskSpec
from penstock.compute.log_event import LogEvent
from penstock.compute.output import OutputPipe
from penstock.compute.supervisor import Child

_LINGER = 0.1  # seconds that lines are collected before they are handed on
_FULL = 128 * 1024  # characters that are handed on at once: who floods his log must not hold up everybody else
_OF_EVENT = 26  # that each line counts beside its own, as for PutLogEvents


class Container:
    def __init__(self, task: TaskSpec, spec: ContainerSpec, host: Host, folder: Path, runtime_id: str) -> None:
        self.spec = spec
        self.status = ContainerStatus(name=spec.name, runtime_id=runtime_id)
        self._change = asyncio.Event()  # of the next change; each has its own
        self._task = task
        self._host = host
        self._folder = folder
        self._root = folder / spec.name
        self._image: Image | None = None
        self._launch: Launch | None = None
        self._child: Child | None = None
        self._ending = False
        self._monitor: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._log = _Log(task, spec, host)

    # -- what happens to it ----------------------------------------------------------------------------

    async def pull(self, images: Images) -> None:
        """Builds the image, or finds it; a container whose image cannot be had is STOPPED."""
        self.status.pull_started_at = self._host.clock.now()
        try:
            self._image = await images.get(self.spec.image)
            self.status.image_digest = self._image.digest
        except ImageError as error:
            self.never_started(str(error))
        finally:
            self.status.pull_stopped_at = self._host.clock.now()

    async def start(self) -> None:
        """Makes its file system and starts its process; one that cannot be started is STOPPED."""
        if self._image is None or self.status.state is ContainerState.STOPPED:
            return
        self.status.created_at = self._host.clock.now()
        with self._host.clock.work():
            try:
                await asyncio.to_thread(copy_root, self._image, self._root, self._mounts())
                added = self._host.environment(self._task, self.spec)
                self._launch = launch(self.spec, self._image, self._root, added, self._task.address)
                await self._execute(self._launch)
            except (PenstockError, OSError) as error:
                self.never_started(f"CannotStartContainerError: {error}")

    def _mounts(self) -> Mapping[str, Path]:
        return {mount.container_path: self._folder / "volumes" / mount.volume for mount in self.spec.mounts}

    async def _execute(self, started: Launch) -> None:
        output = self._log.open()
        self._child = await self._host.supervisor.execute(
            started.argv, env=started.variables, cwd=started.directory, files=(output,)
        )
        self.status.pid = self._child.pid
        self.status.started_at = self._host.clock.now()
        self._to(ContainerState.RUNNING)
        self._child.exited.add_done_callback(self._exited)
        self._watch(started)

    def _watch(self, started: Launch) -> None:
        check = self.spec.health_check
        if check is None or check.command[:1] in ((), ("NONE",)) or self.status.state is not ContainerState.RUNNING:
            return
        assert self._image is not None
        argv = check_command(check.command, started, self._image, self._root, self._task.address)
        monitor = Monitor(check, self._host.clock, self._became)
        work = monitor.watch(argv, started.variables, started.directory, self._host.supervisor)
        self._monitor = asyncio.get_running_loop().create_task(work, name=f"health of {self.spec.name}")

    def never_started(self, reason: str, code: int | None = None) -> None:
        """It ends before it began."""
        if self.status.state is not ContainerState.STOPPED:
            self.status.reason = reason
            self.status.exit_code = code
            self._stopped()

    async def stop(self) -> None:
        """The stop signal, and SIGKILL after the stop time-out; returns when it has ended."""
        self._ending = True
        if self._child is None:
            self.never_started("")
            return
        assert self._image is not None
        self._child.signal(stop_signal(self._image.config.stop_signal))
        done, _ = await asyncio.wait([self._child.exited], timeout=self.spec.stop_timeout)
        if not done:
            self._child.kill()
        await asyncio.wait([self._child.exited])
        await self.until(lambda status: status.state is ContainerState.STOPPED)

    async def until(self, holds: Callable[[ContainerStatus], bool]) -> None:
        while not holds(self.status):
            await self._change.wait()

    # -- what becomes of it ----------------------------------------------------------------------------

    def _exited(self, exited: "asyncio.Future[int]") -> None:
        self.status.exit_code = exit_code(exited.result())
        if self._may_restart():
            self._restarting = asyncio.get_running_loop().create_task(self._restart(), name=f"next {self.spec.name}")
        else:
            self._stopped()

    def _may_restart(self) -> bool:
        """One that has not run for the policy's period is broken, and is left as it is."""
        policy, began = self.spec.restart, self.status.started_at
        if policy is None or self._ending or began is None or self.status.exit_code in policy.ignored:
            return False
        return self._host.clock.now() - began >= policy.period

    async def _restart(self) -> None:
        """The same command in the same file system."""
        assert self._launch is not None
        if self._monitor is not None:
            self._monitor.cancel()
            self.status.health = Health.UNKNOWN
        self.status.exit_code = None
        self.status.restarts += 1
        try:
            await self._execute(self._launch)
        except (PenstockError, OSError) as error:
            self.status.reason = f"CannotStartContainerError: {error}"
            self._stopped()
        else:
            if self._ending and self._child is not None:  # it was told to end in between
                self._child.kill()

    def _stopped(self) -> None:
        if self._monitor is not None:
            self._monitor.cancel()
        self._log.close()
        self.status.pid = None
        self.status.finished_at = self._host.clock.now()
        self._to(ContainerState.STOPPED)

    def _became(self, health: Health, output: str) -> None:
        self.status.health = health
        self.status.health_output = output
        self.status.health_since = self._host.clock.now()
        self._tell()

    def _to(self, state: ContainerState) -> None:
        self.status.state = state
        self._tell()

    def _tell(self) -> None:
        change, self._change = self._change, asyncio.Event()
        change.set()
        self._host.changed(self._task, self.status)


class _Log:
    """Lines with the virtual time at which they were written, handed on in batches."""

    def __init__(self, task: TaskSpec, spec: ContainerSpec, host: Host) -> None:
        self._task = task
        self._spec = spec
        self._host = host
        self._events: list[LogEvent] = []
        self._size = 0
        self._flushing: asyncio.TimerHandle | None = None
        self._pipe: OutputPipe | None = None

    def open(self) -> int:
        """Where the next process writes: the end of a pipe that is to be handed over."""
        self.close()
        self._pipe = OutputPipe(self._line)
        return self._pipe.hand_over()

    def _line(self, line: str) -> None:
        self._events.append(LogEvent(self._host.clock.now(), line))
        self._size += len(line) + _OF_EVENT
        if self._size >= _FULL:
            self._flush()
        elif self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(_LINGER, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if self._events:
            events, self._events, self._size = self._events, [], 0
            self._host.on_log(self._task, self._spec, events)

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        self._flush()

"""Which environment takes an invocation: an idle one, one that becomes free, or a new one.

AWS starts another environment whenever all are busy. On one machine that would fork a hundred processes for a burst of
short invocations that a few could have served sooner; so beyond `Limits.processes` busy ones an invocation first waits
`Limits.patience` for one that becomes free. Starting an environment is work for a processor, so beyond `Limits.starts`
at once, which would all be slower for it, it waits on, but never longer than `Limits.longest`: functions that call each
other, or sleep, still get as many environments as AWS would give them. Waiting is first come, first served within a
function.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.base.errors import PenstockError
from penstock.compute.functions.environment import Environment, State
from penstock.compute.functions.failures import InitFailed
from penstock.compute.functions.model import FunctionSpec, Host, Invocation, InvocationResult, Throttled
from penstock.compute.functions.preparation import Preparation
from penstock.compute.functions.sources import LiveSource, wanted
from penstock.compute.supervisor import Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`concurrency` is the account's; `processes` may be busy at once before patience sets in; `environments` bounds
    the busy and the idle; `idle` is in seconds until an unused environment is ended, as are `patience` and `longest`.
    """

    concurrency: int = 1000
    processes: int = 2 * (os.cpu_count() or 1) + 2
    starts: int = os.cpu_count() or 1
    environments: int = 64
    patience: float = 0.05
    longest: float = 10.0  # as long as an init may take
    idle: float = 300.0


class _Fleet:
    """The environments of one version of a function. The most recently used is used next, so that others can go."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.source = LiveSource(spec.code) if spec.live else None
        self.stamp = self.source.stamp() if self.source else 0
        self.idle: list[Environment] = []
        self.waiting: deque[asyncio.Future[Environment]] = deque()
        self.members: set[Environment] = set()
        self.starting = 0

    def is_current(self, spec: FunctionSpec) -> bool:
        if spec is not self.spec and spec.revision != self.spec.revision:
            return False
        return self.source is None or self.source.stamp() == self.stamp

    def take(self) -> Environment | None:
        while self.idle:
            environment = self.idle.pop()
            if environment.state is State.IDLE:
                return environment
            self.members.discard(environment)
        return None

    def is_leaving(self) -> bool:
        """Whether an environment will be free in a moment."""
        return any(member.state is State.LEAVING for member in self.members)

    def next_waiting(self) -> "asyncio.Future[Environment] | None":
        while self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                return waiter
        return None


class _Vain(Exception):
    """An environment that was started for a waiting invocation and failed to."""

    def __init__(self, environment: Environment, failure: InitFailed) -> None:
        super().__init__(str(failure))
        self.environment = environment
        self.failure = failure


class Pool:
    def __init__(self, host: Host, supervisor: Supervisor, limits: Limits | None = None) -> None:
        self._host = host
        self._limits = limits or Limits()
        self.supervisor = supervisor
        self._preparation = Preparation(host, supervisor)
        self._fleets: dict[tuple[str, str], _Fleet] = {}
        self._running: dict[str, int] = {}  # invocations by function, for reserved concurrency
        self._total = 0
        self._scanned: set[Path] = set()
        self._retiring: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the one way in ------------------------------------------------------------------------------

    async def invoke(self, spec: FunctionSpec, invocation: Invocation) -> InvocationResult:
        """Runs an event in an environment. Raises Throttled; every failure of the function is a result."""
        self._admit(spec)
        try:
            fleet = self._fleet(spec)
            environment = fleet.take() or await self._wait(fleet)
            try:
                return await environment.invoke(invocation)
            finally:
                self._release(fleet, environment)
        except _Vain as vain:
            return vain.environment.refuse(invocation, vain.failure)
        finally:
            self._total -= 1
            self._running[spec.arn] -= 1

    def warm_up(self, spec: FunctionSpec) -> None:
        """Gets ready what a function needs, before it is first invoked: for Python, libraries in the warm parent."""
        if spec.container is not None or spec.runtime.startswith("nodejs"):
            self._spawn(self._prepare(spec))
        elif spec.runtime.startswith("python") and spec.code not in self._scanned:
            self._scanned.add(spec.code)
            self.supervisor.preload(wanted(spec.code))

    async def _prepare(self, spec: FunctionSpec) -> None:
        try:
            await self._preparation.of(spec)
        except PenstockError as error:  # it is tried again, and told, when the function is invoked
            self._host.say(f"{spec.name}: {error}")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def concurrency(self, function_arn: str) -> int:
        """How many invocations of a function are under way."""
        return self._running.get(function_arn, 0)

    def retire(self, function_arn: str) -> None:
        """Lets go of a function's environments, as after a change or its deletion; busy ones finish first."""
        for key in [key for key in self._fleets if key[0] == function_arn]:
            self._disband(self._fleets.pop(key))

    async def stop(self) -> None:
        """Ends every environment: SIGTERM, then SIGKILL."""
        if self._retiring is not None:
            self._retiring.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        members = [environment for fleet in self._fleets.values() for environment in fleet.members]
        await asyncio.gather(*(environment.end() for environment in members))
        self._fleets.clear()

    def _admit(self, spec: FunctionSpec) -> None:
        running = self._running.get(spec.arn, 0)
        if spec.reserved_concurrency is not None and running >= spec.reserved_concurrency:
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        if self._total >= self._limits.concurrency:
            raise Throttled("ConcurrentInvocationLimitExceeded")
        self._running[spec.arn] = running + 1
        self._total += 1

    def _fleet(self, spec: FunctionSpec) -> _Fleet:
        fleet = self._fleets.get(spec.key)
        if fleet is not None:
            if fleet.is_current(spec):
                return fleet
            self._disband(fleet)
        fleet = self._fleets[spec.key] = _Fleet(spec)
        return fleet

    def _disband(self, fleet: _Fleet) -> None:
        for environment in fleet.idle:
            environment.discard()
        fleet.idle.clear()

    # -- growing -------------------------------------------------------------------------------------

    async def _wait(self, fleet: _Fleet) -> Environment:
        waiter: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        fleet.waiting.append(waiter)
        if not fleet.members or (self._has_room() and self._may_start() and not fleet.is_leaving()):
            self._grow(fleet)
        else:
            self._look_again(fleet, waiter, asyncio.get_running_loop().time() + self._limits.longest)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.exception() is None:
                self._offer(fleet, waiter.result())  # it came in the very moment in which its caller left
            raise

    def _has_room(self) -> bool:
        return sum(len(fleet.members) - len(fleet.idle) for fleet in self._fleets.values()) < self._limits.processes

    def _make_room(self) -> None:
        """Ends the environment that has been idle longest, where there are too many."""
        if sum(len(fleet.members) for fleet in self._fleets.values()) < self._limits.environments:
            return
        idle = [fleet for fleet in self._fleets.values() if fleet.idle]
        if idle:
            self._end_idle(min(idle, key=lambda fleet: fleet.idle[0].idle_since))

    def _end_idle(self, fleet: _Fleet) -> None:
        environment = fleet.idle.pop(0)
        fleet.members.discard(environment)
        environment.discard()

    def _may_start(self) -> bool:
        return sum(fleet.starting for fleet in self._fleets.values()) < self._limits.starts

    def _look_again(self, fleet: _Fleet, waiter: "asyncio.Future[Environment]", latest: float) -> None:
        asyncio.get_running_loop().call_later(self._limits.patience, self._grow_for, fleet, waiter, latest)

    def _grow_for(self, fleet: _Fleet, waiter: "asyncio.Future[Environment]", latest: float) -> None:
        """One look for the one who has waited longest is enough: it is served first."""
        if waiter.done() or fleet.starting >= len(fleet.waiting):
            return
        if self._may_start() or asyncio.get_running_loop().time() >= latest:
            self._grow(fleet)
        else:
            self._look_again(fleet, waiter, latest)

    def _grow(self, fleet: _Fleet) -> None:
        self._make_room()
        environment = Environment(fleet.spec, self._host, self.supervisor, self._preparation)
        fleet.members.add(environment)
        fleet.starting += 1
        self._spawn(self._start(fleet, environment))

    async def _start(self, fleet: _Fleet, environment: Environment) -> None:
        try:
            await environment.start()
        except Exception as error:
            fleet.members.discard(environment)
            failure = _Vain(environment, error) if isinstance(error, InitFailed) else error
            if (waiter := fleet.next_waiting()) is not None:
                waiter.set_exception(failure)
        else:
            self._offer(fleet, environment)
        finally:
            fleet.starting -= 1

    # -- giving back ---------------------------------------------------------------------------------

    def _release(self, fleet: _Fleet, environment: Environment) -> None:
        if environment.state is State.IDLE:
            self._offer(fleet, environment)
            return
        if environment.state is State.LEAVING:
            environment.when_free(lambda: self._release(fleet, environment))
            return
        environment.discard(signal.SIGKILL)
        fleet.members.discard(environment)
        if fleet.waiting and not fleet.starting:
            self._grow(fleet)

    def _offer(self, fleet: _Fleet, environment: Environment) -> None:
        """To who has waited longest, else it stays idle. A waiter takes it in the same turn, before anybody else."""
        if (waiter := fleet.next_waiting()) is not None:
            waiter.set_result(environment)
            return
        if self._fleets.get(fleet.spec.key) is not fleet:  # of an older revision
            environment.discard()
            return
        environment.idle_since = asyncio.get_running_loop().time()
        fleet.idle.append(environment)
        if self._retiring is None:
            self._retiring = asyncio.get_running_loop().call_later(self._limits.idle, self._retire_idle)

    def _retire_idle(self) -> None:
        """Ends what has been idle too long; the timer runs only while something is idle."""
        loop = asyncio.get_running_loop()
        horizon = loop.time() - self._limits.idle
        for fleet in self._fleets.values():
            while fleet.idle and fleet.idle[0].idle_since <= horizon:
                self._end_idle(fleet)
        remaining = [fleet.idle[0].idle_since for fleet in self._fleets.values() if fleet.idle]
        self._retiring = loop.call_later(min(remaining) - horizon, self._retire_idle) if remaining else None

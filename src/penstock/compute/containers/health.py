"""A container's health check: probed often until it succeeds for the first time, then at its interval.

Failures count as in Docker: one per interval, none in the start period, `retries` in a row make it UNHEALTHY. The
interval is virtual time; the early probes between two of them cost real time only, and cannot fail anything.
Source: https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.base.clock import Clock
from penstock.compute.containers import program
from penstock.compute.containers.model import Health, HealthCheck
from penstock.compute.supervisor import Supervisor

_FIRST_DELAY, _DELAY_GROWTH, _LONGEST_DELAY = 0.05, 1.5, 1.0  # seconds, real
_STARTING = 3.0  # real seconds that `clock.advance` waits for a container to become healthy
_KEPT_OUTPUT = 1024  # characters, as the ECS agent keeps


class Monitor:
    """Calls `changed` with the new health and the output of the check that decided."""

    def __init__(self, check: HealthCheck, clock: Clock, changed: Callable[[Health, str], None]) -> None:
        self._check = check
        self._clock = clock
        self._changed = changed
        self._health = Health.UNKNOWN
        self._failures = 0
        self._began = clock.now()
        self._due = self._began + clock.pace(check.interval)
        self._delay = _FIRST_DELAY

    async def watch(
        self, argv: Sequence[str], variables: Mapping[str, str], directory: Path, supervisor: Supervisor
    ) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + _STARTING
        with contextlib.ExitStack() as starting:
            starting.enter_context(self._clock.work())
            while True:
                with self._clock.work():
                    probe = program.run(supervisor, argv, env=variables, cwd=directory)
                    self._count(*await self._limited(probe))
                if self._health is not Health.UNKNOWN or loop.time() > patience:
                    starting.close()
                await self._pause()

    async def _limited(self, probe: Coroutine[Any, Any, program.Outcome]) -> tuple[bool, str]:
        try:
            ended = await asyncio.wait_for(probe, self._check.timeout)
        except TimeoutError:
            return False, f"Health check exceeded timeout ({self._check.timeout:g}s)"
        return ended.code == 0, ended.output[-_KEPT_OUTPUT:]

    def _count(self, passed: bool, output: str) -> None:
        now = self._clock.now()
        if passed:
            self._failures = 0
            self._become(Health.HEALTHY, output)
        elif now >= self._due:
            in_start_period = self._health is Health.UNKNOWN and now - self._began < self._check.start_period
            self._failures += not in_start_period
            if self._failures >= self._check.retries:
                self._become(Health.UNHEALTHY, output)
        if passed or now >= self._due:
            self._due = now + self._clock.pace(self._check.interval)

    def _become(self, health: Health, output: str) -> None:
        if health is not self._health:
            self._health = health
            self._changed(health, output)

    async def _pause(self) -> None:
        """Until the next check is due; while nothing is known yet, a short real time at most."""
        due = asyncio.Event()
        timer = self._clock.call_at(self._due, due.set)
        early = self._delay if self._health is Health.UNKNOWN else None
        self._delay = min(self._delay * _DELAY_GROWTH, _LONGEST_DELAY)
        try:
            await asyncio.wait_for(due.wait(), early)
        except TimeoutError:
            pass
        finally:
            timer.cancel()

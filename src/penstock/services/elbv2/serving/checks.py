"""Health checks: a task per target that asks, waits for the interval, and asks again.

A new target is asked at once and then often, in real time, until it is first healthy or the time that AWS would give
it is over. From then on it is asked at its interval on the virtual clock.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from penstock.call import Kernel
from penstock.services.elbv2.serving import health
from penstock.services.elbv2.serving.groups import Member
from penstock.services.elbv2.serving.health import Status
from penstock.web.dial import dial
from penstock.web.unreachable import AnswerTimeout, ConnectTimeout, Unreachable
from penstock.web.upstream import Upstream

_FIRST, _LAST = 0.05, 1.0  # real seconds between the checks of a new target: they grow
_AT_ONCE = 1.0  # real seconds that `clock.advance` waits for an answer
_AGENT = [("User-Agent", "ELB-HealthChecker/2.0")]


class Sockets(Protocol):
    """What checks go through. `local`: the address they come from; `where`: the one a target is asked at."""

    upstream: Upstream

    def local(self, group: str) -> str | None: ...
    def where(self, member: Member, port: int) -> tuple[str, int] | None: ...
    async def invoke_check(self, member: Member) -> int: ...


class Checker:
    def __init__(self, kernel: Kernel, sockets: Sockets, member: Member, told: Callable[[Member], None]) -> None:
        self._clock = kernel.clock
        self._sockets = sockets
        self._member = member
        self._told = told
        self._task = kernel.spawn(self._run(), f"health checks of {member.arn}")

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        settings = self._member.group.document
        deadline = self._clock.now() + settings["HealthCheckIntervalSeconds"] * settings["UnhealthyThresholdCount"]
        pause = _FIRST
        while True:
            await self._check(deadline)
            if self._member.health.is_new:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._clock.sleep_until(deadline)
                pause = min(pause * 1.5, _LAST)
            else:
                interval = self._member.group.document["HealthCheckIntervalSeconds"]
                await self._clock.sleep(self._clock.pace(interval))

    async def _check(self, deadline: float) -> None:
        settings = self._member.group.document
        outcome = await self._outcome(settings["HealthCheckTimeoutSeconds"])
        passes, failures = settings["HealthyThresholdCount"], settings["UnhealthyThresholdCount"]
        if self._member.health.saw(outcome, passes, failures, self._clock.now() < deadline):
            self._told(self._member)

    async def _outcome(self, timeout: float) -> Status:
        """What the target answers within `timeout`; `advance` waits for one that answers at once."""
        asking = asyncio.ensure_future(self._ask(timeout))
        try:
            with self._clock.work():
                await asyncio.wait({asking}, timeout=_AT_ONCE)
            return await asking
        finally:
            asking.cancel()

    async def _ask(self, timeout: float) -> Status:
        member = self._member
        try:
            async with asyncio.timeout(timeout):
                if member.group.is_lambda:
                    return self._judge(await self._sockets.invoke_check(member))
                port = member.group.document["HealthCheckPort"]
                address = self._sockets.where(member, 0 if port == "traffic-port" else int(port))
                if address is None:
                    return health.TIMED_OUT
                return await self._ask_at(*address, timeout)
        except (TimeoutError, AnswerTimeout, ConnectTimeout):
            return health.TIMED_OUT
        except Unreachable:
            return health.FAILED

    async def _ask_at(self, host: str, port: int, timeout: float) -> Status:
        settings, local = self._member.group.document, self._sockets.local(self._member.group.arn)
        if settings["HealthCheckProtocol"] == "TCP":
            await _knock(host, port, local, timeout)
            return health.HEALTHY
        path = settings["HealthCheckPath"]
        response = await self._sockets.upstream.send(
            "GET", host, port, path, _AGENT, local=local, answer_timeout=timeout
        )
        return self._judge(response.status)

    def _judge(self, code: int) -> Status:
        passed = any(first <= code <= last for first, last in self._member.group.codes)
        return health.HEALTHY if passed else health.mismatch(code)


async def _knock(host: str, port: int, local: str | None, timeout: float) -> None:
    """Connects and leaves. Raises CannotConnect."""
    knocking = await dial(_Knock, (host, port), local, timeout)
    with contextlib.suppress(OSError):
        knocking.close()


class _Knock(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

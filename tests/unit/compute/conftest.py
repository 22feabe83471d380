"""A pool of real processes, driven without any service."""

import asyncio
import itertools
import json
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from penstock.base.clock import Clock
from penstock.compute.functions.model import FunctionSpec, Host, Invocation, InvocationResult
from penstock.compute.functions.pool import Limits, Pool
from penstock.compute.log_event import LogEvent
from penstock.compute.sessions import Credentials
from penstock.compute.supervisor import Supervisor

T = TypeVar("T")


class Lab:
    """Functions written into a directory, and a pool that runs them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.logged: list[tuple[str, str]] = []  # (log stream, message)
        self.said: list[str] = []
        self._ids = itertools.count(1)
        self.pool: Pool

    def run(self, work: Callable[[], Awaitable[T]], limits: Limits | None = None) -> T:
        """Runs a coroutine function with a fresh pool, which is stopped at the end."""

        async def bracketed() -> T:
            supervisor = Supervisor()
            self.pool = Pool(self._host(), supervisor, limits)
            try:
                return await work()
            finally:
                await self.pool.stop()
                await supervisor.stop()

        return asyncio.run(bracketed())

    def _host(self) -> Host:
        return Host(
            clock=Clock(),
            scratch=self.directory.parent / "scratch",
            endpoint=lambda: "http://127.0.0.1:4566",
            credentials=lambda spec: Credentials("ASIAEXAMPLE", "secret", "token"),
            network=lambda spec, variables: dict(variables),
            on_log=self._on_log,
            say=self.said.append,
        )

    def _on_log(self, spec: FunctionSpec, stream: str, events: list[LogEvent]) -> None:
        self.logged += [(stream, event.message) for event in events]

    @property
    def messages(self) -> list[str]:
        return [message for _, message in self.logged]

    def function(self, source: str = "", handler: str = "app.handler", **settings: Any) -> FunctionSpec:
        if source:
            (self.directory / "app.py").write_text(textwrap.dedent(source))
        given: dict[str, Any] = {
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "name": "f",
            "revision": "1",
            "runtime": "python3.11",
            "handler": handler,
            "code": self.directory,
            "account": "000000000000",
            "region": "us-east-1",
            "log_group": "/aws/lambda/f",
            **settings,
        }
        return FunctionSpec(**given)

    def event(self, payload: Any = None, **fields: str) -> Invocation:
        return Invocation(
            request_id=f"request-{next(self._ids)}",
            payload=json.dumps(payload).encode(),
            invoked_arn="arn:aws:lambda:us-east-1:000000000000:function:f",
            **fields,
        )

    async def invoke(self, spec: FunctionSpec, payload: Any = None, **fields: str) -> InvocationResult:
        return await self.pool.invoke(spec, self.event(payload, **fields))

    def once(self, spec: FunctionSpec, payload: Any = None, **fields: str) -> InvocationResult:
        """One invocation in a pool of its own."""
        return self.run(lambda: self.invoke(spec, payload, **fields))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    code = tmp_path / "code"
    code.mkdir()
    return Lab(code)

"""The pytest plugin: a Penstock in memory, in a thread of the test process.

The fixture `penstock` (one for the session) is an empty runtime; `penstock.up("path/to/app")` brings an app up in it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvloop
from botocore.config import Config as BotoConfig

from penstock.call import Config, Room, Service
from penstock.runtime import Runtime
from penstock.services import SERVICES

# A test that hangs should say so long before its CI job is ended.
_PATIENCE = 300
_ONE_ANSWER = BotoConfig(retries={"total_max_attempts": 1}, max_pool_connections=32, inject_host_prefix=False)


class TestRuntime:
    """A runtime on its own thread and a free port, and what a test needs of it."""

    __test__ = False

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self.runtime = runtime
        self._loop = loop
        self._clients: dict[tuple[Any, ...], Any] = {}

    @property
    def endpoint(self) -> str:
        """For whatever takes an `endpoint_url`."""
        return self.runtime.config.endpoint

    def up(self, *apps: str | Path, enforce_iam: bool | None = None) -> "TestRuntime":
        """Brings CDK apps, assemblies or templates up here. Raises PenstockError where one cannot be.

        `enforce_iam`: from now on what IAM does not allow is denied, or nothing is.
        """
        if enforce_iam is not None:
            self.enforce_iam(enforce_iam)
        self.run(_drain(self.runtime.commands.up([str(Path(app).resolve()) for app in apps])))
        return self

    def enforce_iam(self, on: bool = True) -> None:
        """Whether the runtime denies what IAM does not allow."""
        self.run(_called(lambda: self.runtime.kernel.enforce_iam(on)))

    @property
    def outputs(self) -> dict[str, dict[str, str]]:
        """`{stack: {output: value}}`; URLs work as they stand."""
        found: dict[str, dict[str, str]] = self.run(self.runtime.commands.outputs())
        return found

    def client(
        self,
        service: str,
        region: str = "us-east-1",
        account: str = "000000000000",
        config: BotoConfig = _ONE_ANSWER,
    ) -> Any:
        """A boto3 client of this runtime. It does not retry, so that a test sees each answer."""
        key = (service, region, account, config)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="test",
                config=config,
            )
        return self._clients[key]

    def now(self) -> float:
        """The virtual clock, in epoch seconds."""
        return self.runtime.clock.now()

    def advance(self, seconds: float) -> None:
        """Moves the virtual clock on; everything that falls due on the way happens, in order, and is waited for."""
        self.run(self.runtime.kernel.advance(seconds))

    def settle(self) -> None:
        """Waits until nothing is in flight: what was sent has been delivered, functions have returned."""
        self.run(self.runtime.clock.settle())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine on the runtime's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_PATIENCE)


async def _called(function: Callable[[], None]) -> None:
    function()


async def _drain(events: Any) -> None:
    async for _ in events:
        pass


@contextlib.contextmanager
def running(config: Config | None = None, services: Iterable[Room | Service] = SERVICES) -> Iterator[TestRuntime]:
    """A runtime in a thread, for the length of a `with` block; in memory on a free port where `config` is not given."""
    started: list[TestRuntime | BaseException] = []
    ready = threading.Event()
    ended: list[Callable[[], object]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        ended.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with Runtime(config or Config(port=0), services) as runtime:
            started.append(TestRuntime(runtime, loop))
            ready.set()
            await stop.wait()

    def target() -> None:
        try:
            uvloop.run(main())
        except BaseException as error:
            started.append(error)
            ready.set()

    thread = threading.Thread(target=target, name="penstock", daemon=True)
    thread.start()
    ready.wait(60)
    if not started or isinstance(started[0], BaseException):
        raise started[0] if started else TimeoutError("Penstock did not start within 60 s")  # type: ignore[misc]
    try:
        yield started[0]
    finally:
        ended[0]()
        thread.join(30)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("penstock_enforce_iam", "Deny what IAM does not allow.", type="bool", default=False)


@pytest.fixture(scope="session")
def penstock(pytestconfig: pytest.Config) -> Iterator[TestRuntime]:
    """An empty runtime in memory, shared by the session's tests."""
    with running(Config(port=0, enforce_iam=bool(pytestconfig.getini("penstock_enforce_iam")))) as runtime:
        yield runtime

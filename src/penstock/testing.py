"""The pytest plugin: a Penstock in memory, in a thread of the test process.

`penstock` (session) is an empty runtime; `penstock.up("app")` brings an app up in it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import boto3
import pytest
import uvloop
from botocore.config import Config as BotoConfig

from penstock.call import Config, Service
from penstock.runtime import SERVICES, Runtime


class TestRuntime:
    """A runtime on its own thread and free port, and what a test needs of it."""

    __test__ = False

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self.runtime = runtime
        self._loop = loop
        self._clients: dict[tuple[str, str, str], Any] = {}

    @property
    def endpoint(self) -> str:
        return self.runtime.config.endpoint

    def client(self, service: str, region: str = "us-east-1", account: str = "000000000000") -> Any:
        """A boto3 client of this runtime; it does not retry, so that a test sees each answer."""
        key = (service, region, account)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="test",
                config=BotoConfig(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60),
            )
        return self._clients[key]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine on the runtime's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def advance(self, seconds: float) -> None:
        """Moves the virtual clock, letting everything that falls due on the way happen."""
        self.run(self.runtime.kernel.advance(seconds))

    def settle(self) -> None:
        """Waits until nothing is in flight."""
        self.run(self.runtime.clock.settle())

    def now(self) -> float:
        return self.runtime.clock.now()


@contextlib.contextmanager
def running(config: Config | None = None, services: tuple[Service, ...] = SERVICES) -> Iterator[TestRuntime]:
    """A runtime in a thread, for the length of a `with` block."""
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


@pytest.fixture(scope="session")
def penstock() -> Iterator[TestRuntime]:
    """An empty runtime in memory, shared by the session's tests."""
    with running() as runtime:
        yield runtime

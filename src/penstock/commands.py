"""What a runtime can be told to do: the commands behind the CLI, the pytest plugin and the control API."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from penstock import __version__
from penstock.base.errors import PenstockError
from penstock.call import Kernel
from penstock.web.control import Control

Json = dict[str, Any]


class Commands:
    """Each is a method; `register` puts them on the control API."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._shutdown: list[Callable[[], object]] = []
        self.ready = False

    def register(self, control: Control) -> None:
        control.add("GET", "status", lambda _: self.status())
        control.add("GET", "outputs", lambda _: self.outputs())
        control.add("POST", "up", lambda params: self.up(params["apps"]))
        control.add("POST", "logs", lambda params: self.logs(**params))
        control.add("POST", "invoke", lambda params: self.invoke(**params))
        control.add("POST", "clock/advance", lambda params: self.advance(params["seconds"]))
        control.add("POST", "settle", lambda _: self.settle())
        control.add("POST", "shutdown", lambda _: self.shutdown())

    async def status(self) -> Json:
        """What `penstock status --json` prints."""
        config = self._kernel.config
        return {
            "version": __version__,
            "pid": os.getpid(),
            "host": config.host,
            "port": config.port,
            "ready": self.ready,
            "stacks": [],
        }

    async def outputs(self) -> Json:
        """`{stack: {output: value}}`."""
        return {}

    async def up(self, apps: list[str]) -> AsyncIterator[Json]:
        """Brings apps up, saying on the way what is being done."""
        if apps:
            raise PenstockError("not yet")
        return
        yield {}

    async def logs(self, name: str | None, follow: bool, since: float | None) -> AsyncIterator[Json]:
        raise PenstockError("not yet")
        yield {}

    async def invoke(self, name: str, payload: Any, event: bool) -> Json:
        raise PenstockError("not yet")

    async def advance(self, seconds: float) -> Json:
        """Moves the virtual clock."""
        await self._kernel.advance(seconds)
        return {"now": datetime.fromtimestamp(self._kernel.clock.now(), UTC).isoformat(timespec="seconds")}

    async def settle(self) -> Json:
        """Waits until nothing is in flight."""
        return {"settled": await self._kernel.clock.settle()}

    def on_shutdown(self, callback: Callable[[], object]) -> None:
        self._shutdown.append(callback)

    async def shutdown(self) -> Json:
        loop = asyncio.get_running_loop()
        for callback in self._shutdown:
            loop.call_later(0.01, callback)  # after the answer
        return {"pid": os.getpid()}

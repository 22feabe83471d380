"""What a runtime can be told to do: the commands behind the CLI, the pytest plugin and the control API."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from penstock import __version__
from penstock.base.clock import Clock
from penstock.base.store import Store
from penstock.call import Kernel
from penstock.web.control import Control

Json = dict[str, Any]


class Commands:
    """Each is a method; `register` puts them on the control API."""

    def __init__(self, kernel: Kernel, store: Store, clock: Clock) -> None:
        self._kernel = kernel
        self._store = store
        self._clock = clock
        self._ready = False
        self._shutdown: list[Callable[[], object]] = []

    def register(self, control: Control) -> None:
        control.add("GET", "status", lambda _: self.status())
        control.add("GET", "outputs", lambda _: self.outputs())
        control.add("POST", "up", lambda params: self.up(params["apps"]))
        control.add("POST", "logs", lambda params: self.logs(**params))
        control.add("POST", "invoke", lambda params: self.invoke(**params))
        control.add("POST", "clock/advance", lambda params: self.advance(params["seconds"]))
        control.add("POST", "settle", lambda _: self.settle())
        control.add("POST", "shutdown", lambda _: self.shutdown())

    def on_shutdown(self, callback: Callable[[], object]) -> None:
        self._shutdown.append(callback)

    async def shutdown(self) -> Json:
        loop = asyncio.get_running_loop()
        for callback in self._shutdown:
            loop.call_later(0.01, callback)  # after the answer
        return {"pid": os.getpid()}

    async def advance(self, seconds: float) -> Json:
        """Moves the virtual clock; the offset survives a restart."""
        await self._clock.advance(seconds)
        self._store.run("INSERT OR REPLACE INTO penstock_meta VALUES ('clock_offset', ?)", str(self._clock.offset))
        await self._store.committed()
        return {"now": datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="seconds")}

    async def settle(self) -> Json:
        """Waits until nothing is in flight."""
        return {"settled": await self._clock.settle()}

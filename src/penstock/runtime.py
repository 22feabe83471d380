"""The composition root: the only module that wires everything."""

import asyncio
import fcntl
import os
import tempfile
from pathlib import Path
from types import TracebackType

import orjson

from penstock.base.clock import Clock
from penstock.base.errors import PenstockError
from penstock.base.store import Store
from penstock.call import Config, Kernel, Service
from penstock.services import sqs
from penstock.web.api import ApiEndpoint
from penstock.web.http import serve
from penstock.web.site import Site

SERVICES: tuple[Service, ...] = (sqs.SERVICE,)

_META = "CREATE TABLE IF NOT EXISTS penstock_meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"


class Runtime:
    """A running Penstock: its kernel, its HTTP server, its state on disk."""

    def __init__(self, config: Config, services: tuple[Service, ...] = SERVICES) -> None:
        self.config = config
        self._lock = _lock(config.data) if config.data else None
        if config.data is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="penstock-")
            config.scratch = Path(self._scratch.name)
        else:
            config.scratch = config.data
        self.store = Store(config.data / "state.db" if config.data else None)
        self.store.create([_META])
        self.clock = Clock(self._offset())
        self.kernel = Kernel(config, self.store, self.clock, services)
        self.site = Site(ApiEndpoint(self.kernel).handle)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens and takes up work where it was. Raises PenstockError for a port in use."""
        try:
            self._server = await serve(self.site.handle, self.config.host, self.config.port)
        except OSError as error:
            raise PenstockError(
                f"Port {self.config.port} on {self.config.host} cannot be used ({error.strerror}); "
                "choose another with --port, or --port 0 for a free one."
            ) from error
        self.config.port = self._server.sockets[0].getsockname()[1]
        await self.kernel.start()
        if self.config.data is not None:
            state = {"pid": os.getpid(), "port": self.config.port, "host": self.config.host}
            (self.config.data / "runtime.json").write_bytes(orjson.dumps(state))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.kernel.stop()
        self.store.close()
        if self.config.data is not None:
            (self.config.data / "runtime.json").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)

    async def advance(self, seconds: float) -> None:
        """Moves the virtual clock; the offset survives a restart."""
        await self.clock.advance(seconds)
        self.store.run("INSERT OR REPLACE INTO penstock_meta VALUES ('clock_offset', ?)", str(self.clock.offset))

    def _offset(self) -> float:
        row = self.store.one("SELECT value FROM penstock_meta WHERE name = 'clock_offset'")
        return float(row[0]) if row else 0.0

    async def __aenter__(self) -> "Runtime":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _lock(data: Path) -> int:
    """Holds the state for this process; the lock ends with it, however it ends."""
    data.mkdir(parents=True, exist_ok=True)
    handle = os.open(data / "runtime.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise PenstockError(
            f"{data} is in use by another Penstock; end it with `penstock down --data {data}`, or choose another --data."
        ) from error
    return handle

"""The composition root: the only module that wires everything."""

import asyncio
import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from penstock.base.clock import Clock
from penstock.base.errors import PenstockError
from penstock.base.store import Store
from penstock.call import Config, Kernel, Room, Service
from penstock.commands import Commands
from penstock.commands.bringup import cache_folder, findings
from penstock.compute.supervisor import Supervisor
from penstock.services import SERVICES
from penstock.template.source import load
from penstock.template.synth import Environment
from penstock.template.types import Types
from penstock.web.api import ApiEndpoint
from penstock.web.control import PREFIX, Control
from penstock.web.gateways.custom_domains import CustomDomains
from penstock.web.http import Reply, serve
from penstock.web.network import Network
from penstock.web.site import Place, Site
from penstock.wire.message import Request


class Runtime:
    """A running Penstock: its kernel, its HTTP server, its state on disk, and the commands it takes."""

    def __init__(self, config: Config, services: Iterable[Room | Service] = SERVICES) -> None:
        self.config = config
        self._lock = _lock(config.data) if config.data else None
        self._scratch = None if config.data else tempfile.TemporaryDirectory(prefix="penstock-")
        config.scratch = (config.data or Path(self._scratch.name)).absolute()  # type: ignore[union-attr]
        durable = config.data is not None and not config.memory
        self.clock = Clock()
        try:
            self.store = Store(config.scratch / "state.db" if durable else None)
            self.kernel = Kernel(config, self.store, self.clock, services)
        except sqlite3.Error as error:
            self._release()
            raise PenstockError(_unusable(config.scratch / "state.db", error)) from error
        self.network = self.kernel.shared(Network)
        self.commands = Commands(self.kernel)
        control = Control()
        self.commands.register(control)
        api = ApiEndpoint(self.kernel)
        self.site = Site(api.handle, api.streams, api.admits, self._is_domain)
        for service in self.kernel.services.values():
            for label in service.places:
                self.site.place(label, _place(self.kernel, service.name, label))
        self.site.path(PREFIX, control.handle)
        self._server: asyncio.Server | None = None

    def _is_domain(self, name: str) -> bool:
        """Whether it is a custom domain name; there is none before API Gateway is at work, which keeps them."""
        return self.kernel.at_work("apigateway") and self.kernel.shared(CustomDomains).knows(self.store, name)

    async def start(self) -> None:
        """Listens and takes up work where it was. Raises PenstockError for a port in use."""
        try:
            self._server = await serve(self.site.handle, self.config.host, self.config.port, self.site.streams)
        except OSError as error:
            self._release()
            why = os.strerror(error.errno or 0).lower()
            raise PenstockError(
                f"Port {self.config.port} on {self.config.host} cannot be used ({why}); "
                "choose another with --port, or --port 0 for a free one."
            ) from error
        self.config.port = self._server.sockets[0].getsockname()[1]
        await self.network.open(str(self.config.data or ""), self.config.port)
        await self.kernel.start()
        self.commands.ready = True
        # Left behind at the end: the lock says whether it is true, and the next runtime takes the same settings.
        state = {
            "pid": os.getpid(),
            "port": self.config.port,
            "host": self.config.host,
            "enforce_iam": self.config.enforce_iam,
        }
        (self.config.scratch / "runtime.json").write_bytes(orjson.dumps(state))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.kernel.stop()
        await self.kernel.shared(Supervisor).stop(grace=0.5)
        await self.network.stop()
        self.store.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        if self._scratch is not None:
            self._scratch.cleanup()

    async def __aenter__(self) -> "Runtime":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def check_apps(apps: Iterable[Path]) -> list[dict[str, Any]]:
    """What `apps` ask for that Penstock does not do, a dict a finding. Raises PenstockError for what cannot be read."""
    environment = Environment(Config.account, Config.region)
    stacks = [stack for app in apps for stack in load(app, cache_folder(), environment)]
    return [asdict(finding) for finding in findings(stacks, Types.of(SERVICES))]


def _place(kernel: Kernel, service: str, label: str) -> Place:
    """A service's place, which knows no id before the service is at work."""
    made: list[Place] = []

    def answer(request: Request, reply: Reply, id: str, path: str) -> bool:
        if not made and kernel.at_work(service):
            made.append(kernel.service(service).places[label](kernel))
        return bool(made) and made[0](request, reply, id, path)

    return answer


def _unusable(state: Path, error: sqlite3.Error) -> str:
    if "full" in str(error):
        return f"The disk that {state} is on is full."
    return (
        f"The state in {state} cannot be used ({error}); it was left as it is. Move it away to begin anew, or choose "
        "another --data."
    )


def _lock(data: Path) -> int:
    """Holds the state for this process; the lock ends with it, however it ends."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds secrets
        handle = os.open(data / "runtime.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PenstockError(f"The data directory {data} cannot be written ({error.strerror}).") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise PenstockError(
            f"{data} is in use by a runtime that is running: `penstock up --detach --data {data} APP` applies changes "
            f"to it, `penstock down --data {data}` ends it; or choose another --data."
        ) from error
    return handle

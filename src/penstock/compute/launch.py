"""How an environment's process is started: only this differs between runtimes."""

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path

from penstock.compute.model import FunctionSpec
from penstock.compute.supervisor import Child, Supervisor
from penstock.web.http import Handler, HttpProtocol, serve
from penstock.web.site import local_only


class NoEntrypoint(Exception):
    """There is nothing in the code that could be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """`api` answers the Runtime API; `output` is the write end of the log, closed once the process has it."""

    spec: FunctionSpec
    variables: dict[str, str]
    supervisor: Supervisor
    api: Handler
    output: int


def is_supported(runtime: str) -> bool:
    return runtime.startswith(("python3", "provided"))


async def launch(order: Launch) -> tuple[Child, asyncio.Server | None]:
    """The process, and the port it talks to where it has one. Raises NoEntrypoint, PenstockError."""
    if not order.spec.code.is_dir():
        raise NoEntrypoint(f"The code directory {order.spec.code} is gone; deploy {order.spec.name} again")
    if order.spec.runtime.startswith("python"):
        return await _fork(order), None
    return await _execute(order)


async def _fork(order: Launch) -> Child:
    """Python: the Runtime API over a socket pair that the process inherits."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: HttpProtocol(order.api), ours)
    return await order.supervisor.fork(
        env=order.variables,
        cwd=order.spec.code,
        path=_module_path(order.spec),
        handler=order.spec.handler,
        files=(theirs.detach(), order.output),
    )


async def _execute(order: Launch) -> tuple[Child, asyncio.Server]:
    """`provided.*`: the executable `bootstrap`, with the Runtime API on a port of its own."""
    places = [directory / "bootstrap" for directory in (order.spec.code, *order.spec.layers)]
    bootstrap = next((place for place in places if place.is_file()), None)
    if bootstrap is None:
        raise NoEntrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    server = await serve(local_only(order.api), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    child = await order.supervisor.execute(
        [str(bootstrap)],
        env={**order.variables, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"},
        cwd=order.spec.code,
        files=(order.output,),
    )
    return child, server


def _module_path(spec: FunctionSpec) -> list[Path]:
    """sys.path as AWS orders it: the code, what the function's own PYTHONPATH names, then the layers."""
    version = spec.runtime.removeprefix("python")
    inside = (f"python/lib/python{version}/site-packages", "python")
    own = [Path(part) for part in spec.environment.get("PYTHONPATH", "").split(":") if part]
    return [spec.code, *own, *(layer / part for layer in spec.layers for part in inside if (layer / part).is_dir())]

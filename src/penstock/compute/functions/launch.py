"""How an environment's processes are started: only this differs between runtimes.

Python functions are forked from the warm parent and speak the Runtime API over a socket pair. Everything else is a
program with the Runtime API on a loopback port of its own, which extensions use as well.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penstock.compute.functions import bootstrap, from_image, nodejs, scripts
from penstock.compute.functions.bootstrap import NoEntrypoint
from penstock.compute.functions.extensions import Extensions
from penstock.compute.functions.failures import InitFailed
from penstock.compute.functions.from_image import Program
from penstock.compute.functions.model import FunctionSpec
from penstock.compute.functions.preparation import Prepared
from penstock.compute.functions.runtime_api import streams
from penstock.compute.supervisor import Child, Supervisor, resident_kb
from penstock.web.http import Handler, HttpProtocol, serve
from penstock.web.site import local_only

_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


class Extension(NamedTuple):
    """An executable in `extensions/` of what is `/opt` on AWS."""

    file: Path
    opt: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """`api` answers the Runtime API; `output` is the write end of the log, closed once the process has it; `scratch` is
    for scripts that have to be changed.
    """

    spec: FunctionSpec
    prepared: Prepared
    variables: dict[str, str]
    supervisor: Supervisor
    api: Handler
    output: int
    scratch: Path
    extensions: Extensions


@dataclass(slots=True)
class Processes:
    """The runtime's process, and the port that it talks to where it has one. `parent_kb`: what a fork has from its
    parent.
    """

    child: Child | None = None
    server: asyncio.Server | None = None
    parent_kb: int = 0

    def signal(self, number: int) -> None:
        if self.child is not None:
            self.child.signal(number)

    def resident_kb(self) -> int:
        return resident_kb(self.child.pid) if self.child is not None else 0

    def close(self) -> None:
        if self.server is not None:
            self.server.close()


async def launch(order: Launch, processes: Processes) -> Child:
    """Starts the extensions and, once they have registered, the runtime. What is there so far is in `processes`.

    Raises NoEntrypoint, InitFailed, PenstockError.
    """
    if not order.spec.code.is_dir():
        raise NoEntrypoint(f"The code directory {order.spec.code} is gone; deploy {order.spec.name} again")
    program, extensions = _program(order), _extensions(order)
    if program is not None or extensions:
        processes.server = await serve(local_only(order.api), "127.0.0.1", 0, streams)
        host, port = processes.server.sockets[0].getsockname()[:2]
        order.variables["AWS_LAMBDA_RUNTIME_API"] = f"{host}:{port}"
    for extension in extensions:
        order.extensions.watch(extension.file.name, await _start_extension(order, extension))
    if extensions:
        await order.extensions.registered()
    processes.child = child = await (_fork(order) if program is None else _execute(order, program))
    processes.parent_kb = child.parent_rss if program is None else 0
    return child


def _extensions(order: Launch) -> list[Extension]:
    places = [*order.spec.layers, *([order.prepared.root / "opt"] if order.prepared.root else [])]
    return [Extension(file, opt) for opt in places for file in sorted((opt / "extensions").glob("*")) if file.is_file()]


async def _start_extension(order: Launch, extension: Extension) -> Child:
    try:
        bootstrap.check(extension.file, f"/opt/extensions/{extension.file.name}")
    except NoEntrypoint as error:
        raise InitFailed("Extension.LaunchError", str(error)) from None
    file = scripts.with_opt(extension.file, extension.opt, order.scratch)
    output = (os.dup(order.output),)
    return await order.supervisor.execute([str(file)], env=order.variables, cwd=order.spec.code, files=output)


async def _fork(order: Launch) -> Child:
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


async def _execute(order: Launch, program: Program) -> Child:
    environment = {**program.variables, "AWS_LAMBDA_RUNTIME_API": order.variables["AWS_LAMBDA_RUNTIME_API"]}
    return await order.supervisor.execute(program.argv, env=environment, cwd=program.directory, files=(order.output,))


# -- which program -----------------------------------------------------------------------------------


def _program(order: Launch) -> Program | None:
    """The environment's program; None for a fork of the warm parent."""
    if order.spec.container is not None:
        return from_image.program(
            order.spec.container, order.prepared, order.variables, order.spec.memory, order.scratch
        )
    runtime = order.spec.runtime
    make = next(make for prefix, make in _PROGRAMS.items() if runtime.startswith(prefix))
    return make(order)


def _python(order: Launch) -> Program | None:
    """A wrapper script has to be given a command; without one a fork is a hundred times faster."""
    if _WRAPPER not in order.variables:
        return None
    path = [order.variables["PYTHONPATH"], *map(str, _module_path(order.spec))]
    variables = {**order.variables, "PYTHONPATH": ":".join(path)}
    return _wrapped(order, [str(from_image.PYTHON), str(from_image.PYTHON_WORKER)], variables)


def _nodejs(order: Launch) -> Program:
    spec = order.spec
    node = nodejs.find(spec.runtime)
    if node is None:
        raise NoEntrypoint(nodejs.NO_NODE.format(runtime=spec.runtime))
    if reason := nodejs.too_old(node):
        raise NoEntrypoint(reason)
    path = nodejs.module_path(spec.code, spec.layers, order.prepared.node_modules)
    variables = {**order.variables, "NODE_PATH": order.spec.environment.get("NODE_PATH", path)}
    return _wrapped(order, nodejs.arguments(node, spec.memory), variables)


def _bootstrap(order: Launch) -> Program:
    found = bootstrap.find(order.spec)
    opt = next((layer for layer in order.spec.layers if found.is_relative_to(layer)), None)
    argv = [str(scripts.with_opt(found, opt, order.scratch) if opt else found)]
    return Program(argv, order.variables, order.spec.code)


def _wrapped(order: Launch, argv: list[str], variables: dict[str, str]) -> Program:
    """AWS_LAMBDA_EXEC_WRAPPER: a script, usually of a layer, that is given the runtime's command."""
    wrapper = order.variables.get(_WRAPPER, "")
    if wrapper:
        argv = [str(_wrapper(order, wrapper)), *argv]
    return Program(argv, variables, order.spec.code)


def _wrapper(order: Launch, name: str) -> Path:
    if name.startswith("/opt/"):
        for layer in order.spec.layers:
            if (file := layer / name.removeprefix("/opt/")).is_file():
                bootstrap.check(file, name)
                return scripts.with_opt(file, layer, order.scratch)
    place = order.spec.code / name.removeprefix("/var/task/")
    if not place.is_file():
        raise NoEntrypoint(f"fork/exec {name}: no such file or directory")
    bootstrap.check(place, name)
    return place


_PROGRAMS: dict[str, Callable[[Launch], Program | None]] = {
    "python": _python,
    "nodejs": _nodejs,
    "provided": _bootstrap,
}


def is_supported(runtime: str) -> bool:
    return runtime.startswith(tuple(_PROGRAMS)) and not runtime.startswith("python2")


def _module_path(spec: FunctionSpec) -> list[Path]:
    """sys.path as AWS orders it: the code, what the function's own PYTHONPATH names, then the layers."""
    version = spec.runtime.removeprefix("python")
    inside = (f"python/lib/python{version}/site-packages", "python")
    own = [Path(part) for part in spec.environment.get("PYTHONPATH", "").split(":") if part]
    return [spec.code, *own, *(layer / part for layer in spec.layers for part in inside if (layer / part).is_dir())]

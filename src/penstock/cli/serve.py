"""The commands that are a runtime themselves: `up` in the foreground, and what `up --detach` starts."""

import asyncio
import contextlib
import gc
import json
import os
import signal
from pathlib import Path
from typing import Any

import click
import uvloop

from penstock.base.errors import PenstockError
from penstock.call import Config
from penstock.cli import options, printing
from penstock.cli.hints import hints
from penstock.runtime import Runtime


def _tame_collector() -> None:
    """What the imports made lives as long as the process: the collector need not look at it again and again. A request
    makes few cycles, so it may also come less often; together that is a twentieth of a request's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def foreground(data: Path, memory: bool, port: int, enforce_iam: bool, paths: list[str], watch: bool) -> int:
    """Runs until Ctrl-C or SIGTERM and ends cleanly; the exit status."""
    _tame_collector()
    config = Config(data=data, memory=memory, port=port, enforce_iam=enforce_iam)
    return uvloop.run(_foreground(config, paths, watch))


async def _foreground(config: Config, paths: list[str], watch: bool) -> int:
    stop = _stop_signal()
    async with Runtime(config) as runtime:
        runtime.commands.on_shutdown(stop.set)
        work = asyncio.ensure_future(_deploy(runtime, paths))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            printing.err.print("Interrupted. The next `up` goes on with what was made.", soft_wrap=True)
            return 130
        work.result()
        await _announce(runtime)
        watching = asyncio.ensure_future(_watch(runtime, paths) if watch else stop.wait())
        await asyncio.wait((watching, stopped), return_when=asyncio.FIRST_COMPLETED)
        await _cancelled(watching)
    return 0


async def _announce(runtime: Runtime) -> None:
    commands, data = runtime.commands, runtime.config.data or Path(options.DATA)
    known = (await commands.apps())["apps"]
    printing.announce(await commands.status(), await commands.outputs(), known, hints(known, data, detached=False))


async def _watch(runtime: Runtime, paths: list[str]) -> None:
    async with contextlib.aclosing(runtime.commands.watch(paths)) as lines:
        async for line in lines:
            printing.reloaded(line)


async def _cancelled(work: "asyncio.Future[Any]") -> None:
    """Raises what `work` has failed with, if it has ended by itself."""
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _deploy(runtime: Runtime, paths: list[str]) -> None:
    with printing.progress() as progress:
        async for event in runtime.commands.up(paths):
            progress.show(event)


@click.command(hidden=True)
@options.data
@click.option("--port", type=int, required=True)
@click.option("--memory", is_flag=True)
@click.option("--enforce-iam", is_flag=True)
@click.option("--ready", type=int, required=True, help="A pipe's descriptor: one line of JSON says how the start went.")
def serve(data: Path, port: int, memory: bool, enforce_iam: bool, ready: int) -> None:
    """What `up --detach` starts."""
    os.set_inheritable(ready, False)  # or a function's process would hold the pipe open
    _tame_collector()
    uvloop.run(_serve(Config(data=data, memory=memory, port=port, enforce_iam=enforce_iam), ready))


async def _serve(config: Config, ready: int) -> None:
    stop = _stop_signal()
    with os.fdopen(ready, "w") as pipe:
        try:
            runtime = Runtime(config)
            await runtime.start()
        except PenstockError as error:
            pipe.write(json.dumps({"error": str(error)}) + "\n")
            return
        runtime.commands.on_shutdown(stop.set)
        pipe.write(json.dumps({"ready": True}) + "\n")
    await stop.wait()
    await runtime.stop()


def _stop_signal() -> asyncio.Event:
    """Set by Ctrl-C and SIGTERM."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop

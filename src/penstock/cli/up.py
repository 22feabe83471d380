"""`penstock up` and `penstock down`."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import uvloop

from penstock.base.errors import PenstockError
from penstock.call import Config
from penstock.cli import options, printing
from penstock.cli.client import Client, Json, is_running, last_runtime
from penstock.runtime import Runtime

_DEFAULT_PORT = 4566


@click.command()
@options.apps
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help=f"Port to listen on; 0 takes a free one. [default: the last one of this data, else {_DEFAULT_PORT}]",
)
@click.option("--detach", "-d", is_flag=True, help="Return when everything is ready; the runtime goes on.")
@options.data
@click.option("--memory", is_flag=True, help="Keep state in memory: it ends with the runtime.")
def up(apps: tuple[Path, ...], port: int | None, detach: bool, data: Path, memory: bool) -> None:
    """Bring up APPs on this machine.

    APP is the directory of a CDK app (with cdk.json), a cdk.out, or a SAM or CloudFormation template. Without APP an
    empty runtime starts, to be provisioned with boto3 or the AWS CLI. A second `up` applies what has changed and keeps
    the data; `up --detach` does so in the runtime that is already running.

    \b
    penstock up systems/shop             # until Ctrl-C
    penstock up --detach systems/shop    # in the background; `penstock down` ends it
    eval $(penstock env)                 # point the AWS CLI and boto3 at it
    """
    usual = last_runtime(data).get("port", _DEFAULT_PORT)
    config = Config(data=data, memory=memory, port=usual if port is None else port)
    paths = [str(path.resolve()) for path in apps]
    if not detach:
        raise SystemExit(uvloop.run(_foreground(config, paths)))
    client = Client(data) if is_running(data) else None
    if client is not None and not paths:
        raise PenstockError(f"A runtime is already running on {data} (pid {client.pid}, port {client.port}).")
    if client is not None and port not in (None, client.port):
        raise PenstockError(
            f"The runtime of {data} listens on port {client.port}; `penstock down` it to change the port."
        )
    started = client is None
    client = client or _start(config)
    try:
        _bring_up(client, paths)
    except (PenstockError, KeyboardInterrupt):
        if started:
            client.post("shutdown")
        raise
    _announce(client.get("status"), client.get("outputs"))


async def _foreground(config: Config, paths: list[str]) -> int:
    """Runs until Ctrl-C or SIGTERM, and ends cleanly."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Runtime(config) as runtime:
        runtime.commands.on_shutdown(stop.set)
        work = asyncio.ensure_future(_deploy(runtime, paths))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return 130
        work.result()
        _announce(await runtime.commands.status(), await runtime.commands.outputs())
        printing.out.print("\nCtrl-C ends it.", style="dim")
        await stopped
    return 0


async def _deploy(runtime: Runtime, paths: list[str]) -> None:
    with _progress() as progress:
        async for event in runtime.commands.up(paths):
            progress.show(event)


def _bring_up(client: Client, paths: list[str]) -> None:
    with _progress() as progress:
        for event in client.stream("up", {"apps": paths}):
            progress.show(event)


@contextlib.contextmanager
def _progress() -> Iterator[printing.Progress]:
    progress = printing.Progress()
    try:
        yield progress
    finally:
        progress.close()


def _announce(status: Json, outputs: Json) -> None:
    printing.out.print(f"Penstock is ready on http://{status['host']}:{status['port']} (pid {status['pid']}).")
    printing.outputs(outputs)


def _start(config: Config) -> Client:
    """Starts a runtime in the background; it tells over a pipe that it is ready, or why it is not."""
    assert config.data is not None
    config.data.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    command = [
        sys.executable,
        "-m",
        "penstock.cli.main",
        "serve",
        "--data",
        str(config.data),
        "--port",
        str(config.port),
    ]
    command += ["--ready", str(writing), *(["--memory"] if config.memory else [])]
    with (config.data / "runtime.log").open("ab") as log_file:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            pass_fds=[writing],
            start_new_session=True,
        )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.loads(pipe.readline() or "{}")
    if "ready" not in answer:
        raise PenstockError(
            answer.get("error", f"The runtime ended while starting; see {config.data / 'runtime.log'}.")
        )
    return Client(config.data)


@click.command(hidden=True)
@options.data
@click.option("--port", type=int, required=True)
@click.option("--memory", is_flag=True)
@click.option("--ready", type=int, required=True)
def serve(data: Path, port: int, memory: bool, ready: int) -> None:
    """What `up --detach` starts."""
    uvloop.run(_serve(Config(data=data, memory=memory, port=port), ready))


async def _serve(config: Config, ready: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    os.set_inheritable(ready, False)  # or a function's process would hold the pipe open
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


@click.command()
@options.data
def down(data: Path) -> None:
    """End the runtime; its data stays, and the next `up` goes on with it."""
    if not is_running(data):
        printing.err.print(f"No runtime is running on {data}.", soft_wrap=True)
        return
    Client(data).post("shutdown")
    handle = os.open(data / "runtime.lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)  # released when the runtime has ended
    os.close(handle)
    printing.err.print(f"The runtime of {data} has ended.", soft_wrap=True)

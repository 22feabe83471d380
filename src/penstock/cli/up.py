"""`penstock up` and `penstock down`."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import click

from penstock.base.errors import PenstockError
from penstock.cli import options, printing
from penstock.cli.client import Client, NoAnswer, is_running, last_runtime
from penstock.cli.hints import hints

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
@click.option("--watch", "-w", is_flag=True, help="Apply changes of the APPs' files as they are saved.")
@options.data
@click.option("--memory", is_flag=True, help="Keep state in memory: it ends with the runtime.")
@options.enforce_iam
def up(
    apps: tuple[Path, ...],
    port: int | None,
    detach: bool,
    watch: bool,
    data: Path,
    memory: bool,
    enforce_iam: bool | None,
) -> None:
    """Bring up APPs on this machine.

    APP is the directory of a CDK app (with cdk.json), a cdk.out, or a SAM or CloudFormation template. Without APP an
    empty runtime starts, to be provisioned with boto3 or the AWS CLI. A second `up` applies what has changed and keeps
    the data; `up --detach` does so in the runtime that is already running.

    \b
    penstock up systems/shop             # until Ctrl-C
    penstock up --watch systems/shop     # and every change as it is saved
    penstock up --detach systems/shop    # in the background; `penstock down` ends it
    penstock up --enforce-iam systems/shop    # what its roles may not do is denied
    eval $(penstock env)                 # point the AWS CLI and boto3 at it
    """
    last = last_runtime(data)
    chosen = last.get("port", _DEFAULT_PORT) if port is None else port
    enforced = last.get("enforce_iam", False) if enforce_iam is None else enforce_iam
    paths = [str(path.resolve()) for path in apps]
    if watch and (detach or not paths):
        raise click.UsageError(
            "--watch stays in the foreground with the APPs that it watches: name one, and leave out --detach."
        )
    if not detach:
        # Only here a runtime is loaded into the process of the command.
        raise SystemExit(import_module("penstock.cli.serve").foreground(data, memory, chosen, enforced, paths, watch))
    client = Client(data) if is_running(data) else None
    if client is not None and not paths:
        raise PenstockError(
            f"A runtime is already running on {data} (pid {client.pid}, port {client.port}); name an APP to bring up."
        )
    if client is not None and port not in (None, client.port):
        raise PenstockError(
            f"The runtime of {data} listens on port {client.port}; for another one end it first, by `penstock down`."
        )
    if client is not None and enforce_iam not in (None, last.get("enforce_iam", False)):
        enforces = "enforces" if last.get("enforce_iam") else "does not enforce"
        raise PenstockError(
            f"The runtime of {data} {enforces} IAM until it ends; `penstock down` ends it, then `up` again."
        )
    started = client is None
    client = client or _start(data, memory, chosen, enforced)
    try:
        with printing.progress() as progress:
            for event in client.stream("up", {"apps": paths}):
                progress.show(event)
    except (PenstockError, KeyboardInterrupt):
        if started:
            _end(client)
        raise
    known = client.get("apps")["apps"]
    printing.announce(client.get("status"), client.get("outputs"), known, hints(known, data, detached=True))


def _start(data: Path, memory: bool, port: int, enforce_iam: bool) -> Client:
    """Starts a runtime in the background; it tells over a pipe that it is ready, or why it is not."""
    log = _log(data)
    reading, writing = os.pipe()
    serve = [
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        "--ready",
        str(writing),
        *(["--memory"] if memory else []),
        *(["--enforce-iam"] if enforce_iam else []),
    ]
    with log:
        subprocess.Popen(
            [sys.executable, "-m", "penstock.cli.main", *serve],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writing],
            start_new_session=True,
        )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.loads(pipe.readline() or "{}")
    if "ready" not in answer:
        raise PenstockError(answer.get("error", f"The runtime ended at its start; see {data / 'runtime.log'}."))
    return Client(data)


def _end(client: Client) -> None:
    """Asks the runtime to end, unless it already does, and waits until it has: then it gives up its lock."""
    with contextlib.suppress(NoAnswer):
        client.post("shutdown")
    handle = os.open(client.data / "runtime.lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.close(handle)


def _log(data: Path) -> BinaryIO:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return open(data / "runtime.log", "ab", opener=lambda path, flags: os.open(path, flags, 0o600))
    except OSError as error:
        raise PenstockError(f"The data directory {data} cannot be written ({error.strerror}).") from None


@click.command()
@options.data
def down(data: Path) -> None:
    """End the runtime; its data stays, and the next `up` goes on with it.

    \b
    penstock down
    rm -r .penstock      # its data too: the next `up` begins anew
    """
    if not is_running(data):
        printing.err.print(f"No runtime is running on {data}.", soft_wrap=True)
        return
    _end(Client(data))
    printing.err.print(f"The runtime of {data} has ended.", soft_wrap=True)

"""Fixtures of the end-to-end tests: the `penstock` command as its users run it, in processes of its own."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent


class Cli:
    """`penstock` on a data directory of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.env = {**clean, "PENSTOCK_DATA": str(data)}

    def __call__(self, *arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command; fails the test where its exit status is another one."""
        command = [str(BIN / "penstock"), *map(str, arguments)]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=180)
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self(*arguments, "--json").stdout)

    def kill(self) -> None:
        """kill -9, and waits until the process has gone."""
        pid = json.loads((self.data / "runtime.json").read_text())["pid"]
        handle = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        select.select([handle], [], [], 30)  # readable when the process has ended
        os.close(handle)

    def aws(self, *arguments: str) -> Any:
        """The AWS CLI in a shell that has evaluated `penstock env`."""
        script = 'eval $(penstock env); aws "$@" --output json'
        env = {**self.env, "PATH": f"{BIN}:{os.environ['PATH']}"}
        command = ["sh", "-c", script, "sh", *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    cli = Cli(tmp_path / "data")
    yield cli
    cli("down")

"""The servers that are compared: each is started as its users start it, on a free port, and ended by its process."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

BIN = Path(sys.executable).parent
# Functions of the peers must find their endpoint and nothing of the user's own AWS set-up.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


@dataclass
class Server:
    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    data: str

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, **options: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32, **options),
        )

    def resident(self) -> float:
        """Resident memory of the server's own process in MB, and of nothing that it started."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError(self.process.pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _penstock(port: int, data: str) -> tuple[list[str], dict[str, str]]:
    return [str(BIN / "penstock"), "up", "--port", str(port), "--data", data], {}


def _ministack(port: int, data: str) -> tuple[list[str], dict[str, str]]:
    return [str(BIN / "ministack")], {"GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


def _moto(port: int, data: str) -> tuple[list[str], dict[str, str]]:
    return [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], {}


PEERS = {"penstock": _penstock, "ministack": _ministack, "moto": _moto}


@contextmanager
def serving(name: str) -> Iterator[Server]:
    """A running server; raises TimeoutError where it does not answer within 30 s."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as data:
        command, extra = PEERS[name](port, data)
        with (Path(data) / "server.log").open("wb") as log:
            process = subprocess.Popen(command, env={**CLEAN, **extra}, cwd=data, stdout=log, stderr=log)
        try:
            _await_answer(port)
            yield Server(name, port, process, data)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_answer(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")

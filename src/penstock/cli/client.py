"""The CLI's side of the control API: finds a runtime by its data directory and speaks to it."""

import fcntl
import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from penstock.base.errors import PenstockError

Json = dict[str, Any]


class NoAnswer(PenstockError):
    """The runtime is there, but does not listen: it starts, or ends."""


class Client:
    """The runtime that is running on `data`. Raises PenstockError where none is."""

    def __init__(self, data: Path) -> None:
        if not is_running(data):
            raise PenstockError(
                f"No runtime is running on {data.absolute()}. `penstock up` starts one; one that was started in "
                "another directory is named by its data, with --data."
            )
        state = last_runtime(data)
        self.data = data
        self.host, self.port, self.pid = state["host"], state["port"], state["pid"]

    @property
    def variables(self) -> dict[str, str]:
        """What points the AWS CLI and boto3 at it."""
        return {
            "AWS_ENDPOINT_URL": f"http://{self.host}:{self.port}",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # `sync-127.0.0.1` is not a name
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def get(self, command: str, **params: str) -> Json:
        return self._read(self._send("GET", f"{command}?{urlencode(params)}", None))

    def post(self, command: str, params: Json | None = None) -> Json:
        return self._read(self._send("POST", command, params or {}))

    def stream(self, command: str, params: Json) -> Iterator[Json]:
        """Lines as the runtime sends them; an error line is raised."""
        response = self._send("POST", command, params)
        if response.getheader("Content-Type") != "application/x-ndjson":
            self._read(response)
        while line := self._line(response):
            event: Json = json.loads(line)
            if "error" in event:
                raise PenstockError(event["error"])
            yield event

    def _line(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.readline()
        except (OSError, http.client.HTTPException):
            raise PenstockError(f"The runtime of {self.data} (pid {self.pid}) has ended.") from None

    def _send(self, method: str, command: str, params: Json | None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.host, self.port)
        body = json.dumps(params) if params is not None else None
        try:
            connection.request(method, f"/_penstock/{command}", body, {"Content-Type": "application/json"})
            return connection.getresponse()
        except OSError as error:
            raise NoAnswer(
                f"The runtime of {self.data} (pid {self.pid}, port {self.port}) does not answer: {error}."
            ) from None

    @staticmethod
    def _read(response: http.client.HTTPResponse) -> Json:
        value: Json = json.loads(response.read())
        if response.status != 200:
            raise PenstockError(value.get("error", f"HTTP {response.status}"))
        return value


def last_runtime(data: Path) -> Json:
    """Where the runtime of `data` listens, or listened, and how; empty where there never was one."""
    try:
        state = json.loads((data / "runtime.json").read_bytes())
        return {
            "pid": int(state["pid"]),
            "host": str(state["host"]),
            "port": int(state["port"]),
            "enforce_iam": bool(state.get("enforce_iam")),
        }
    except (OSError, ValueError, TypeError, KeyError):
        return {}  # never written, or not by a runtime


def is_running(data: Path) -> bool:
    """Whether a runtime holds `data`. The lock tells: it ends with its process, however that ends."""
    try:
        handle = os.open(data / "runtime.lock", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise PenstockError(f"{data} cannot be read: {error.strerror}.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two commands that ask do not see each other
    except OSError:
        return bool(last_runtime(data))
    finally:
        os.close(handle)
    return False

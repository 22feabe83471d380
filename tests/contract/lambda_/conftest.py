"""Functions to test with, made of source text."""

import base64
import io
import json
import textwrap
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime

ROLE = "arn:aws:iam::000000000000:role/lambda-test"
ECHO = "def handler(event, context): return event"


def zipped(source: str, name: str = "app.py", **files: str) -> bytes:
    """A zip file with `source` as `name`; `files` are further modules by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, textwrap.dedent(source))
        for module, text in files.items():
            archive.writestr(f"{module}.py", textwrap.dedent(text))
    return buffer.getvalue()


class Functions:
    """The client, with shorthands; names begin with the test's own."""

    def __init__(self, penstock: TestRuntime, client: Any, prefix: str) -> None:
        self.penstock = penstock
        self.client = client
        self._prefix = prefix
        self._made = 0

    def create(self, source: str = ECHO, **settings: Any) -> Any:
        """CreateFunction's answer."""
        self._made += 1
        request = {
            "FunctionName": f"{self._prefix}-{self._made}",
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": ROLE,
            "Code": {"ZipFile": zipped(source)},
            **settings,
        }
        return self.client.create_function(**request)

    def named(self, source: str = ECHO, **settings: Any) -> str:
        name: str = self.create(source, **settings)["FunctionName"]
        return name

    def invoke(self, name: str, event: Any = None, **settings: Any) -> Any:
        """What the function returned."""
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
        return json.loads(answer["Payload"].read())

    def log(self, name: str, pattern: str = "") -> list[str]:
        """The messages that a function has logged, without Lambda's own."""
        self.penstock.settle()
        logs = self.penstock.client("logs")
        group = f"/aws/lambda/{name}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)
        own = ("INIT_START", "START ", "END ", "REPORT ")
        return [event["message"] for event in found["events"] if not event["message"].startswith(own)]


@pytest.fixture
def functions(penstock: TestRuntime, lam: Any, unique: str) -> Functions:
    return Functions(penstock, lam, unique)


@pytest.fixture(scope="session")
def lam(client: Callable[..., Any]) -> Any:
    return client("lambda")


@pytest.fixture
def refused() -> Callable[..., tuple[str, str]]:
    """`refused(operation, **request)`: the code and message of the error that it answers."""

    def call(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call


def client_context(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()

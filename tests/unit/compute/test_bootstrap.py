"""`provided.*`: any executable that speaks the Runtime API."""

import json
from typing import Any

import pytest

BOOTSTRAP = """#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def post(path, value):
    urllib.request.urlopen(urllib.request.Request(api + path, json.dumps(value).encode(), method="POST")).read()
while True:
    with urllib.request.urlopen(api + "next") as response:
        event, request_id = json.load(response), response.headers["Lambda-Runtime-Aws-Request-Id"]
    print("event", event, flush=True)
    if event == "fail":
        post(request_id + "/error", {"errorType": "Custom", "errorMessage": "on demand"})
    else:
        post(request_id + "/response", {"handler": os.environ["_HANDLER"], "event": event})
"""


def test_bootstrap_is_started_and_spoken_to(lab: Any) -> None:
    bootstrap = lab.directory / "bootstrap"
    bootstrap.write_text(BOOTSTRAP)
    bootstrap.chmod(0o755)
    spec = lab.function(runtime="provided.al2023", handler="anything", timeout=30.0)

    async def three() -> list[tuple[str, Any]]:
        results = [await lab.invoke(spec, event) for event in (1, "fail", 2)]
        return [(result.function_error, json.loads(result.payload)) for result in results]

    assert lab.run(three) == [
        ("", {"handler": "anything", "event": 1}),
        ("Unhandled", {"errorType": "Custom", "errorMessage": "on demand"}),
        ("", {"handler": "anything", "event": 2}),
    ]
    assert "event 1" in lab.messages


def test_missing_bootstrap(lab: Any) -> None:
    document = json.loads(lab.once(lab.function(runtime="provided.al2023")).payload)
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in document["errorMessage"]


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (b"#!/bin/sh", 0o644, "permission denied"),
        (b"no program", 0o755, "exec format error"),
        (b"#!/nowhere/sh", 0o755, "no such file or directory (its interpreter /nowhere/sh is not here)"),
        (b"#!/bin/sh\r\nexit", 0o755, "no such file or directory (its first line ends as Windows ends lines)"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\xf3\x00" + bytes(44), 0o755, "it is built for machine 243"),
    ],
)
def test_bootstrap_that_cannot_be_executed(lab: Any, content: bytes, mode: int, reason: str) -> None:
    (lab.directory / "bootstrap").write_bytes(content)
    (lab.directory / "bootstrap").chmod(mode)
    document = json.loads(lab.once(lab.function(runtime="provided.al2023")).payload)
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert "fork/exec /var/task/bootstrap: " in document["errorMessage"]
    assert reason in document["errorMessage"]
    assert any("Runtime.InvalidEntrypoint" in message and reason in message for message in lab.messages)

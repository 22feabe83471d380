"""`provided.*`: any executable that speaks the Runtime API."""

import json
from typing import Any

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


def test_bootstrap_that_cannot_be_executed(lab: Any) -> None:
    (lab.directory / "bootstrap").write_text("no program")
    document = json.loads(lab.once(lab.function(runtime="provided.al2023")).payload)
    assert document["errorType"] == "Runtime.ExitError"
    assert document["errorMessage"].endswith("Runtime exited with error: exit status 127")
    assert any("cannot be started: Permission denied" in message for message in lab.messages)

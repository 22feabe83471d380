"""Extensions of layers: processes beside the runtime that are told of invocations and of the end."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from penstock.compute.functions.pool import Limits

EXTENSION = """
import json, os, sys, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(path, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    method = "GET" if body is None else "POST"
    request = urllib.request.Request(api + "/2020-01-01/extension/" + path, body, named, method=method)
    return urllib.request.urlopen(request)
events = json.dumps({"events": ["INVOKE", "SHUTDOWN"]}).encode()
answer = call("register", events, Lambda_Extension_Name=os.path.basename(sys.argv[0]))
me = answer.headers["Lambda-Extension-Identifier"]
print("registered", json.load(answer), flush=True)
"""
LOOP = """
while True:
    event = json.load(call("event/next", Lambda_Extension_Identifier=me))
    print("told", event["eventType"], event.get("requestId", event.get("shutdownReason")), flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
"""


@pytest.fixture
def layer(tmp_path: Path) -> Any:
    """`layer(source)`: a layer with an extension, which is a shell script that starts a program of `/opt`."""

    def make(source: str) -> tuple[Path, ...]:
        root = tmp_path / "layer"
        (root / "extensions").mkdir(parents=True)
        (root / "ext").mkdir()
        program, script = root / "ext" / "watcher", root / "extensions" / "watcher"
        program.write_text(f"#!/usr/bin/env python3\n{textwrap.dedent(source)}")
        script.write_text('#!/bin/sh\nexec "/opt/ext/watcher"\n')
        for file in (program, script):
            file.chmod(0o755)
        return (root,)

    return make


@pytest.mark.parametrize("runtime", ["python3.11", "nodejs20.x"])
def test_extensions_register_and_are_told(lab: Any, layer: Any, runtime: str) -> None:
    (lab.directory / "app.js").write_text("exports.handler = async (event) => event")
    source = "def handler(event, context): return event"
    spec = lab.function(source, runtime=runtime, layers=layer(EXTENSION + LOOP), timeout=20.0)

    async def two() -> list[Any]:
        return [json.loads((await lab.invoke(spec, event)).payload) for event in (1, 2)]

    assert lab.run(two) == [1, 2]
    known = {"functionName": "f", "functionVersion": "$LATEST", "handler": "app.handler"}
    assert f"registered {known}" in lab.messages
    assert "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in lab.messages
    assert [line for line in lab.messages if line.startswith("told")][:2] == [
        "told INVOKE request-1",
        "told INVOKE request-2",
    ]


def test_an_environment_is_free_when_its_extensions_ask_again(lab: Any, layer: Any, tmp_path: Path) -> None:
    """What an extension does after the answer is done before the next event is given to this environment."""
    busy = f"""
while True:
    event = json.load(call("event/next", Lambda_Extension_Identifier=me))
    import time; time.sleep(0.2)
    with open({str(tmp_path / "done")!r}, "a") as file: file.write("x")
"""
    source = f"""
    from pathlib import Path
    def handler(event, context):
        place = Path({str(tmp_path / "done")!r})
        return len(place.read_text()) if place.exists() else 0
    """
    spec = lab.function(source, layers=layer(EXTENSION + busy), timeout=20.0)

    async def two() -> list[Any]:
        return [json.loads((await lab.invoke(spec)).payload) for _ in range(2)]

    assert lab.run(two, Limits(processes=0, patience=5.0)) == [0, 1]


def test_an_extension_that_ends_takes_the_environment_along(lab: Any, layer: Any) -> None:
    spec = lab.function("def handler(event, context): pass", layers=layer("import sys; sys.exit(7)"), timeout=20.0)
    document = json.loads(lab.once(spec).payload)
    assert document["errorType"] == "Extension.Crash"
    assert document["errorMessage"].endswith("Extension exited with error: exit status 7")


def test_telemetry_is_refused_as_where_it_is_not_supported(lab: Any, layer: Any) -> None:
    asks = """
named = {"Lambda-Extension-Identifier": me}
answer = urllib.request.urlopen(urllib.request.Request(api + "/2022-07-01/telemetry", b"{}", named, method="PUT"))
print("telemetry", answer.status, json.load(answer)["errorType"], flush=True)
"""
    lab.once(lab.function("def handler(event, context): pass", layers=layer(EXTENSION + asks + LOOP), timeout=20.0))
    assert "telemetry 202 Telemetry.NotSupported" in lab.messages


def test_wrapper_scripts_get_the_command(lab: Any, tmp_path: Path) -> None:
    """AWS_LAMBDA_EXEC_WRAPPER, as layers of tracing vendors use it."""
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "wrap").write_text('#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n')
    (layer / "wrap").chmod(0o755)
    (lab.directory / "app.js").write_text("exports.handler = async () => process.env.WRAPPED")
    settings = {"layers": (layer,), "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}, "timeout": 20.0}
    source = "import os\ndef handler(event, context): return os.environ['WRAPPED']"
    for runtime in ("nodejs20.x", "python3.11"):
        assert json.loads(lab.once(lab.function(source, runtime=runtime, **settings)).payload) == "yes"

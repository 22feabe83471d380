"""Images that nobody wrote for Penstock: FastAPI, Flask and Node run from their Dockerfiles, without Docker."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

APP = Path(__file__).parent / "apps" / "containers"


@pytest.fixture(scope="module")
def containers() -> Iterator[TestRuntime]:
    with running() as runtime:
        yield runtime.up(APP)


def ask(runtime: TestRuntime, service: str, body: Any = None) -> Any:
    outputs = runtime.outputs["Containers"]
    url = next(value for name, value in outputs.items() if name.startswith(f"{service}ServiceURL"))
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_fastapi_with_its_pinned_requirements(containers: TestRuntime) -> None:
    assert ask(containers, "Notes") == {"title": "Notes", "greeting": "hello", "fastapi": "0.115.6"}


def test_flask_behind_gunicorn(containers: TestRuntime) -> None:
    assert ask(containers, "Guestbook") == {"flask": "3.1.0"}
    assert ask(containers, "Guestbook", {"name": "ada"})["you"] == "ada"


def test_node(containers: TestRuntime) -> None:
    first = ask(containers, "Counter")
    assert first["node"] and ask(containers, "Counter")["count"] > first["count"]


def printed(containers: TestRuntime) -> list[str]:
    logs = containers.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return [event["message"] for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]


def test_what_they_print_is_in_their_log_group(containers: TestRuntime) -> None:
    """Lines are handed on in batches, a moment after they were written."""
    looks = (printed(containers) for _ in range(300))
    lines = next((found for found in looks if "listening" in found), [])
    assert any("Uvicorn running on" in line for line in lines)

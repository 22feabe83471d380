"""The same handler in Python, in Node, as an executable and in container images: one template, no Docker."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

APP = Path(__file__).parent / "apps" / "runtimes"
ORDER = {"id": "o-1", "lines": [{"price": 2, "quantity": 3}, {"price": 5, "quantity": 1}]}


@pytest.fixture(scope="module")
def app() -> Iterator[TestRuntime]:
    with running() as runtime:
        yield runtime.up(APP)


def post(url: str) -> tuple[Any, str]:
    request = urllib.request.Request(url, json.dumps(ORDER).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer), answer.headers["Content-Type"]


@pytest.mark.parametrize("name", ["python", "node", "bootstrap", "image", "image-node"])
def test_every_runtime_answers_the_same(app: TestRuntime, name: str) -> None:
    url = f"{app.outputs['Runtimes']['Url']}/{name}"
    for _ in range(3):
        assert post(url)[0] == {"id": "o-1", "total": 11}


def test_a_handler_that_does_not_stream_behind_a_url_that_does(app: TestRuntime) -> None:
    answer, kind = post(app.outputs["Runtimes"]["Streaming"])
    assert kind == "application/octet-stream"
    assert json.loads(answer["body"]) == {"id": "o-1", "total": 11}


def test_image_functions_are_described_as_such(app: TestRuntime) -> None:
    lam = app.client("lambda")
    (image,) = [f for f in lam.list_functions()["Functions"] if f["FunctionName"].startswith("Runtimes-imagenode")]
    found = lam.get_function(FunctionName=image["FunctionName"])
    assert found["Configuration"]["PackageType"] == "Image"
    assert found["Configuration"]["ImageConfigResponse"] == {"ImageConfig": {"Command": ["app.handler"]}}
    assert "Runtime" not in found["Configuration"]
    assert found["Code"]["RepositoryType"] == "ECR"
    assert found["Code"]["ResolvedImageUri"].endswith(f"@sha256:{found['Configuration']['CodeSha256']}")

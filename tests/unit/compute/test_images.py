"""Functions from container images: Lambda's base images with our workers, and entry points of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.compute.containers.model import ContainerSpec, ImageSource

Answer = Callable[..., Any]

BOOTSTRAP = """#!/usr/bin/env python3
import json, os, sys, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as response:
        event, id = json.load(response), response.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = {"argv": sys.argv[1:], "event": event, "cwd": os.path.basename(os.getcwd())}
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", json.dumps(answer).encode(), method="POST"))
"""


@pytest.fixture
def answer(lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """`answer(dockerfile, files, event, **container)`: what the function answers."""
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))

    def call(dockerfile: str, files: dict[str, str], event: Any = None, **container: Any) -> Any:
        for name, text in {**files, "Dockerfile": dockerfile}.items():
            (lab.directory / name).write_text(text)
            (lab.directory / name).chmod(0o755)
        image = ImageSource(name="repository:tag", directory=lab.directory)
        spec = lab.function(runtime="", handler="", timeout=30.0,
                            container=ContainerSpec(name="f", image=image, **container))  # fmt: skip
        return json.loads(lab.once(spec, event).payload)

    return call


PYTHON = """
FROM public.ecr.aws/lambda/python:3.11
COPY app.py ${LAMBDA_TASK_ROOT}
ENV GREETING=hello
CMD ["app.handler"]
"""


def test_python_base_image(answer: Answer) -> None:
    source = """
import os, sys
def handler(event, context):
    return [event, os.environ["GREETING"], os.environ["EXTRA"], os.environ["AWS_EXECUTION_ENV"], sys.path[0],
            os.getcwd(), context.function_name, os.environ["_HANDLER"]]
"""
    event, greeting, extra, runtime, path, cwd, name, handler = answer(
        PYTHON, {"app.py": source}, {"a": 1}, environment={"EXTRA": "given"}
    )
    assert (event, greeting, extra, runtime) == ({"a": 1}, "hello", "given", "AWS_Lambda_python3.11")
    assert path == cwd
    assert path.endswith("/var/task")
    assert (name, handler) == ("f", "app.handler")


def test_lambdas_image_has_boto3_and_nothing_else_of_ours(answer: Answer) -> None:
    source = """
import boto3, importlib.util
def handler(event, context):
    arn = boto3.client("sts").meta.service_model.service_name
    return [arn, importlib.util.find_spec("orjson") is None, importlib.util.find_spec("uvloop") is None]
"""
    assert answer(PYTHON, {"app.py": source}) == ["sts", True, True]


def test_command_of_image_config_takes_precedence(answer: Answer) -> None:
    source = "def handler(event, context): return 1\ndef other(event, context): return 2"
    assert answer(PYTHON, {"app.py": source}, command=("app.other",)) == 2


def test_node_base_image(answer: Answer) -> None:
    dockerfile = 'FROM public.ecr.aws/lambda/nodejs:20\nCOPY app.js ${LAMBDA_TASK_ROOT}/\nCMD ["app.handler"]'
    assert answer(dockerfile, {"app.js": "exports.handler = async (event) => [event, __dirname.slice(-9)]"}, 1) == [
        1,
        "/var/task",
    ]


def test_provided_base_image(answer: Answer) -> None:
    dockerfile = 'FROM public.ecr.aws/lambda/provided:al2023\nCOPY bootstrap ${LAMBDA_RUNTIME_DIR}\nCMD ["a.b"]'
    assert answer(dockerfile, {"bootstrap": BOOTSTRAP}, 1) == {"argv": ["a.b"], "event": 1, "cwd": "task"}


def test_an_entry_point_of_its_own(answer: Answer) -> None:
    dockerfile = 'FROM python:3.11-slim\nWORKDIR /srv\nCOPY run.py .\nENTRYPOINT ["python", "run.py"]\nCMD ["a.b"]'
    assert answer(dockerfile, {"run.py": BOOTSTRAP}, 1) == {"argv": ["a.b"], "event": 1, "cwd": "srv"}


def test_languages_that_are_not_here(answer: Answer) -> None:
    document = answer('FROM public.ecr.aws/lambda/java:21\nCMD ["a.B::c"]', {})
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert "there is no runtime for java on this machine" in document["errorMessage"]


def test_an_image_that_cannot_be_built(answer: Answer) -> None:
    document = answer("FROM python:3.11\nCOPY nowhere .", {})
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert "CannotPullContainerError" in document["errorMessage"]

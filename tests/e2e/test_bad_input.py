"""Bad input: one message that names the resource and the file, and what was acknowledged stays."""

import json
import os
import resource
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.base.errors import PenstockError
from penstock.testing import TestRuntime, running
from tests.e2e.conftest import BIN, Cli

QUEUE = "Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n"
ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="module")
def runtime() -> Iterator[TestRuntime]:
    with running() as started:
        yield started


# -- templates ---------------------------------------------------------------------------------------

# case: (file, content, what the message names beside the file)
TEMPLATES: dict[str, tuple[str, bytes, str]] = {
    "binary": ("bad.yaml", b"\x8f\x00\xff\xfe", "cannot read"),
    "empty": ("bad.yaml", b"", "unsupported structure"),
    "YAML": ("bad.yaml", b"Resources:\n  A: [\n", "line 3"),
    "JSON": ("bad.json", b'{"Resources": {', "line 1, column 16"),
    "a list": ("bad.json", b"[1, 2]", "unsupported structure"),
    "a list of resources": ("bad.yaml", b"Resources: [1]\n", "Any Resources member must be an object"),
    "no type": ("bad.yaml", b"Resources:\n  Jobs: {Properties: {}}\n", "Jobs"),
    "properties": ("bad.yaml", b"Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: 4}\n", "Jobs"),
    "the same twice": ("bad.yaml", QUEUE.encode() + b"  Jobs: {Type: AWS::SNS::Topic}\n", "duplicate key 'Jobs'"),
    "a cycle": (
        "bad.yaml",
        b"Resources:\n  A: {Type: AWS::SQS::Queue, DependsOn: B}\n  B: {Type: AWS::SQS::Queue, DependsOn: A}\n",
        "Circular dependency between resources: [A, B]",
    ),
    "an unknown type": ("bad.yaml", b"Resources:\n  Fleet: {Type: AWS::GameLift::Fleet}\n", "Fleet"),
    "an unknown function": (
        "bad.yaml",
        b"Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Frobnicate x}}\n",
        "Frobnicate",
    ),
    "code that is not there": (
        "bad.yaml",
        b"Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: ./nowhere, Handler: a.b, "
        b"Runtime: python3.12, Role: " + ROLE.encode() + b"}\n",
        "nowhere does not exist",
    ),
    "nested without end, in YAML": ("bad.yaml", b"[" * 100_000, "nested too deeply"),
    "nested without end, in JSON": ("bad.json", b'{"Resources":' + b"[" * 100_000, "nested too deeply"),
    "a manifest": ("manifest.json", b"{", "manifest.json"),
    "a CDK app without a command": ("cdk.json", b"{}", 'no "app"'),
    "a CDK app's settings": ("cdk.json", b"{", "cdk.json"),
}


@pytest.mark.parametrize("case", TEMPLATES)
def test_a_template_that_cannot_be_read_or_brought_up(runtime: TestRuntime, tmp_path: Path, case: str) -> None:
    name, content, named = TEMPLATES[case]
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(PenstockError) as failure:
        runtime.up(tmp_path if name in ("manifest.json", "cdk.json") else file)
    said = str(failure.value)
    assert name in said and named in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("app", "named"),
    [
        ("raise ValueError('the table has no name')", "ValueError: the table has no name"),
        ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("print('nothing synthesized')", "no cloud assembly"),
    ],
)
def test_a_cdk_app_that_fails(runtime: TestRuntime, tmp_path: Path, app: str, named: str) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "python app.py"}')
    (tmp_path / "app.py").write_text(app)
    with pytest.raises(PenstockError) as failure:
        runtime.up(tmp_path)
    said = str(failure.value)
    assert str(tmp_path) in said and named in said
    assert "sitecustomize" not in said  # what traces the app is no part of its failure


# -- functions ---------------------------------------------------------------------------------------

CODE = """
import ctypes, os

def crashes(event, context): os._exit(3)
def faults(event, context): ctypes.string_at(0)
def hangs(event, context):
    while True: pass
def returns_a_set(event, context): return {1, 2}
def raises(event, context): raise ValueError("no such order")
def swells(event, context):
    memory = bytearray(1 << 29)
    for page in range(0, len(memory), 4096): memory[page] = 1
def answers_a_number(event, context): return 5
"""
# handler: what its log says
FUNCTIONS = {
    "index.crashes": "Runtime exited with error: exit status 3",
    "index.faults": "Runtime exited with error: signal: segmentation fault",
    "index.hangs": "Task timed out after 1.00 seconds",
    "index.returns_a_set": "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON",
    "index.raises": "ValueError: no such order",
    "index.swells": "Runtime.OutOfMemory",
    "index.missing": "Runtime.HandlerNotFound: Handler 'missing' missing on module 'index'",
    "broken.handler": "Runtime.UserCodeSyntaxError",
    "absent.handler": "Runtime.ImportModuleError: Unable to import module 'absent'",
    "nothing": "Runtime.MalformedHandlerName",
}


def api_of(folder: Path) -> Path:
    """A SAM app with a REST API that has a function for each handler, at `/<its number>`."""
    (folder / "src").mkdir()
    (folder / "src" / "index.py").write_text(CODE)
    (folder / "src" / "broken.py").write_text("def handler(:\n")
    functions = {
        f"F{number}": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": handler,
                "FunctionName": f"bad-{number}",
                "Events": {"Get": {"Type": "Api", "Properties": {"Path": f"/{number}", "Method": "get"}}},
            },
        }
        for number, handler in enumerate((*FUNCTIONS, "index.answers_a_number"))
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {"Runtime": "python3.12", "CodeUri": "src", "Timeout": 1, "MemorySize": 128}},
        "Resources": functions,
        "Outputs": {
            "Url": {"Value": {"Fn::Sub": "https://${ServerlessRestApi}.execute-api.us-east-1.amazonaws.com/Prod/"}}
        },
    }
    (folder / "template.json").write_text(json.dumps(template))
    return folder


@pytest.fixture(scope="module")
def url(runtime: TestRuntime, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("functions")
    outputs: dict[str, str] = runtime.up(api_of(folder)).outputs[folder.name]
    return outputs["Url"]


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize("handler", FUNCTIONS)
def test_a_function_that_fails_is_a_502_and_a_log_line(runtime: TestRuntime, url: str, handler: str) -> None:
    number = list(FUNCTIONS).index(handler)
    assert get(f"{url}{number}") == (502, {"message": "Internal server error"})
    runtime.settle()
    events = runtime.client("logs").filter_log_events(logGroupName=f"/aws/lambda/bad-{number}")["events"]
    assert FUNCTIONS[handler] in "\n".join(event["message"] for event in events)


def test_an_answer_that_is_none_is_a_502(url: str) -> None:
    assert get(f"{url}{len(FUNCTIONS)}")[0] == 502


# -- the data directory ------------------------------------------------------------------------------


@pytest.mark.parametrize("detach", [["--detach"], []])
def test_state_that_is_no_database_is_left_alone(cli: Cli, detach: list[str]) -> None:
    cli.data.mkdir()
    state = cli.data / "state.db"
    state.write_bytes(b"no database" * 1000)
    said = cli("up", *detach, "--port", "0", status=1).stderr
    assert str(state) in said and "Traceback" not in said
    assert len(said.splitlines()) == 1
    assert state.read_bytes() == b"no database" * 1000


@pytest.mark.parametrize("detach", [["--detach"], []])
def test_a_data_directory_that_cannot_be_written(cli: Cli, tmp_path: Path, detach: list[str]) -> None:
    (tmp_path / "file").touch()
    said = cli("up", *detach, "--port", "0", "--data", tmp_path / "file" / "data", status=1).stderr
    assert f"{tmp_path / 'file' / 'data'} cannot be written" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("left", [b"\x8f{", b"[]", b'{"pid": 1}', b'{"pid": 1, "host": "127.0.0.1", "port": 1}'])
def test_what_another_runtime_left_is_no_runtime(cli: Cli, left: bytes) -> None:
    cli.data.mkdir()
    (cli.data / "runtime.json").write_bytes(left)
    assert "No runtime is running" in cli("status", status=1).stderr
    cli("up", "--detach", "--port", "0")
    assert cli.json("status")["ready"]


def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    status = cli.json("status")
    sqs = boto3.client(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{status['port']}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    # No file of the runtime may grow beyond this: a disk that is full, without one.
    _, hard = resource.prlimit(status["pid"], resource.RLIMIT_FSIZE)
    resource.prlimit(status["pid"], resource.RLIMIT_FSIZE, (4 << 20, hard))
    acknowledged = 0
    with pytest.raises(ClientError, match="nothing more can be stored") as refused:
        while acknowledged < 1000:
            sqs.send_message(QueueUrl=url, MessageBody="x" * 50_000)
            acknowledged += 1
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert acknowledged
    cli.kill()
    cli("up", "--detach")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert attributes == {"ApproximateNumberOfMessages": str(acknowledged)}


MAKER = """
import json, pathlib, threading, urllib.request

def handler(event, context):
    properties = event["ResourceProperties"]
    begun = pathlib.Path(properties["Begun"])
    if not begun.exists():
        begun.touch()
        pathlib.Path(properties["Pipe"]).write_text("begun")  # until the test reads it
        threading.Event().wait()
    body = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    body |= {"Status": "SUCCESS", "PhysicalResourceId": "made"}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT"))
"""


def test_kill_in_the_middle_of_up_and_the_next_one_finishes(cli: Cli, tmp_path: Path) -> None:
    pipe, app = tmp_path / "pipe", tmp_path / "app"
    os.mkfifo(pipe)
    (app / "src").mkdir(parents=True)
    (app / "src" / "maker.py").write_text(MAKER)
    function = {"Code": "src", "Handler": "maker.handler", "Runtime": "python3.12", "Role": ROLE, "Timeout": 60}
    made = {"ServiceToken": {"Fn::GetAtt": "Maker.Arn"}, "Pipe": str(pipe), "Begun": str(tmp_path / "begun")}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Maker": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Made": {"Type": "Custom::Made", "DependsOn": "Jobs", "Properties": made},
    }
    outputs = {"Made": {"Value": {"Ref": "Made"}}, "Url": {"Value": {"Ref": "Jobs"}}}
    (app / "template.json").write_text(json.dumps({"Resources": resources, "Outputs": outputs}))
    command = [str(BIN / "penstock"), "up", "--detach", "--port", "0", str(app)]
    with subprocess.Popen(command, env=cli.env, stderr=subprocess.PIPE, text=True) as first:
        assert pipe.read_text() == "begun"
        cli.kill()
        _, said = first.communicate(timeout=60)
    assert first.returncode == 1 and "Traceback" not in said
    cli("up", "--detach", app)
    assert cli.json("outputs")["app"]["Made"] == "made"
    assert cli.json("status")["stacks"] == [{"name": "app", "status": "CREATE_COMPLETE", "resources": 3}]


# -- commands ----------------------------------------------------------------------------------------


def test_a_payload_that_cannot_be_read(cli: Cli, tmp_path: Path) -> None:
    for payload in (f"@{tmp_path / 'nowhere.json'}", "{", f"@{tmp_path}"):
        said = cli("invoke", "any", "--payload", payload, status=1).stderr
        assert said.startswith("penstock: The payload") and len(said.splitlines()) == 1


def test_an_unknown_property_is_warned_of(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {Colour: red}}\n")
    said = cli("up", "--detach", "--port", "0", file).stderr
    assert all(part in said for part in (f"{file}:2", "Jobs", "Colour"))


def test_names_that_mean_nothing_say_what_there_is(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    for command in ("invoke", "logs"):
        said = cli(command, "nobody", status=1).stderr
        assert "'nobody'" in said and "none" in said


def test_the_clock_does_not_go_beyond_its_calendar(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0")
    assert "a hundred years" in cli("clock", "advance", "9999999w", status=1).stderr
    assert cli.json("status")["ready"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"apps": 5}', b"\xff", b'{"apps": [], "more": 1}'])
def test_the_control_api_refuses_what_is_no_command(runtime: TestRuntime, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{runtime.endpoint}/_penstock/up", body, headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400 and json.load(refused.value)["error"]

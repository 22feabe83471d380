"""`penstock up --watch`: what is saved takes effect, what is queued or running is not lost, what is broken is said."""

import json
import os
import select
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from tests.e2e.conftest import BIN, Cli

GATEWAY = Path(__file__).parents[2] / "systems" / "gateway"
PATIENCE = 90  # seconds

TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, VisibilityTimeout: 30}}
  Results: {Type: AWS::SQS::Queue, Properties: {QueueName: results}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      {FunctionName: worker, Code: worker, Handler: index.handler, Runtime: python3.12, Role: !GetAtt Role.Arn}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Worker, BatchSize: 5}
"""
# Answers at once to what comes from the queue; an invocation with a `gate` waits until that pipe is written to.
HANDLER = """
import boto3
sqs = boto3.client("sqs")
results = sqs.get_queue_url(QueueName="results")["QueueUrl"]
def handler(event, context):
    if "gate" in event:
        open(event["gate"]).read()
    for record in event.get("Records", ()):
        sqs.send_message(QueueUrl=results, MessageBody=VERSION + " " + record["body"])
    return VERSION
VERSION = "one"
"""


class Watching:
    """`penstock up --watch` in a process of its own."""

    def __init__(self, cli: Cli, app: Path) -> None:
        command = [BIN / "penstock", "up", "--watch", "--port", "0", app]
        self._process = subprocess.Popen(command, env=cli.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._beside = app.parent
        self._text = ""

    def until(self, *starts: str) -> str:
        """The next line that starts so."""
        while True:
            line, found, rest = self._text.partition("\n")
            if not found:
                self._read()
                continue
            self._text = rest
            if line.startswith(starts):
                return line

    def _read(self) -> None:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        data = os.read(self._process.stdout.fileno(), 65_536) if ready else b""
        assert data, "nothing more is said"
        self._text += data.decode()

    def saved(self, file: Path, edit: Callable[[str], str]) -> str:
        """What is said of an edit, which is put in place as a whole: nobody reads half of it."""
        unfinished = self._beside / file.name
        unfinished.write_text(edit(file.read_text()))
        unfinished.replace(file)
        return self.until("Reloaded", "Not reloaded", "Nothing changed")

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


@pytest.fixture
def watching(cli: Cli) -> Iterator[Callable[[Path], Watching]]:
    begun: list[Watching] = []

    def begin(app: Path) -> Watching:
        begun.append(Watching(cli, app))
        begun[-1].until("Watching")
        return begun[-1]

    yield begin
    for each in begun:
        each.end()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "worker").mkdir(parents=True)
    (folder / "worker" / "index.py").write_text(HANDLER)
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder


def client(cli: Cli, service: str) -> Any:
    state = json.loads((cli.data / "runtime.json").read_text())
    endpoint = f"http://{state['host']}:{state['port']}"
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


class Queues:
    def __init__(self, cli: Cli) -> None:
        self._sqs = client(cli, "sqs")
        self._urls = {name: self._sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("jobs", "results")}
        self._sent = 0

    def send(self, count: int) -> list[str]:
        jobs = [str(self._sent + number) for number in range(count)]
        self._sent += count
        for job in jobs:
            self._sqs.send_message(QueueUrl=self._urls["jobs"], MessageBody=job)
        return jobs

    def results(self, jobs: list[str]) -> dict[str, str]:
        """Which version did which job, once all of them are done."""
        done: dict[str, str] = {}
        while set(jobs) - done.keys():
            found = self._sqs.receive_message(
                QueueUrl=self._urls["results"], MaxNumberOfMessages=10, WaitTimeSeconds=20
            )
            assert found.get("Messages"), f"lost: {sorted(set(jobs) - done.keys())}"
            for message in found["Messages"]:
                version, _, job = message["Body"].partition(" ")
                done[job] = version
                self._sqs.delete_message(QueueUrl=self._urls["results"], ReceiptHandle=message["ReceiptHandle"])
        return done


def version(to: str) -> Callable[[str], str]:
    return lambda text: text[: text.index("VERSION =")] + f'VERSION = "{to}"\n'


def test_work_that_is_queued_survives_every_save(cli: Cli, app: Path, watching: Callable[[Path], Watching]) -> None:
    shown, index = watching(app), app / "worker" / "index.py"
    queues = Queues(cli)
    jobs: list[str] = []
    for number in range(5):
        jobs += queues.send(40)
        line = shown.saved(index, version(f"v{number}"))
        assert line.startswith("Reloaded in 0.") and line.endswith(": worker/index.py → new code for Worker"), line
    done = queues.results(jobs)
    assert done.keys() == set(jobs)
    last = queues.send(10)
    assert set(queues.results(last).values()) == {"v4"}


def test_what_runs_ends_in_the_code_that_it_began_with(
    cli: Cli, app: Path, watching: Callable[[Path], Watching]
) -> None:
    shown, gate = watching(app), app.parent / "gate"
    os.mkfifo(gate)
    functions, answers = client(cli, "lambda"), []

    def invoke(event: dict[str, str]) -> str:
        payload = functions.invoke(FunctionName="worker", Payload=json.dumps(event))["Payload"]
        return str(json.loads(payload.read()))

    slow = threading.Thread(target=lambda: answers.append(invoke({"gate": str(gate)})))
    slow.start()
    with gate.open("w"):  # opens when the invocation reads it
        shown.saved(app / "worker" / "index.py", version("two"))
        assert invoke({}) == "two"
        assert answers == []
    slow.join(PATIENCE)
    assert answers == ["one"]


def test_a_broken_edit_loses_nothing(cli: Cli, app: Path, watching: Callable[[Path], Watching]) -> None:
    shown, index = watching(app), app / "worker" / "index.py"
    queues = Queues(cli)
    line = shown.saved(index, lambda text: text + "def broken(:\n")
    assert "new code for Worker; index.py has an error in line " in line
    jobs = queues.send(5)
    shown.saved(index, version("mended"))
    cli("clock", "advance", "60s")  # what failed meanwhile becomes visible again
    assert set(queues.results(jobs).values()) == {"mended"}


def test_the_template_s_difference_is_applied_and_a_broken_one_is_not(
    cli: Cli, app: Path, watching: Callable[[Path], Watching]
) -> None:
    shown, template = watching(app), app / "template.yaml"
    line = shown.saved(template, lambda text: text + "  More: {Type: AWS::SQS::Queue, Properties: {QueueName: more}}\n")
    assert line.endswith("template.yaml → app: UPDATE_COMPLETE, 1 resource changed"), line
    sqs = client(cli, "sqs")
    assert sqs.get_queue_url(QueueName="more")
    line = shown.saved(template, lambda text: text + "  Bad: {Type: AWS::SQS::Nothing}\n")
    assert line.startswith("Not reloaded, what runs goes on: ") and "AWS::SQS::Nothing" in line
    queues = Queues(cli)
    assert set(queues.results(queues.send(3)).values()) == {"one"}
    assert shown.saved(template, lambda text: text[: text.index("  Bad")]).startswith(
        "Nothing changed by template.yaml"
    )


def test_files_that_mean_nothing_are_not_looked_at(app: Path, watching: Callable[[Path], Watching]) -> None:
    shown = watching(app)
    for folder in ("cdk.out", ".venv", "node_modules", "worker/__pycache__"):
        (app / folder).mkdir()
        (app / folder / "file.py").write_text("x = 1")
    (app / "notes~").write_text("an editor's own")
    assert "worker/index.py" in shown.saved(app / "worker" / "index.py", version("next")).partition("→")[0]


def test_an_edit_in_an_image_s_context_is_rolled_out(
    cli: Cli, tmp_path: Path, watching: Callable[[Path], Watching]
) -> None:
    app = tmp_path / "gateway"
    shutil.copytree(GATEWAY, app, ignore=shutil.ignore_patterns("__pycache__", "cdk.out", "tests"))
    shown = watching(app)
    [url] = (value for stack in cli.json("outputs").values() for name, value in stack.items() if name == "ApiUrl")

    def said() -> Any:
        return urllib3.request("GET", f"{url}links/none", retries=False).json()["detail"]

    assert said() == "There is no link none."
    link = app / "domain" / "link.py"
    line = shown.saved(link, lambda text: text.replace("There is no link", "Nobody knows"))
    assert line.startswith("Reloaded in ") and "domain/link.py →" in line and "UPDATE_COMPLETE" in line, line
    assert said() == "Nobody knows none."
    stack = next((app / "infra").glob("*.py"))
    line = shown.saved(stack, lambda text: text + "\nraise RuntimeError('half an idea')\n")
    assert line.startswith("Not reloaded, what runs goes on: The CDK app ") and "half an idea" in line, line
    assert said() == "Nobody knows none."


def test_watching_stays_in_the_foreground(cli: Cli, app: Path) -> None:
    assert "--watch stays in the foreground" in cli("up", "--watch", "--detach", app, status=2).stderr
    assert "--watch stays in the foreground" in cli("up", "--watch", status=2).stderr

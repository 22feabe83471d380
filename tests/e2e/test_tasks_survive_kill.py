"""kill -9 at twenty random moments in a run of 1,000 commands: no projection lacks an event, none has one twice.

A client repeats its command until it has an answer, so a change may be in the log more than once; a creation, which
has an id of its own, may not. The log is the measure: its sequences have no gaps, what was answered is in it, and view,
search index, audit log and external API hold exactly what follows from it. The external API may be called again where
the notifier died before it could note the call; it knows the event by its Idempotency-Key.
"""

import json
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from boto3.dynamodb.types import TypeDeserializer
from ulid import ULID

from tests.e2e.conftest import Cli

SYSTEM = Path(__file__).parents[2] / "systems" / "tasks"
KILLS, COMMANDS, CLIENTS = 20, 1000, 8
EACH = COMMANDS // KILLS
JSON = {"Content-Type": "application/json"}
Item = dict[str, Any]


class External:
    """Keeps the keys under which it was told."""

    def __init__(self) -> None:
        keys: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                keys.add(self.headers["Idempotency-Key"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Not into the test's output."""

        self.keys = keys
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def external() -> Iterator[External]:
    external = External()
    threading.Thread(target=external.server.serve_forever, daemon=True).start()
    yield external
    external.server.shutdown()
    external.server.server_close()


class Tasks:
    def __init__(self, cli: Cli) -> None:
        self.outputs = cli.json("outputs")["TasksStack"]
        self.url = self.outputs["ApiUrl"].rstrip("/")
        self.alive = threading.Event()
        self.alive.set()
        self._http = urllib3.PoolManager(maxsize=CLIENTS, retries=False, timeout=60)
        endpoint = self.outputs["AuditDeadLetterQueueUrl"].rpartition("/")[0].rpartition("/")[0]
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.clients = {name: boto3.client(name, endpoint_url=endpoint, **secret) for name in ("dynamodb", "s3", "ssm")}
        stack = boto3.client("cloudformation", endpoint_url=endpoint, **secret)
        resources = stack.describe_stack_resources(StackName="TasksStack")["StackResources"]
        self._physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    def send(self, method: str, path: str, body: Any) -> Any:
        """The answer, for which a client does a lot; None where the thing exists already."""
        while True:
            try:
                answer = self._http.request(method, self.url + path, body=json.dumps(body), headers=JSON)
            except urllib3.exceptions.HTTPError:
                assert self.alive.wait(60)
                continue
            if answer.status < 300:
                return json.loads(answer.data)
            if answer.status == 409:
                return None
            assert answer.status >= 500, answer.data

    def items(self, logical_id: str) -> list[Item]:
        table = next(name for logical, name in self._physical.items() if logical.startswith(logical_id))
        pages = self.clients["dynamodb"].get_paginator("scan").paginate(TableName=table)
        unpack = TypeDeserializer().deserialize
        return [{name: unpack(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def audited(self) -> list[str]:
        """Keys, each as often as it has versions."""
        pages = (
            self.clients["s3"].get_paginator("list_object_versions").paginate(Bucket=self.outputs["AuditBucketName"])
        )
        return [version["Key"] for page in pages for version in page.get("Versions", ())]


def command(tasks: Tasks, task_ids: list[str], number: int) -> str | None:
    """A task more, or a change of one that there is; the command's id, where the answer told it."""
    if number % 5:
        answer = tasks.send("PATCH", f"/tasks/{random.choice(task_ids)}", {"summary": f"w{number}"})
    else:
        task_id = str(ULID())
        answer = tasks.send("POST", "/tasks", {"id": task_id, "name": f"n{number}", "summary": f"w{number}"})
        task_ids.append(task_id)
    return answer and str(answer["command_id"])


def run_and_kill(cli: Cli, tasks: Tasks, task_ids: list[str], numbers: range) -> list[str | None]:
    """Kills the runtime when some of the commands have been answered; what they were answered."""
    kill_at, reached = random.choice(numbers), threading.Event()

    def go(number: int) -> str | None:
        if number == kill_at:
            reached.set()
        return command(tasks, task_ids, number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        burst = [pool.submit(go, number) for number in numbers]
        assert reached.wait(120)
        tasks.alive.clear()
        cli.kill()
        cli("up", "--detach")
        tasks.alive.set()
        return [each.result() for each in burst]


def test_every_projection_is_what_follows_from_the_log(cli: Cli, external: External) -> None:
    cli("up", "--detach", "--port", "0", SYSTEM)
    tasks = Tasks(cli)
    tasks.clients["ssm"].put_parameter(Name="/tasks/external-api-url", Value=external.url, Overwrite=True)
    first = tasks.send("POST", "/tasks", {"name": "first", "summary": "w"})
    task_ids, answered = [first["id"]], {first["command_id"]}
    for turn in range(KILLS):
        answered |= {*run_and_kill(cli, tasks, task_ids, range(turn * EACH, (turn + 1) * EACH))}
    cli("clock", "advance", "1h")

    log: dict[str, list[Item]] = defaultdict(list)
    for event in sorted(tasks.items("EventLogTable"), key=lambda event: event["AggregateIdSequence"]):
        log[event["AggregateId"]].append(event)
    assert {len(history) == history[-1]["AggregateIdSequence"] for history in log.values()} == {True}
    assert answered - {None} <= {event["CommandId"] for history in log.values() for event in history}
    assert len(log) == 1 + COMMANDS // 5

    last = {task_id: history[-1] for task_id, history in log.items()}
    views = {view["id"]: (view["sequence"], view["task"]["summary"]) for view in tasks.items("Views")}
    wanted = {id: (event["AggregateIdSequence"], event["Payload"]["summary"]) for id, event in last.items()}
    assert views == wanted
    indexed = [item for item in tasks.items("Search") if item["word"] == "#document"]
    assert {item["taskId"]: (item["sequence"], item["summary"]) for item in indexed} == wanted
    events = [event for history in log.values() for event in history]
    names = [f"{event['AggregateId']}-{event['AggregateIdSequence']}" for event in events]
    kinds = [f"events/{event['EventType']}/{name}.json" for event, name in zip(events, names, strict=True)]
    assert sorted(tasks.audited()) == sorted(kinds)
    assert external.keys == set(names)

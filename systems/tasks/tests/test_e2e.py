"""The system from outside: over its URL, and at what its listeners made of the events. Asserts on what was stored.

The external API is a server of the test's own; the system finds it by its SSM parameter.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3

from functions.common.items import unpack

ROOT = Path(__file__).parent.parent
HOUR = 3600


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


class ExternalApi:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.events.append(json.loads(body))
                outer.keys.append(self.headers["Idempotency-Key"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Not into the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"

    def told_of(self, task_id: str) -> list[int]:
        return sorted(event["sequence"] for event in self.events if event["aggregate_id"] == task_id)


class Tasks:
    """`app` has `outputs`, `client(service)`, `advance(seconds)` and `settle()`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.outputs = app.outputs["TasksStack"]
        self.url = self.outputs["ApiUrl"].rstrip("/")
        self.http = urllib3.PoolManager(maxsize=32)
        resources = app.client("cloudformation").describe_stack_resources(StackName="TasksStack")["StackResources"]
        self.physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A `str` body goes as it is, anything else as JSON."""
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(
            method, self.url + path, body=data, headers={"Content-Type": "application/json", **named}
        )
        return Answer(answer.status, json.loads(answer.data) if answer.data else None, answer.headers)

    def create(self, name: str = "A task", summary: str = "to be done") -> str:
        answer = self.call("POST", "/tasks", {"name": name, "summary": summary})
        assert answer.status == 201
        id: str = answer.body["id"]
        return id

    def table(self, logical_id: str) -> str:
        return next(name for logical, name in self.physical.items() if logical.startswith(logical_id))

    def items(self, logical_id: str) -> list[dict[str, Any]]:
        pages = self.app.client("dynamodb").get_paginator("scan").paginate(TableName=self.table(logical_id))
        return [unpack(item) for page in pages for item in page["Items"]]

    def history(self, task_id: str) -> list[dict[str, Any]]:
        found = self.app.client("dynamodb").query(
            TableName=self.outputs["EventLogTableName"],
            KeyConditionExpression="AggregateTypeAndId = :id",
            ExpressionAttributeValues={":id": {"S": f"Task:{task_id}"}},
        )
        return [unpack(item) for item in found["Items"]]

    def audited(self, task_id: str) -> list[str]:
        """Keys of its objects, in the order in which they were written."""
        found = self.app.client("s3").list_objects_v2(Bucket=self.outputs["AuditBucketName"])
        mine = [each for each in found.get("Contents", []) if f"/{task_id}-" in each["Key"]]
        return [each["Key"] for each in sorted(mine, key=lambda each: each["LastModified"])]

    def found(self, text: str) -> list[str]:
        return [view["id"] for view in self.call("GET", f"/tasks?q={text}").body["items"]]

    def invoke(self, function: str, payload: Any) -> Any:
        answer = self.app.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def external() -> Iterator[ExternalApi]:
    api = ExternalApi()
    threading.Thread(target=api.server.serve_forever, daemon=True).start()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture(scope="module")
def tasks(penstock: Any, external: ExternalApi) -> Tasks:
    app = penstock.up(ROOT)
    name = "/tasks/external-api-url"
    app.client("ssm").put_parameter(Name=name, Value=external.url, Overwrite=True)
    return Tasks(app)


@pytest.fixture
def word() -> str:
    return f"w{uuid.uuid4().hex[:12]}"


def test_a_task_from_creation_to_deletion(tasks: Tasks) -> None:
    created = tasks.call("POST", "/tasks", {"name": "My New Task", "summary": "Task Summary"})
    view, path = created.body, created.headers["Location"]
    assert (created.status, path) == (201, f"/tasks/{view['id']}")
    assert set(view) == {"aggregate_type", "command_id", "id", "task"}
    assert view["aggregate_type"] == "Task"
    assert view["task"] == {
        "id": view["id"],
        "created_at": view["task"]["created_at"],
        "updated_at": view["task"]["created_at"],
        "name": "My New Task",
        "summary": "Task Summary",
        "done": False,
        "deleted": False,
    }
    assert tasks.call("GET", path).body == view
    updated = tasks.call("PATCH", path, {"summary": "My new task summary", "done": True})
    assert updated.status == 200
    assert (updated.body["task"]["summary"], updated.body["task"]["done"]) == ("My new task summary", True)
    assert updated.body["command_id"] > view["command_id"]
    assert tasks.call("GET", path).body == updated.body
    deleted = tasks.call("DELETE", path)
    assert (deleted.status, deleted.body["task"]["deleted"]) == (200, True)
    assert [tasks.call(method, path, {"done": True}).status for method in ("GET", "PATCH", "DELETE")] == [404] * 3
    assert [event["EventType"] for event in tasks.history(view["id"])] == [
        "Task:Created",
        "Task:Updated",
        "Task:Deleted",
    ]


def test_the_list_has_the_newest_first_in_pages_and_no_deleted_ones(tasks: Tasks) -> None:
    first, second, third = (tasks.create() for _ in range(3))
    tasks.call("DELETE", f"/tasks/{second}")
    page = tasks.call("GET", "/tasks?limit=1").body
    following = tasks.call("GET", f"/tasks?limit=1&next={page['next']}").body
    assert [view["id"] for view in page["items"] + following["items"]] == [third, first]


def test_an_id_of_the_clients_own_makes_a_creation_safe_to_repeat(tasks: Tasks) -> None:
    new = {"name": "n", "summary": "s", "id": "01J73SBWHE373VXWZTF7SJADD9"}
    assert [tasks.call("POST", "/tasks", new).status for _ in range(2)] == [201, 409]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/tasks", {"summary": "s"}, "name"),
        ("POST", "/tasks", {"name": "n"}, "summary"),
        ("POST", "/tasks", {"name": " ", "summary": "s"}, "name"),
        ("POST", "/tasks", {"name": "n", "summary": "s", "id": "x"}, "id"),
        ("POST", "/tasks", "{", "body"),
        ("PATCH", "/tasks/01J73SBWHE373VXWZTF7SJADD8", {"colour": "red"}, "colour"),
        ("PATCH", "/tasks/01J73SBWHE373VXWZTF7SJADD8", {}, "body"),
        ("GET", "/tasks?limit=0", None, "limit"),
        ("GET", "/tasks?next=x", None, "next"),
    ],
)
def test_bad_input_is_answered_with_the_field(tasks: Tasks, method: str, path: str, body: Any, field: str) -> None:
    answer = tasks.call(method, path, body)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in answer.body["errors"]}


def test_each_event_reaches_audit_log_search_and_external_api(tasks: Tasks, external: ExternalApi, word: str) -> None:
    task_id = tasks.create(summary=f"old{word}")
    tasks.call("PATCH", f"/tasks/{task_id}", {"summary": f"new{word}"}, X_Correlation_Id=word)
    tasks.app.settle()
    keys = tasks.audited(task_id)
    assert keys == [f"events/Task:Created/{task_id}-1.json", f"events/Task:Updated/{task_id}-2.json"]
    assert (tasks.found(f"new{word}"), tasks.found(f"old{word}")) == ([task_id], [])
    assert external.told_of(task_id) == [1, 2]
    body = tasks.app.client("s3").get_object(Bucket=tasks.outputs["AuditBucketName"], Key=keys[1])["Body"].read()
    event = json.loads(body)
    assert event["payload"] == {"summary": f"new{word}"}
    assert event["metadata"]["correlation_id"] == word
    assert event in external.events


def test_events_of_another_region_and_events_that_come_twice(tasks: Tasks, external: ExternalApi, word: str) -> None:
    task_id = tasks.create(summary=word)
    tasks.app.settle()
    kinesis, stream = tasks.app.client("kinesis"), tasks.outputs["StreamName"]
    [known] = [event for event in external.events if event["aggregate_id"] == task_id]
    other = {**known, "id": f"{word}-1", "aggregate_id": word, "metadata": {"region": "eu-central-1"}}
    for event in (known, other):
        kinesis.put_record(StreamName=stream, Data=json.dumps(event), PartitionKey=event["aggregate_id"])
    tasks.app.settle()
    assert (external.told_of(task_id), external.told_of(word)) == ([1], [])
    assert tasks.audited(word) == [f"events/Task:Created/{word}-1.json"]


def test_a_hundred_changes_at_once_are_a_hundred_events(tasks: Tasks) -> None:
    task_id = tasks.create(summary="0")
    with ThreadPoolExecutor(25) as pool:
        answers = list(
            pool.map(lambda n: tasks.call("PATCH", f"/tasks/{task_id}", {"summary": f"change {n}"}), range(100))
        )
    assert {answer.status for answer in answers} == {200}
    history = tasks.history(task_id)
    assert [event["AggregateIdSequence"] for event in history] == list(range(1, 102))
    assert {event["Payload"]["summary"] for event in history[1:]} == {f"change {n}" for n in range(100)}
    view = tasks.call("GET", f"/tasks/{task_id}").body
    assert view["task"]["summary"] == history[-1]["Payload"]["summary"]
    snapshots = [each for each in tasks.items("Snapshots") if each["AggregateTypeAndId"] == f"Task:{task_id}"]
    assert [each["AggregateIdSequence"] for each in snapshots] == [100]


def test_an_event_that_cannot_be_audited_is_given_up_and_the_others_pass(tasks: Tasks) -> None:
    poisoned, healthy = tasks.create(), tasks.create()
    tasks.call("PATCH", f"/tasks/{poisoned}", {"summary": "5"})
    tasks.call("PATCH", f"/tasks/{healthy}", {"summary": "6"})
    tasks.app.advance(HOUR)
    assert f"events/Task:Updated/{healthy}-2.json" in tasks.audited(healthy)
    assert tasks.audited(poisoned) == [f"events/Task:Created/{poisoned}-1.json"]
    queue = tasks.outputs["AuditDeadLetterQueueUrl"]
    [message] = tasks.app.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    letter = json.loads(message["Body"])
    assert letter["requestContext"]["approximateInvokeCount"] == 6
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = letter["KinesisBatchInfo"]
    assert batch["streamArn"].endswith(tasks.outputs["StreamName"])
    records = tasks.app.client("kinesis")
    iterator = records.get_shard_iterator(
        StreamName=tasks.outputs["StreamName"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    [record, *_] = records.get_records(ShardIterator=iterator)["Records"]
    assert json.loads(record["Data"])["id"] == f"{poisoned}-2"


def test_what_is_rebuilt_from_the_log_equals_what_is_there(tasks: Tasks, word: str) -> None:
    kept, gone = tasks.create(summary=word), tasks.create(summary=word)
    tasks.call("PATCH", f"/tasks/{kept}", {"name": "kept", "done": True})
    tasks.call("DELETE", f"/tasks/{gone}")
    tasks.app.settle()
    logged = {event["AggregateId"] for event in tasks.items("EventLogTable")}
    before = {"Views": tasks.items("Views"), "Search": tasks.items("Search")}
    for name, key in (("Views", ("id",)), ("Search", ("word", "taskId"))):
        before[name] = [item for item in before[name] if item[key[-1]] in logged]
        for item in before[name]:
            tasks.app.client("dynamodb").delete_item(
                TableName=tasks.table(name), Key={member: {"S": item[member]} for member in key}
            )
    assert tasks.call("GET", f"/tasks/{kept}").status == 404
    for projection in ("view", "search"):
        assert tasks.invoke("tasks-rebuild", {"projection": projection})["next"] is None
    for name, items in before.items():
        after = tasks.items(name)
        assert items
        assert [item for item in items if item not in after] == []
    assert tasks.found(word) == [kept]


def test_the_same_app_under_uvicorn(tasks: Tasks) -> None:
    """As the README starts it, with the environment that the function has."""
    function = next(name for id, name in tasks.physical.items() if id.startswith("ApiF"))
    deployed = tasks.app.client("lambda").get_function_configuration(FunctionName=function)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    here = {"AWS_ENDPOINT_URL": tasks.app.endpoint, "AWS_REGION": "us-east-1", "PORT": str(port)}
    env = {**os.environ, **deployed["Environment"]["Variables"], **credentials, **here}
    command = [sys.executable, "-m", "functions.api"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert any("Uvicorn running" in line for line in server.stderr)
            created = tasks.http.request(
                "POST", f"http://127.0.0.1:{port}/tasks", json={"name": "By uvicorn", "summary": "too"}
            )
        finally:
            server.terminate()
    assert created.status == 201
    assert tasks.call("GET", f"/tasks/{created.json()['id']}").body["task"]["name"] == "By uvicorn"

"""The task alone, with what it calls replaced by what is needed of it."""

import base64
import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.customer import Customer, Drill, drill_of
from domain.events import Metadata, customer_created
from worker import aws
from worker.payload import Payload
from worker.process import Processor
from worker.table import Customers


class Silent(BaseException):
    """Nobody catches it: the task says nothing more."""


def fall_silent() -> None:
    raise Silent


class Table:
    """DynamoDB, as far as it is needed. Ids in `broken` cannot be written."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.traces: list[str] = []
        self.broken: set[str] = set()

    def put_item(self, *, Item: dict[str, dict[str, str]], **rest: Any) -> None:
        key = Item["customerId"]["S"]
        self.traces.append(aws.trace.get())
        if key in self.broken:
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "PutItem")
        if key in self.items:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        self.items[key] = Item["firstName"]["S"]


class Bucket:
    def __init__(self, body: bytes | None) -> None:
        self.body = body

    def get_object(self, **where: str) -> dict[str, Any]:
        assert where == {"Bucket": "payloads", "Key": "payloads/1.json"}
        if self.body is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.body)}


class Reports:
    """Step Functions, which has no use for a report any more when it is `over`."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.over = False

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        if self.over:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.given.append(json.loads(output))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:
        self.given.append((error, cause))


class Task:
    def __init__(self, *, drills: bool = True) -> None:
        self.table, self.reports = Table(), Reports()
        self.processor = Processor(Customers(self.table, "customers"), drills, fall_silent)

    def run(self, *records: Any) -> int:
        return self._run(json.dumps(records).encode())

    def run_what_is_gone(self) -> int:
        return self._run(None)

    def _run(self, body: bytes | None) -> int:
        environment = {"BUCKET_NAME": "payloads", "BUCKET_KEY": "payloads/1.json", "TASK_TOKEN": "token"}
        return self.processor.process(Payload(Bucket(body), self.reports, environment))


def record(customer_id: str, first_name: str = "Ada", *, encoded: bool = False) -> dict[str, Any]:
    metadata = Metadata(f"e-{customer_id}", "correlation", f"Root={customer_id}")
    data: Any = customer_created(Customer(customer_id, first_name), metadata)
    if encoded:
        data = base64.b64encode(json.dumps(data).encode()).decode()
    return {"partitionKey": customer_id, "sequenceNumber": "1", "data": data, "eventID": f"shard:{customer_id}"}


@pytest.mark.parametrize("encoded", [False, True])
def test_a_payload(encoded: bool) -> None:
    task = Task()
    assert task.run(record("1", encoded=encoded), record("2", "Grace", encoded=encoded)) == 0
    assert task.table.items == {"1": "Ada", "2": "Grace"}
    assert task.reports.given == [{"stored": 2}]


def test_each_write_belongs_to_the_trace_of_its_record() -> None:
    task = Task()
    task.run(record("1"), record("2"))
    assert task.table.traces == ["Root=1", "Root=2"]


def test_the_same_payload_twice_changes_nothing() -> None:
    task = Task()
    task.run(record("1"))
    assert task.run(record("1")) == 0
    assert task.reports.given == [{"stored": 1}, {"known": 1}]


def test_a_payload_that_is_gone_is_done() -> None:
    task = Task()
    assert task.run_what_is_gone() == 0
    assert task.reports.given == [{}]


def test_one_record_that_fails_fails_the_payload_and_the_others_are_stored() -> None:
    task = Task()
    task.table.broken = {"2"}
    assert task.run(record("1"), record("2"), record("3")) == 1
    assert set(task.table.items) == {"1", "3"}
    [(error, cause)] = task.reports.given
    assert error == "ProcessingException"
    assert cause.startswith("shard:2: ClientError: ")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("no base64!", "data: "),
        (base64.b64encode(b"no json").decode(), "data: "),
        ({"metadata": {"eventId": "e"}, "data": {"customerId": "1"}}, "data.data.firstName: "),
        ({"metadata": {"eventId": "e", "eventType": "other"}, "data": {}}, "data.metadata.eventType: "),
        (None, "data: "),
    ],
)
def test_what_is_no_customer_is_refused_with_its_field(data: Any, named: str) -> None:
    task = Task()
    assert task.run({**record("1"), "data": data}, record("2")) == 1
    [(_, cause)] = task.reports.given
    assert cause.startswith("shard:1: Refused: ")
    assert named in cause
    assert set(task.table.items) == {"2"}


def test_drills() -> None:
    assert [drill_of(Customer("1", name)) for name in ("force-failure", "force-silence", "Ada")] == [*Drill, None]
    task = Task()
    assert task.run(record("1", "force-failure")) == 1
    with pytest.raises(Silent):
        task.run(record("1", "force-silence"))
    assert (task.table.items, len(task.reports.given)) == ({}, 1)


def test_without_drills_the_reserved_names_are_names() -> None:
    task = Task(drills=False)
    assert task.run(record("1", "force-failure"), record("2", "force-silence")) == 0
    assert set(task.table.items) == {"1", "2"}


def test_a_report_that_comes_too_late_changes_nothing() -> None:
    task = Task()
    task.reports.over = True
    assert task.run(record("1")) == 0
    assert (task.table.items, task.reports.given) == ({"1": "Ada"}, [])


def test_a_payload_that_cannot_be_read_is_reported() -> None:
    task = Task()
    assert task._run(b"{") == 1
    [(error, cause)] = task.reports.given
    assert (error, cause.partition(":")[0]) == ("ProcessingException", "JSONDecodeError")

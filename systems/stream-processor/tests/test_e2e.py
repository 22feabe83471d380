"""Customers from the API to the table, from outside. Asserts on what was stored, and on what waits for somebody.

"The fix" is the end of the drills: an SSM parameter that every task reads when it starts.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PUBLISHER, PROCESSOR = "CustomerPublisher-dev", "CustomerProcessor-dev"
DRILLS = "/customers-dev/drills"
EVENT = {
    "metadata": {"eventId": "e", "eventType": "customer-created"},
    "data": {"customerId": "c-11", "firstName": "Behind"},
}
TRACE = "1-6d000000-0123456789abcdef01234567"


class Answer(NamedTuple):
    status: int
    body: Any
    kind: str


class Customers:
    """`app` has `outputs`, `client(service)`, `settle()`, `now()` and `advance(seconds)`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.url = app.outputs[PUBLISHER]["ApiUrl"]
        self.outputs = app.outputs[PROCESSOR]
        self.queue, self.bucket = self.outputs["FailureQueueUrl"], self.outputs["BucketName"]
        self.sqs, self.s3, self.ssm = app.client("sqs"), app.client("s3"), app.client("ssm")
        self.dynamodb, self.stepfunctions = app.client("dynamodb"), app.client("stepfunctions")
        [machine] = self.stepfunctions.list_state_machines()["stateMachines"]
        self.machine = machine["stateMachineArn"]

    def post(self, body: Any, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(self.url, data, named))
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(answer.status, json.load(answer), answer.headers["Content-Type"])

    def create(self, customer_id: str, first_name: str) -> None:
        assert self.post({"customerId": customer_id, "firstName": first_name}).status == 202

    def stored(self, customer_id: str) -> str | None:
        """The first name under this id."""
        key = {"customerId": {"S": customer_id}}
        item = self.dynamodb.get_item(TableName=self.outputs["TableName"], Key=key).get("Item")
        return item["firstName"]["S"] if item else None

    def payloads(self) -> set[str]:
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])}

    def failures(self) -> list[Any]:
        return self.said(self.queue)

    def said(self, queue: str) -> list[Any]:
        """What the queue's messages say, without taking them away."""
        request = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        return [json.loads(each["Body"]) for each in self.sqs.receive_message(**request).get("Messages", [])]

    def executions(self, status: str) -> set[str]:
        found = self.stepfunctions.list_executions(stateMachineArn=self.machine, statusFilter=status)
        return {each["executionArn"] for each in found["executions"]}

    def drills(self, value: str) -> None:
        self.ssm.put_parameter(Name=DRILLS, Value=value, Overwrite=True)

    def redrive(self) -> None:
        source, destination = self.outputs["FailureQueueArn"], self.outputs["RedriveQueueArn"]
        self.sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)

    def until(self, holds: Callable[[], bool], step: float = 5) -> None:
        """Lets a batching window pass, and waits for what follows from it, until it holds."""
        patience = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < patience, "it does not come true"
            self.app.advance(step)

    def done(self) -> bool:
        return not self.executions("RUNNING")


@pytest.fixture(scope="module")
def system(penstock: Any) -> Customers:
    return Customers(penstock.up(ROOT))


@pytest.fixture
def customers(system: Customers) -> Iterator[Customers]:
    """Drills are on, and nothing is left over afterwards."""
    system.drills("on")
    yield system
    assert (system.payloads(), system.failures()) == (set(), [])


def test_a_customer_posted_to_the_api_is_in_the_table(customers: Customers) -> None:
    answer = customers.post({"customerId": "c-1", "firstName": "Ada"})
    assert (answer.status, answer.body["customerId"]) == (202, "c-1")
    made = customers.post({"firstName": "Grace"}).body["customerId"]
    customers.until(lambda: customers.stored(made) is not None)
    assert (customers.stored("c-1"), customers.stored(made)) == ("Ada", "Grace")


def test_who_comes_second_under_an_id_changes_nothing(customers: Customers) -> None:
    failed = customers.executions("FAILED")
    for name in ("First", "First", "Second"):
        customers.create("c-2", name)
    customers.create("c-3", "Last")
    customers.until(lambda: customers.stored("c-3") is not None and customers.done())
    assert customers.stored("c-2") == "First"
    assert customers.executions("FAILED") == failed


def test_a_failed_payload_waits_and_is_stored_when_it_is_redriven_after_the_fix(customers: Customers) -> None:
    customers.create("c-4", "force-failure")
    customers.create("c-5", "Beside")
    customers.until(lambda: bool(customers.failures()))
    [failure] = customers.failures()
    assert (failure["error"], customers.payloads()) == ("ProcessingException", {failure["bucketKey"]})
    assert "force-failure fails while drills are on" in failure["cause"]
    assert failure["execution"] in customers.executions("FAILED")
    assert customers.stored("c-4") is None
    customers.drills("off")
    customers.redrive()
    customers.until(lambda: customers.stored("c-4") is not None and customers.done())
    assert (customers.stored("c-4"), customers.stored("c-5")) == ("force-failure", "Beside")


def test_what_is_redriven_before_the_fix_is_back_in_the_queue(customers: Customers) -> None:
    customers.create("c-6", "force-failure")
    customers.until(lambda: bool(customers.failures()))
    [first] = customers.failures()
    customers.redrive()
    customers.until(lambda: [each["execution"] for each in customers.failures()] not in ([], [first["execution"]]))
    [again] = customers.failures()
    assert again["bucketKey"] == first["bucketKey"]
    customers.drills("off")
    customers.redrive()
    customers.until(lambda: customers.stored("c-6") is not None and customers.done())


def test_a_silent_task_has_failed_after_300_seconds(customers: Customers) -> None:
    customers.create("c-7", "force-silence")
    customers.until(lambda: bool(customers.executions("RUNNING")))
    [execution] = customers.executions("RUNNING")
    [asked] = [
        event["timestamp"].timestamp()
        for event in customers.stepfunctions.get_execution_history(executionArn=execution)["events"]
        if event["type"] == "TaskScheduled" and event["taskScheduledEventDetails"]["resourceType"] == "ecs"
    ]
    customers.app.advance(asked + 299 - customers.app.now())
    assert (execution in customers.executions("RUNNING"), customers.failures()) == (True, [])
    customers.app.advance(2)
    customers.until(customers.done)
    [failure] = customers.failures()
    assert (failure["error"], failure["execution"]) == ("States.Timeout", execution)
    assert failure["cause"] == "The task has reported neither success nor failure."
    assert customers.payloads() == {failure["bucketKey"]}
    customers.drills("off")
    customers.redrive()
    customers.until(lambda: customers.stored("c-7") is not None and customers.done())
    assert customers.stored("c-7") == "force-silence"


def test_a_record_that_is_no_customer_is_put_aside_with_its_reason(customers: Customers) -> None:
    [stream] = customers.app.client("kinesis").list_streams()["StreamNames"]
    event = {"metadata": {"eventId": "e", "eventType": "customer-created"}, "data": {"customerId": "c-8"}}
    customers.app.client("kinesis").put_record(StreamName=stream, Data=json.dumps(event), PartitionKey="c-8")
    customers.create("c-9", "Behind")
    customers.until(lambda: bool(customers.failures()) and customers.stored("c-9") is not None)
    [failure] = customers.failures()
    assert "data.data.firstName: Field required" in failure["cause"]
    customers.sqs.purge_queue(QueueUrl=customers.queue)  # thrown away: the message, and what it refers to
    customers.s3.delete_object(Bucket=customers.bucket, Key=failure["bucketKey"])


def test_what_is_too_large_for_the_workflow_is_named_in_the_unstarted_queue(customers: Customers) -> None:
    kinesis = customers.app.client("kinesis")
    [stream] = kinesis.list_streams()["StreamNames"]
    large = kinesis.put_record(StreamName=stream, Data=b"x" * 300_000, PartitionKey="c-11")
    kinesis.put_record(StreamName=stream, Data=json.dumps(EVENT), PartitionKey="c-11")
    queue = customers.outputs["UnstartedQueueUrl"]
    customers.until(lambda: bool(customers.said(queue)), step=60)
    [letter] = customers.said(queue)
    place = letter["KinesisBatchInfo"]
    assert (place["shardId"], place["batchSize"]) == (large["ShardId"], 1)
    assert place["startSequenceNumber"] == large["SequenceNumber"]
    customers.until(lambda: customers.stored("c-11") is not None and customers.done())


def test_a_payload_that_comes_twice_is_no_failure(customers: Customers) -> None:
    """Its object is gone the second time."""
    given = json.dumps([{"bucketKey": "payloads/done.json"}])
    execution = customers.stepfunctions.start_execution(stateMachineArn=customers.machine, input=given)["executionArn"]
    customers.until(customers.done)
    assert execution in customers.executions("SUCCEEDED")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "firstName"),
        ({"firstName": " "}, "firstName"),
        ({"firstName": "Ada", "customerId": "a b"}, "customerId"),
        ({"firstName": "Ada", "age": 36}, "age"),
        (b"{", "body"),
    ],
)
def test_bad_input_is_answered_with_the_field(customers: Customers, body: Any, field: str) -> None:
    answer = customers.post(body)
    assert (answer.status, answer.kind) == (400, "application/problem+json")
    assert field in {error["field"] for error in answer.body["errors"]}


def test_one_trace_from_the_request_to_the_write(customers: Customers) -> None:
    header = f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"
    customers.post({"customerId": "c-10", "firstName": "Traced"}, X_Amzn_Trace_Id=header, X_Correlation_Id="mine-10")
    customers.until(lambda: customers.stored("c-10") is not None and customers.done())
    spans = [span for span in customers.app.runtime.kernel.telemetry.spans if span.caller.trace.root == TRACE]
    callers = {span.operation: span.caller.principal.arn for span in spans}
    assert "PublisherRole" in callers["kinesis.PutRecord"]
    assert "TaskDefinition" in callers["dynamodb.PutItem"]
    lines = customers.app.client("logs").filter_log_events(logGroupName=f"/ecs/{PROCESSOR}-Processor-Task")["events"]
    mine = [line for line in map(json.loads, (each["message"] for each in lines)) if line.get("customer_id") == "c-10"]
    assert [(line["correlation_id"], line["trace"].partition(";")[0]) for line in mine] == [
        ("mine-10", f"Root={TRACE}")
    ]

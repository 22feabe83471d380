"""Messages become PDFs, from outside: over the queue and the bucket. Asserts on what was stored and on what ran."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
STACK = "Invoices-dev"


def invoice(number: str, lines: int = 1) -> dict[str, Any]:
    line = {"description": "Consulting", "quantity": 2, "unitPrice": "10.50"}
    return {"invoiceNumber": number, "customer": "Ada Lovelace", "lines": [line] * lines}


class Processor:
    """`app` has `outputs`, `client(service)`, `settle()` and `advance(seconds)`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.sqs, self.s3, self.ecs = app.client("sqs"), app.client("s3"), app.client("ecs")
        outputs = app.outputs[STACK]
        self.queue, self.dead, self.bucket = (
            outputs[name] for name in ("QueueUrl", "DeadLetterQueueUrl", "BucketName")
        )
        [self.cluster] = self.ecs.list_clusters()["clusterArns"]

    def send(self, *bodies: Any) -> None:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        entries = [{"Id": str(index), "MessageBody": text} for index, text in enumerate(texts)]
        for start in range(0, len(entries), 10):
            assert "Failed" not in self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries[start : start + 10])

    def left(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def stored(self) -> set[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {each["Key"] for each in found}

    def tasks(self) -> set[str]:
        """All that ran in the last hour."""
        return {
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in self.ecs.list_tasks(cluster=self.cluster, desiredStatus=status)["taskArns"]
        }

    def until(self, holds: Callable[[], bool], step: float = 5) -> None:
        """Moves the clock on until it holds."""
        patience = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < patience, "it does not come true"
            self.app.advance(step)

    def done(self) -> bool:
        return self.left(self.queue) == 0


def processes() -> list[str]:
    """Of the container, on this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            mine = b"INVOICE_BUCKET=" in (process / "environ").read_bytes()
        except OSError:
            continue
        if mine and command.endswith(b"-m\0worker\0"):
            found.append(process.name)
    return found


@pytest.fixture(scope="module")
def processor(penstock: Any) -> Iterator[Processor]:
    yield Processor(penstock.up(ROOT))


def test_ten_messages_one_task_ten_invoices(processor: Processor) -> None:
    assert (processor.tasks(), processes()) == (set(), [])
    processor.send(*(invoice(f"T-{index}") for index in range(10)))
    processor.until(processor.done)
    assert len(processor.tasks()) == 1
    assert processes() == []
    assert processor.stored() == {f"invoices/T-{index}.pdf" for index in range(10)}
    found = processor.s3.get_object(Bucket=processor.bucket, Key="invoices/T-3.pdf")
    assert found["ContentType"] == "application/pdf"
    assert found["Body"].read().startswith(b"%PDF-")
    assert processor.left(processor.dead) == 0


def test_the_same_message_twice_changes_nothing(processor: Processor) -> None:
    processor.send(invoice("twice"), invoice("twice"))
    processor.until(processor.done)
    versions = processor.s3.list_object_versions(Bucket=processor.bucket, Prefix="invoices/twice")["Versions"]
    assert len(versions) == 1
    assert processor.left(processor.dead) == 0


def test_a_batch_too_large_for_the_environment_goes_by_reference(processor: Processor) -> None:
    before = processor.tasks()
    processor.send(*(invoice(f"L-{index}", lines=80) for index in range(10)))
    processor.until(processor.done)
    assert {f"invoices/L-{index}.pdf" for index in range(10)} <= processor.stored()
    [task] = processor.tasks() - before
    found = processor.ecs.describe_tasks(cluster=processor.cluster, tasks=[task])["tasks"][0]
    given = {each["name"] for each in found["overrides"]["containerOverrides"][0]["environment"]}
    assert given == {"BATCH_KEY", "RESULT_KEY"}


def test_what_is_no_invoice_is_put_aside_with_its_reason(processor: Processor) -> None:
    processor.send("nonsense", invoice("beside"), {**invoice("none"), "lines": []})
    processor.until(processor.done)
    assert "invoices/beside.pdf" in processor.stored()
    request = {"QueueUrl": processor.dead, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    buried = processor.sqs.receive_message(**request)["Messages"]
    reasons = {each["Body"][:8]: each["MessageAttributes"]["Reason"]["StringValue"] for each in buried}
    assert len(reasons) == 2
    assert reasons["nonsense"].startswith("body: Invalid JSON")
    assert any(reason.startswith("lines: ") for reason in reasons.values())
    for each in buried:
        processor.sqs.delete_message(QueueUrl=processor.dead, ReceiptHandle=each["ReceiptHandle"])


def test_a_failing_task_puts_its_messages_back_and_in_the_end_aside(processor: Processor) -> None:
    """The bucket is away: nothing can be written."""
    for each in processor.s3.list_object_versions(Bucket=processor.bucket).get("Versions", []):
        processor.s3.delete_object(Bucket=processor.bucket, Key=each["Key"], VersionId=each["VersionId"])
    processor.s3.delete_bucket(Bucket=processor.bucket)
    before = processor.tasks()
    processor.send(invoice("never"))
    processor.until(lambda: len(processor.tasks() - before) == 1)
    assert (processor.left(processor.queue), processor.left(processor.dead)) == (1, 0)
    processor.until(lambda: processor.left(processor.dead) == 1, step=30)
    assert processor.left(processor.queue) == 0
    assert len(processor.tasks() - before) == 3
    [message] = processor.sqs.receive_message(QueueUrl=processor.dead)["Messages"]
    assert json.loads(message["Body"])["invoiceNumber"] == "never"
    assert processes() == []

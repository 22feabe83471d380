"""The task against S3 and SQS that remember what they were told."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from worker.batch import Batch
from worker.process import process
from worker.store import InvoiceStore

BUCKET = "invoices"


class Objects:
    """S3, as far as it is needed. Keys in `broken` cannot be written."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.broken: set[str] = set()

    def put_object(self, *, Bucket: str, Key: str, IfNoneMatch: str | None = None, **rest: Any) -> None:
        if Key in self.broken:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
        if IfNoneMatch and (Bucket, Key) in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[Bucket, Key] = rest

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return self.objects[Bucket, Key]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Bucket, Key]["Body"])}


class Queue:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


class Task:
    def __init__(self) -> None:
        self.s3, self.sqs = Objects(), Queue()

    def run(self, *bodies: Any, by_reference: bool = False) -> int:
        """Messages are `m0`, `m1` and so on."""
        messages = [{"messageId": f"m{index}", "body": json.dumps(body)} for index, body in enumerate(bodies)]
        environment = {"BATCH_BUCKET": "batches", "RESULT_KEY": "results/1", "DEAD_LETTER_QUEUE_URL": "dead"}
        text = json.dumps(messages)
        if by_reference:
            self.s3.put_object(Bucket="batches", Key="batches/1", Body=text.encode())
        given = {"BATCH_KEY": "batches/1"} if by_reference else {"BATCH": text}
        return process(Batch(self.s3, self.sqs, {**environment, **given}), InvoiceStore(self.s3, BUCKET))

    @property
    def invoices(self) -> set[str]:
        return {key for bucket, key in self.s3.objects if bucket == BUCKET}

    @property
    def reported(self) -> Any:
        found = self.s3.objects.get(("batches", "results/1"))
        return json.loads(found["Body"]) if found else None


def invoice(number: str, customer: str = "Ada") -> dict[str, Any]:
    line = {"description": "Pen", "quantity": 1, "unitPrice": "2"}
    return {"invoiceNumber": number, "customer": customer, "lines": [line]}


@pytest.mark.parametrize("by_reference", [False, True])
def test_a_batch(by_reference: bool) -> None:
    task = Task()
    assert task.run(invoice("1"), invoice("2"), by_reference=by_reference) == 0
    assert (task.invoices, task.reported) == ({"invoices/1.pdf", "invoices/2.pdf"}, None)


def test_what_fails_is_reported_and_the_rest_is_done() -> None:
    task = Task()
    task.s3.broken = {"invoices/2.pdf"}
    assert task.run(invoice("1"), invoice("2"), invoice("3")) == 0
    assert task.reported == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert task.invoices == {"invoices/1.pdf", "invoices/3.pdf"}


def test_where_all_fail_the_task_does() -> None:
    task = Task()
    task.s3.broken = {"invoices/1.pdf"}
    assert task.run(invoice("1")) == 1


def test_another_invoice_of_the_same_number_is_put_aside() -> None:
    task = Task()
    assert task.run(invoice("1"), invoice("1"), invoice("1", customer="Grace")) == 0
    [dead] = task.sqs.sent
    assert json.loads(dead["MessageBody"])["customer"] == "Grace"
    assert dead["MessageAttributes"]["Reason"]["StringValue"].startswith("invoiceNumber: ")
    assert dead["MessageAttributes"]["MessageId"]["StringValue"] == "m2"

"""A queue that a function consumes."""

import json
from typing import Any

import pytest

# Logs the bodies of a batch; fails for a body that is in the list.
CONSUMER = """
import json
def handler(event, context):
    print("batch", json.dumps([r["body"] for r in event["Records"]]))
    if any(r["body"].startswith("bad") for r in event["Records"]): raise ValueError("bad")
"""
PARTIAL = """
def handler(event, context):
    bad = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
"""


class Consumed:
    """A queue and the function that consumes it."""

    def __init__(self, functions: Any, client: Any, unique: str) -> None:
        self.functions = functions
        self.lam = client("lambda")
        self.sqs = client("sqs")
        self.unique = unique
        self.name = ""

    def set_up(
        self, source: str = CONSUMER, attributes: dict[str, str] | None = None, fifo: bool = False, **settings: Any
    ) -> str:
        """The mapping's UUID."""
        queue = f"{self.unique}.fifo" if fifo else self.unique
        given = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
        self.url = self.sqs.create_queue(QueueName=queue, Attributes=given | (attributes or {}))["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
        self.name = self.functions.named(source)
        made = self.lam.create_event_source_mapping(EventSourceArn=self.arn, FunctionName=self.name, **settings)
        uuid: str = made["UUID"]
        return uuid

    def send(self, *bodies: str, **settings: Any) -> None:
        entries = [{"Id": str(i), "MessageBody": body, **settings} for i, body in enumerate(bodies)]
        for start in range(0, len(entries), 10):
            self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries[start : start + 10])

    def batches(self) -> list[list[str]]:
        return [json.loads(line.partition(" ")[2]) for line in self.functions.log(self.name, "batch")]

    def left(self) -> tuple[int, int]:
        """Messages that are visible, and in flight."""
        self.functions.penstock.settle()
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


@pytest.fixture
def consumed(functions: Any, client: Any, unique: str) -> Consumed:
    return Consumed(functions, client, unique)


def test_event_is_that_of_aws(consumed: Consumed) -> None:
    consumed.set_up("import json\ndef handler(event, context): print('event', json.dumps(event))")
    attributes = {
        "text": {"DataType": "String", "StringValue": "t"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    consumed.send("hello", MessageAttributes=attributes)
    (line,) = consumed.functions.log(consumed.name, "event")
    (record,) = json.loads(line.partition(" ")[2])["Records"]
    assert set(record) == {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody",
        "md5OfMessageAttributes", "eventSource", "eventSourceARN", "awsRegion",
    }  # fmt: skip
    assert (record["body"], record["eventSource"], record["awsRegion"]) == ("hello", "aws:sqs", "us-east-1")
    assert record["eventSourceARN"] == consumed.arn
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"] == {
        "text": {"dataType": "String", "stringValue": "t", "stringListValues": [], "binaryListValues": []},
        "bytes": {"dataType": "Binary", "binaryValue": "AP8=", "stringListValues": [], "binaryListValues": []},
    }
    assert consumed.left() == (0, 0)


def test_batch_size(consumed: Consumed) -> None:
    consumed.set_up(BatchSize=3)
    consumed.send(*map(str, range(10)))
    batches = consumed.batches()
    assert max(map(len, batches)) <= 3
    assert sorted(body for batch in batches for body in batch) == sorted(map(str, range(10)))
    assert consumed.left() == (0, 0)


def test_window_fills_a_batch(consumed: Consumed, penstock: Any) -> None:
    consumed.set_up(BatchSize=25, MaximumBatchingWindowInSeconds=20)
    consumed.send(*map(str, range(12)))
    assert consumed.batches() == []
    penstock.advance(10)
    consumed.send(*map(str, range(12, 20)))
    assert consumed.batches() == []
    penstock.advance(10)
    assert [len(batch) for batch in consumed.batches()] == [20]
    consumed.send(*map(str, range(25)))
    assert sorted(len(batch) for batch in consumed.batches()) == [20, 25]


def test_failed_batches_come_back_and_end_in_the_dead_letter_queue(consumed: Consumed, penstock: Any) -> None:
    dead = consumed.sqs.create_queue(QueueName=f"{consumed.unique}-dead")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{consumed.unique}-dead",
        "maxReceiveCount": 2,
    }
    consumed.set_up(attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "10"})
    consumed.send("bad")
    assert (len(consumed.batches()), consumed.left()) == (1, (0, 1))
    penstock.advance(10)
    assert len(consumed.batches()) == 2
    penstock.advance(60)
    assert len(consumed.batches()) == 2
    assert consumed.left() == (0, 0)
    (message,) = consumed.sqs.receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == "bad"


def test_partial_failures(consumed: Consumed) -> None:
    consumed.set_up(PARTIAL, FunctionResponseTypes=["ReportBatchItemFailures"])
    consumed.send("good", "bad", "fine")
    assert consumed.left() == (0, 1)


@pytest.mark.parametrize(
    ("returned", "left"),
    [
        ("None", 0),
        ("{}", 0),
        ("{'batchItemFailures': []}", 0),
        ("{'batchItemFailures': None}", 0),
        ("'text'", 2),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", 2),
        ("{'batchItemFailures': [{'itemIdentifier': None}]}", 2),
        ("{'batchItemFailures': [{'other': 'x'}]}", 2),
        ("{'batchItemFailures': [{'itemIdentifier': 'unknown'}]}", 2),
    ],
)
def test_partial_responses(consumed: Consumed, returned: str, left: int) -> None:
    consumed.set_up(
        f"def handler(event, context): return {returned}", FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    consumed.send("a", "b")
    assert consumed.left() == (0, left)


def test_without_the_setting_a_response_means_nothing(consumed: Consumed) -> None:
    consumed.set_up(PARTIAL)
    consumed.send("bad")
    assert consumed.left() == (0, 0)


def test_filters(consumed: Consumed) -> None:
    patterns = [{"body": {"kind": ["order"]}}, {"body": ["plain"]}]
    filters = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    consumed.set_up(FilterCriteria=filters)
    consumed.send('{"kind": "order"}', '{"kind": "other"}', "plain", "text")
    assert {body for batch in consumed.batches() for body in batch} == {"plain", '{"kind": "order"}'}
    assert consumed.left() == (0, 0)


def test_fifo_keeps_the_order_of_a_group(consumed: Consumed) -> None:
    consumed.set_up(fifo=True, BatchSize=2)
    for number in range(12):
        consumed.send(f"{number % 2}-{number:02}", MessageGroupId=str(number % 2))
    bodies = [body for batch in consumed.batches() for body in batch]
    for group in "01":
        own = [body for body in bodies if body.startswith(group)]
        assert own == sorted(own)
    assert (len(bodies), consumed.left()) == (12, (0, 0))


def test_trace_of_the_message(consumed: Consumed) -> None:
    consumed.set_up("import os\ndef handler(event, context): print('trace', os.environ['_X_AMZN_TRACE_ID'])")
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"
    header = {"DataType": "String", "StringValue": f"{root};Parent=53995c3f42cd8ad8;Sampled=1"}
    consumed.send("x", MessageSystemAttributes={"AWSTraceHeader": header})
    (line,) = consumed.functions.log(consumed.name, "trace")
    assert line.startswith(f"trace {root}")


def test_disabled_mappings_read_nothing(consumed: Consumed) -> None:
    uuid = consumed.set_up(Enabled=False)
    consumed.send("a")
    assert consumed.left() == (1, 0)
    consumed.lam.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert consumed.left() == (0, 0)
    consumed.lam.update_event_source_mapping(UUID=uuid, Enabled=False)
    consumed.send("b")
    assert consumed.left() == (1, 0)
    consumed.lam.update_event_source_mapping(UUID=uuid, Enabled=True)
    consumed.lam.delete_event_source_mapping(UUID=uuid)
    assert [body for batch in consumed.batches() for body in batch] == ["a", "b"]


def test_delayed_messages(consumed: Consumed, penstock: Any) -> None:
    consumed.set_up()
    consumed.send("later", DelaySeconds=60)
    assert consumed.batches() == []
    penstock.advance(60)
    assert consumed.batches() == [["later"]]


def test_a_deleted_queue_is_a_problem_that_is_told(consumed: Consumed, penstock: Any) -> None:
    uuid = consumed.set_up()
    consumed.sqs.delete_queue(QueueUrl=consumed.url)
    penstock.advance(30)
    found = consumed.lam.get_event_source_mapping(UUID=uuid)
    assert found["LastProcessingResult"] == "PROBLEM: The specified queue does not exist."


def test_maximum_concurrency(consumed: Consumed, tmp_path: Any) -> None:
    """Each invocation waits for a second one; with a limit of two they meet, and never are there three."""
    source = f"""
    import os, pathlib, time
    place = pathlib.Path({str(tmp_path)!r})
    def handler(event, context):
        own = place / context.aws_request_id
        own.touch()
        print("together", len(os.listdir(place)))
        until = time.monotonic() + 0.2
        while len(os.listdir(place)) < 2 and time.monotonic() < until: time.sleep(0.001)
        time.sleep(0.01)
        own.unlink()
    """
    consumed.set_up(source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    consumed.send(*map(str, range(10)))
    assert consumed.left() == (0, 0)
    together = [int(line.split()[1]) for line in consumed.functions.log(consumed.name, "together")]
    assert (len(together), max(together)) == (10, 2)

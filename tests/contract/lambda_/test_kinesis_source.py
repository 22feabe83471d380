"""A Kinesis stream that a function consumes."""

import base64
import itertools
import json
from typing import Any

import pytest

from .conftest import ROLE, zipped

# Logs what the records of a batch say, and fails for what begins with "bad".
CONSUMER = """
import base64, json
def handler(event, context):
    said = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    print("batch", json.dumps(said))
    if any(text.startswith("bad") for text in said): raise ValueError("bad")
"""
PARTIAL = """
import base64, json
def handler(event, context):
    said = {r["kinesis"]["sequenceNumber"]: base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]}
    print("batch", json.dumps(list(said.values())))
    return {"batchItemFailures": [{"itemIdentifier": n} for n, text in said.items() if text.startswith("bad")]}
"""
EVENT = """
import json
def handler(event, context):
    print("event", json.dumps(event))
    return {"state": {**event["state"], **{r["kinesis"]["partitionKey"]: 1 for r in event["Records"]}}} \\
        if "state" in event else None
"""


class Stream:
    """A stream and the function that consumes it."""

    def __init__(self, functions: Any, client: Any, unique: str) -> None:
        self.functions = functions
        self.penstock = functions.penstock
        self.lam, self.kinesis, self.sqs = client("lambda"), client("kinesis"), client("sqs")
        self.name = unique
        self.arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{unique}"
        self.function = ""

    def make(self, shards: int = 1) -> None:
        self.kinesis.create_stream(StreamName=self.name, ShardCount=shards)

    def consume(self, source: str = CONSUMER, **settings: Any) -> str:
        """The UUID of a mapping that reads from the beginning."""
        self.function = self.functions.named(source)
        request = {"StartingPosition": "TRIM_HORIZON", "EventSourceArn": self.arn, **settings}
        uuid: str = self.lam.create_event_source_mapping(FunctionName=self.function, **request)["UUID"]
        return uuid

    def put(self, *bodies: str, key: str = "k") -> list[str]:
        """Sequence numbers."""
        records = [{"Data": body.encode(), "PartitionKey": key} for body in bodies]
        answer = self.kinesis.put_records(StreamName=self.name, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]

    def batches(self) -> list[list[str]]:
        return [json.loads(line.partition(" ")[2]) for line in self.functions.log(self.function, "batch")]

    def said(self) -> list[str]:
        return list(itertools.chain(*self.batches()))

    def events(self) -> list[Any]:
        return [json.loads(line.partition(" ")[2]) for line in self.functions.log(self.function, "event")]

    def queue(self) -> tuple[str, str]:
        """The URL and ARN of a queue for what failed."""
        url = self.sqs.create_queue(QueueName=f"{self.name}-failed")["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:000000000000:{self.name}-failed"

    def letters(self, url: str) -> list[Any]:
        self.penstock.settle()
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def stream(functions: Any, client: Any, unique: str) -> Stream:
    return Stream(functions, client, unique)


def failing_into(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def test_a_record_as_lambda_shows_it(stream: Stream) -> None:
    stream.make()
    stream.consume(EVENT)
    [sequence] = stream.put("hello", key="test_0")
    [event] = stream.events()
    [record] = event["Records"]
    arrived = record["kinesis"].pop("approximateArrivalTimestamp")
    assert arrived == pytest.approx(stream.penstock.now(), abs=5)
    assert event == {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "test_0",
                    "sequenceNumber": sequence,
                    "data": base64.b64encode(b"hello").decode(),
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000000:{sequence}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": ROLE,
                "awsRegion": "us-east-1",
                "eventSourceARN": stream.arn,
            }
        ]
    }


def test_where_to_start(stream: Stream) -> None:
    stream.make()
    stream.put("early")
    stream.penstock.advance(10)
    middle = stream.penstock.now()
    stream.penstock.advance(10)
    stream.put("later")
    found = {}
    for position in ("LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"):
        at = {"StartingPositionTimestamp": middle} if position == "AT_TIMESTAMP" else {}
        stream.consume(StartingPosition=position, **at)
        found[position] = stream.function
    stream.put("last")
    bodies = {}
    for position, stream.function in found.items():
        bodies[position] = stream.said()
    assert bodies == {
        "LATEST": ["last"],
        "TRIM_HORIZON": ["early", "later", "last"],
        "AT_TIMESTAMP": ["later", "last"],
    }


def test_batch_size(stream: Stream) -> None:
    stream.make()
    stream.put(*"abcde")
    stream.consume(BatchSize=2)
    assert stream.batches() == [["a", "b"], ["c", "d"], ["e"]]


def test_filters_see_data_and_metadata(stream: Stream) -> None:
    stream.make()
    patterns = [{"data": {"kind": ["x"]}}, {"partitionKey": ["special"]}]
    stream.consume(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]})
    stream.put('{"kind": "x"}', '{"kind": "y"}', "text")
    stream.put("text too", key="special")
    assert stream.said() == ['{"kind": "x"}', "text too"]


def test_pause_and_resume(stream: Stream) -> None:
    stream.make()
    uuid = stream.consume(StartingPosition="LATEST")
    stream.put("a")
    assert stream.batches() == [["a"]]
    updated = stream.lam.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert (updated["State"], updated["LastProcessingResult"]) == ("Disabling", "OK")
    stream.put("b")
    assert stream.batches() == [["a"]]
    stream.lam.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert stream.batches() == [["a"], ["b"]]
    stream.lam.delete_event_source_mapping(UUID=uuid)
    stream.put("c")
    assert stream.batches() == [["a"], ["b"]]


def test_a_batch_that_fails_is_tried_again_and_then_told(stream: Stream) -> None:
    stream.make()
    url, arn = stream.queue()
    uuid = stream.consume(MaximumRetryAttempts=2, **failing_into(arn))
    first, last = stream.put("good", "bad")
    stream.penstock.settle()
    got = stream.lam.get_event_source_mapping(UUID=uuid)
    assert got["LastProcessingResult"] == "PROBLEM: Function call failed"
    stream.penstock.advance(3.5)
    assert stream.batches() == [["good", "bad"]] * 3
    [letter] = stream.letters(url)
    times = [letter.pop("timestamp"), *(letter["KinesisBatchInfo"].pop(f"approximateArrivalOf{which}Record")
                                        for which in ("First", "Last"))]  # fmt: skip
    assert all(time.endswith("Z") and len(time) == 24 for time in times)
    assert len(letter["requestContext"].pop("requestId")) == 36
    assert letter == {
        "requestContext": {
            "functionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{stream.function}",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "batchSize": 2,
            "streamArn": stream.arn,
        },
    }
    stream.put("after")
    assert stream.batches()[3:] == [["after"]]


def test_bisecting_isolates_the_poison(stream: Stream) -> None:
    stream.make()
    url, arn = stream.queue()
    sequences = stream.put("a", "b", "bad", "c", "d")
    stream.consume(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **failing_into(arn))
    [letter] = stream.letters(url)
    assert letter["KinesisBatchInfo"]["startSequenceNumber"] == sequences[2]
    assert (letter["KinesisBatchInfo"]["batchSize"], letter["requestContext"]["approximateInvokeCount"]) == (1, 1)
    done = [batch for batch in stream.batches() if "bad" not in batch]
    assert list(itertools.chain(*done)) == ["a", "b", "c", "d"]


def test_reported_failures_move_the_checkpoint(stream: Stream) -> None:
    stream.make()
    url, arn = stream.queue()
    stream.put("a", "bad", "b")
    stream.consume(
        PARTIAL, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1, **failing_into(arn)
    )
    stream.penstock.settle()
    stream.penstock.advance(1.5)
    assert stream.batches() == [["a", "bad", "b"], ["bad", "b"]]
    [letter] = stream.letters(url)
    assert letter["responseContext"]["functionError"] is None
    assert (letter["KinesisBatchInfo"]["batchSize"], letter["requestContext"]["approximateInvokeCount"]) == (2, 2)


@pytest.mark.parametrize(
    "failures",
    ['[{"itemIdentifier": ""}]', '[{"itemIdentifier": null}]', '[{"foo": "x"}]', '[{"itemIdentifier": "123"}]', '"x"'],
)
def test_a_response_that_names_no_record_fails_the_batch(stream: Stream, failures: str) -> None:
    stream.make()
    url, arn = stream.queue()
    stream.put("a", "b")
    stream.consume(
        f"import json\ndef handler(event, context): return {{'batchItemFailures': json.loads('{failures}')}}",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=0,
        **failing_into(arn),
    )
    [letter] = stream.letters(url)
    assert letter["KinesisBatchInfo"]["batchSize"] == 2


@pytest.mark.parametrize("answer", ["None", "{}", "{'batchItemFailures': []}", "{'batchItemFailures': None}"])
def test_a_response_without_failures_is_success(stream: Stream, answer: str) -> None:
    stream.make()
    stream.put("a")
    uuid = stream.consume(
        f"def handler(event, context): return {answer}", FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    stream.penstock.settle()
    assert stream.lam.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK"


def test_records_become_too_old(stream: Stream) -> None:
    stream.make()
    url, arn = stream.queue()
    [old] = stream.put("old")
    stream.penstock.advance(70)
    stream.put("new")
    stream.consume(MaximumRecordAgeInSeconds=60, **failing_into(arn))
    assert stream.batches() == [["new"]]
    [letter] = stream.letters(url)
    assert letter["requestContext"]["condition"] == "RecordAgeExceeded"
    assert letter["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in letter
    assert letter["KinesisBatchInfo"]["startSequenceNumber"] == old


def test_a_failed_batch_in_a_bucket_has_its_payload(stream: Stream, client: Any) -> None:
    stream.make()
    s3 = client("s3")
    s3.create_bucket(Bucket=stream.name)
    uuid = stream.consume(MaximumRetryAttempts=0, **failing_into(f"arn:aws:s3:::{stream.name}"))
    stream.put("bad")
    stream.penstock.settle()
    [found] = s3.list_objects_v2(Bucket=stream.name)["Contents"]
    prefix = f"aws/lambda/{uuid}/shardId-000000000000/"
    assert found["Key"].startswith(prefix)
    year, month, day, rest = found["Key"].removeprefix(prefix).split("/")
    assert rest.startswith(f"{year}-{month}-{day}T")
    document = json.loads(s3.get_object(Bucket=stream.name, Key=found["Key"])["Body"].read())
    [record] = json.loads(document["payload"])["Records"]
    assert base64.b64decode(record["kinesis"]["data"]) == b"bad"
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_failed_batch_in_a_topic(stream: Stream, client: Any) -> None:
    stream.make()
    sns = client("sns")
    topic = sns.create_topic(Name=stream.name)["TopicArn"]
    url, arn = stream.queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    stream.consume(MaximumRetryAttempts=0, **failing_into(topic))
    stream.put("bad")
    [letter] = stream.letters(url)
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_failing_shard_blocks_only_itself(stream: Stream) -> None:
    stream.make(2)
    stream.consume(BatchSize=1)
    keys = _keys_of_both(stream)
    stream.put("bad", "behind", key=keys[0])
    stream.put("one", "two", key=keys[1])
    done = stream.said()
    assert ("behind" in done, [text for text in done if text in ("one", "two")]) == (False, ["one", "two"])


def _keys_of_both(stream: Stream) -> list[str]:
    """A partition key for each of two shards."""
    found: dict[str, str] = {}
    for number in range(20):
        answer = stream.kinesis.put_record(StreamName=stream.name, Data=b"probe", PartitionKey=f"key-{number}")
        found.setdefault(answer["ShardId"], f"key-{number}")
    return [found[shard] for shard in sorted(found)]


def test_children_are_read_after_their_parents(stream: Stream) -> None:
    stream.make()
    stream.consume(BatchSize=10)
    stream.put("bad")
    stream.penstock.settle()
    stream.kinesis.split_shard(
        StreamName=stream.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    stream.put("child")
    assert ["child"] not in stream.batches()
    stream.lam.update_function_code(FunctionName=stream.function, ZipFile=_always_good())
    stream.penstock.advance(120)
    assert stream.batches()[-1] == ["child"]


def _always_good() -> bytes:
    return zipped(CONSUMER.replace('startswith("bad")', 'startswith("never")'))


def test_a_stream_that_is_deleted_and_made_anew(stream: Stream) -> None:
    stream.make()
    uuid = stream.consume()
    stream.put("a")
    assert stream.batches() == [["a"]]
    stream.kinesis.delete_stream(StreamName=stream.name)
    stream.penstock.settle()
    result = stream.lam.get_event_source_mapping(UUID=uuid)["LastProcessingResult"]
    assert result.startswith("PROBLEM: ")
    stream.make()
    stream.put("b")
    assert stream.batches() == [["a"], ["b"]]


def test_tumbling_windows(stream: Stream) -> None:
    stream.make()
    now = stream.penstock.now()
    stream.penstock.advance(60 - now % 60 + 1)
    stream.consume(EVENT, TumblingWindowInSeconds=60, BatchSize=1)
    stream.put("x", key="a")
    stream.put("x", key="b")
    stream.penstock.settle()
    stream.penstock.advance(60)
    first, second, final = stream.events()
    assert (first["state"], second["state"], final["state"]) == ({}, {"a": 1}, {"a": 1, "b": 1})
    assert [event["isFinalInvokeForWindow"] for event in (first, second, final)] == [False, False, True]
    assert (final["Records"], final["shardId"], final["eventSourceARN"]) == ([], "shardId-000000000000", stream.arn)
    assert first["window"] == final["window"]


def test_several_batches_of_a_shard_at_once_keep_the_order_of_a_key(stream: Stream) -> None:
    stream.make()
    for number in range(5):
        for key in "abc":
            stream.put(f"{key}{number}", key=key)
    stream.consume(ParallelizationFactor=10, BatchSize=2)
    done = stream.said()
    for key in "abc":
        assert [text for text in done if text.startswith(key)] == [f"{key}{number}" for number in range(5)]


def test_a_consumer_as_the_source(stream: Stream) -> None:
    stream.make()
    answer = stream.kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName="fan")
    consumer = answer["Consumer"]["ConsumerARN"]
    stream.consume(EVENT, EventSourceArn=consumer)
    stream.put("x")
    [event] = stream.events()
    assert event["Records"][0]["eventSourceARN"] == consumer

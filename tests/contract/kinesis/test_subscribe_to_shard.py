"""SubscribeToShard: events as records come, for five minutes, one subscription per consumer and shard."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from tests.contract.kinesis.conftest import Kinesis


class Subscriber:
    """A stream with a consumer."""

    def __init__(self, kinesis: Kinesis) -> None:
        self.kinesis = kinesis
        self.name = kinesis.stream()
        answer = kinesis.client.register_stream_consumer(StreamARN=kinesis.arn(self.name), ConsumerName="c")
        self.arn = answer["Consumer"]["ConsumerARN"]

    def subscribe(self, kind: str = "TRIM_HORIZON", shard: str = "0", **position: Any) -> Any:
        answer = self.kinesis.client.subscribe_to_shard(
            ConsumerARN=self.arn, ShardId=shard, StartingPosition={"Type": kind, **position}
        )
        return answer["EventStream"]


def events(stream: Any) -> Iterator[dict[str, Any]]:
    for event in stream:
        yield event["SubscribeToShardEvent"]


def collect(stream: Any, count: int) -> list[bytes]:
    found: list[bytes] = []
    for event in events(stream):
        found += [record["Data"] for record in event["Records"]]
        if len(found) >= count:
            break
    return found


@pytest.fixture
def subscriber(kinesis: Kinesis) -> Subscriber:
    return Subscriber(kinesis)


def test_records_before_and_after(subscriber: Subscriber) -> None:
    subscriber.kinesis.put(subscriber.name, b"before")
    stream = subscriber.subscribe()
    assert collect(stream, 1) == [b"before"]
    subscriber.kinesis.put_all(subscriber.name, b"1", b"2")
    assert collect(stream, 2) == [b"1", b"2"]
    stream.close()


def test_an_event_says_where_to_continue(subscriber: Subscriber) -> None:
    put = subscriber.kinesis.put(subscriber.name, b"1")
    stream = subscriber.subscribe()
    event = next(events(stream))
    assert event["ContinuationSequenceNumber"] == put["SequenceNumber"]
    assert event["MillisBehindLatest"] == 0
    [record] = event["Records"]
    assert (record["PartitionKey"], record["SequenceNumber"]) == ("k", put["SequenceNumber"])
    stream.close()
    subscriber.kinesis.put(subscriber.name, b"2")
    subscriber.kinesis.penstock.advance(6)
    later = subscriber.subscribe("AFTER_SEQUENCE_NUMBER", SequenceNumber=event["ContinuationSequenceNumber"])
    assert collect(later, 1) == [b"2"]
    later.close()


def test_an_empty_event_can_be_continued_too(subscriber: Subscriber) -> None:
    stream = subscriber.subscribe("LATEST")
    event = next(events(stream))
    assert event["Records"] == []
    stream.close()
    subscriber.kinesis.put(subscriber.name, b"1")
    subscriber.kinesis.penstock.advance(6)
    later = subscriber.subscribe("AFTER_SEQUENCE_NUMBER", SequenceNumber=event["ContinuationSequenceNumber"])
    assert collect(later, 1) == [b"1"]
    later.close()


def test_it_ends_after_five_minutes(subscriber: Subscriber) -> None:
    stream = subscriber.subscribe()
    subscriber.kinesis.penstock.advance(301)
    subscriber.kinesis.put(subscriber.name, b"late")
    assert [record for event in events(stream) for record in event["Records"]] == []


def test_a_second_one_within_five_seconds_is_refused(subscriber: Subscriber) -> None:
    stream = subscriber.subscribe()
    code, message = subscriber.kinesis.refused(
        "subscribe_to_shard", ConsumerARN=subscriber.arn, ShardId="0", StartingPosition={"Type": "LATEST"}
    )
    assert code == "ResourceInUseException"
    assert message == (
        f"Another active subscription exists for this consumer: 000000000000:{subscriber.name}:shardId-000000000000:c"
    )
    stream.close()


def test_a_later_one_takes_over(subscriber: Subscriber) -> None:
    first = subscriber.subscribe()
    subscriber.kinesis.penstock.advance(6)
    second = subscriber.subscribe()
    with pytest.raises(EventStreamError) as lost:
        list(first)
    assert lost.value.response["Error"]["Code"] == "ResourceInUseException"
    subscriber.kinesis.put(subscriber.name, b"1")
    assert collect(second, 1) == [b"1"]
    second.close()


def test_the_end_of_a_shard_names_its_children(subscriber: Subscriber) -> None:
    subscriber.kinesis.put(subscriber.name, b"1")
    stream = subscriber.subscribe()
    assert collect(stream, 1) == [b"1"]
    subscriber.kinesis.client.split_shard(
        StreamName=subscriber.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    *_, last = events(stream)
    assert [child["ShardId"] for child in last["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
    assert all(child["ParentShards"] == ["shardId-000000000000"] for child in last["ChildShards"])
    assert "ContinuationSequenceNumber" not in last


def test_a_deleted_stream_ends_it(subscriber: Subscriber) -> None:
    stream = subscriber.subscribe()
    subscriber.kinesis.client.delete_stream(StreamName=subscriber.name, EnforceConsumerDeletion=True)
    with pytest.raises(EventStreamError) as lost:
        list(stream)
    assert lost.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_at_a_time(subscriber: Subscriber) -> None:
    subscriber.kinesis.put(subscriber.name, b"1")
    subscriber.kinesis.penstock.advance(10)
    now = subscriber.kinesis.penstock.now()
    subscriber.kinesis.put(subscriber.name, b"2")
    stream = subscriber.subscribe("AT_TIMESTAMP", Timestamp=now)
    assert collect(stream, 1) == [b"2"]
    stream.close()


def test_an_unknown_consumer(subscriber: Subscriber) -> None:
    arn = subscriber.arn.replace("/c:", "/d:")
    code, _ = subscriber.kinesis.refused(
        "subscribe_to_shard", ConsumerARN=arn, ShardId="0", StartingPosition={"Type": "LATEST"}
    )
    assert code == "ResourceNotFoundException"

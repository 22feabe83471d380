"""CreateStream, DescribeStream, DescribeStreamSummary, ListStreams, DeleteStream, DescribeLimits."""

from typing import Any

import pytest
from tests.contract.kinesis.conftest import Kinesis

HASH_KEYS = 2**128


def test_a_stream_is_active_at_once(kinesis: Kinesis) -> None:
    name = kinesis.stream(3)
    kinesis.client.get_waiter("stream_exists").wait(StreamName=name)
    found = kinesis.client.describe_stream(StreamName=name)["StreamDescription"]
    created = found.pop("StreamCreationTimestamp")
    assert abs(created.timestamp() - kinesis.penstock.now()) < 60
    shards = found.pop("Shards")
    assert found == {
        "StreamName": name,
        "StreamARN": kinesis.arn(name),
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "HasMoreShards": False,
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    assert [shard["ShardId"] for shard in shards] == [f"shardId-{number:012d}" for number in range(3)]
    width = HASH_KEYS // 3
    assert [shard["HashKeyRange"] for shard in shards] == [
        {"StartingHashKey": "0", "EndingHashKey": str(width - 1)},
        {"StartingHashKey": str(width), "EndingHashKey": str(2 * width - 1)},
        {"StartingHashKey": str(2 * width), "EndingHashKey": str(HASH_KEYS - 1)},
    ]
    assert all(set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"} for shard in shards)


def test_the_summary_counts(kinesis: Kinesis) -> None:
    name = kinesis.stream(2, MaxRecordSizeInKiB=2048)
    found = kinesis.summary(name)
    assert (found["OpenShardCount"], found["ConsumerCount"], found["MaxRecordSizeInKiB"]) == (2, 0, 2048)
    assert "Shards" not in found


@pytest.mark.parametrize("given", [{}, {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}])
def test_a_stream_without_a_count_is_on_demand(kinesis: Kinesis, unique: str, given: dict[str, Any]) -> None:
    kinesis.client.create_stream(StreamName=unique, **given)
    found = kinesis.summary(unique)
    assert (found["StreamModeDetails"], found["OpenShardCount"]) == ({"StreamMode": "ON_DEMAND"}, 4)
    kinesis.client.delete_stream(StreamName=unique)


def test_a_name_is_taken_once(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    assert kinesis.refused("create_stream", StreamName=name, ShardCount=1) == (
        "ResourceInUseException",
        f"Stream {name} under account 000000000000 already exists.",
    )


def test_the_shard_limit(kinesis: Kinesis, unique: str) -> None:
    code, message = kinesis.refused("create_stream", StreamName=unique, ShardCount=20_001)
    assert code == "LimitExceededException"
    assert message.startswith("This request would exceed the shard limit for the account 000000000000 in us-east-1.")
    assert "Number of additional shards that would have resulted from this request: 20001." in message


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "Value null at 'streamName' failed to satisfy constraint: Member must not be null"),
        (
            {"StreamName": "a b", "ShardCount": 1},
            "Value 'a b' at 'streamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
        (
            {"StreamName": "a", "ShardCount": 0},
            "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
    ],
)
def test_what_the_model_forbids(kinesis: Kinesis, request_: dict[str, Any], said: str) -> None:
    code, message = kinesis.refused("create_stream", **request_)
    assert code == "ValidationException"
    assert said in message


def test_tags_at_once(kinesis: Kinesis) -> None:
    name = kinesis.stream(Tags={"a": "1"})
    found = kinesis.client.list_tags_for_stream(StreamName=name)
    assert (found["Tags"], found["HasMoreTags"]) == ([{"Key": "a", "Value": "1"}], False)


def test_shards_page_by_page(kinesis: Kinesis) -> None:
    name = kinesis.stream(5)
    first = kinesis.client.describe_stream(StreamName=name, Limit=3)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (3, True)
    last = first["Shards"][-1]["ShardId"]
    second = kinesis.client.describe_stream(StreamName=name, ExclusiveStartShardId=last)["StreamDescription"]
    assert (len(second["Shards"]), second["HasMoreShards"]) == (2, False)


def test_a_page_has_a_hundred_shards_at_most(kinesis: Kinesis) -> None:
    name = kinesis.stream(101)
    page = kinesis.client.describe_stream(StreamName=name, Limit=1000)["StreamDescription"]
    assert (len(page["Shards"]), page["HasMoreShards"]) == (100, True)


def test_streams_page_by_page(kinesis: Kinesis) -> None:
    names = sorted(kinesis.stream() for _ in range(3))
    found: list[str] = []
    before = names[0][:-1]
    page = kinesis.client.list_streams(Limit=2, ExclusiveStartStreamName=before)
    while True:
        found += page["StreamNames"]
        assert [summary["StreamName"] for summary in page["StreamSummaries"]] == page["StreamNames"]
        if not page["HasMoreStreams"] or set(names) <= set(found):
            break
        page = kinesis.client.list_streams(Limit=2, NextToken=page["NextToken"])
    assert [name for name in found if name in names] == names


def test_a_deleted_stream_is_gone(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    kinesis.client.delete_stream(StreamName=name)
    kinesis.client.get_waiter("stream_not_exists").wait(StreamName=name)
    code, message = kinesis.refused("describe_stream", StreamName=name)
    assert (code, message) == (
        "ResourceNotFoundException",
        f"Stream {name} under account 000000000000 not found.",
    )
    kinesis.client.create_stream(StreamName=name, ShardCount=1)
    assert kinesis.read(name) == []


def test_a_stream_with_consumers_is_deleted_only_by_force(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.register_stream_consumer(StreamARN=kinesis.arn(name), ConsumerName="c")
    assert kinesis.refused("delete_stream", StreamName=name)[0] == "ResourceInUseException"
    kinesis.client.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
    assert kinesis.refused("describe_stream", StreamName=name)[0] == "ResourceNotFoundException"


def test_limits(kinesis: Kinesis) -> None:
    before = kinesis.client.describe_limits()
    kinesis.stream(3)
    kinesis.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    after = kinesis.client.describe_limits()
    assert after["OpenShardCount"] - before["OpenShardCount"] == 3
    assert after["OnDemandStreamCount"] - before["OnDemandStreamCount"] == 1
    assert (after["ShardLimit"], after["OnDemandStreamCountLimit"]) == (20_000, 50)


def test_what_is_not_here_says_so(kinesis: Kinesis) -> None:
    assert kinesis.refused("list_channels")[0] == "NotImplemented"

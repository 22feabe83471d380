"""ListShards: filters, pages and tokens."""

from typing import Any

import pytest
from tests.contract.kinesis.conftest import Kinesis

HALF = str(2**127)


def ids(kinesis: Kinesis, name: str, **given: Any) -> list[int]:
    return [int(shard["ShardId"][-12:]) for shard in kinesis.shards(name, **given)]


def test_by_filter(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.penstock.advance(100)
    before = kinesis.penstock.now()
    kinesis.penstock.advance(100)
    kinesis.client.split_shard(StreamName=name, ShardToSplit="shardId-0", NewStartingHashKey=HALF)
    kinesis.penstock.advance(100)
    after = kinesis.penstock.now()
    assert ids(kinesis, name) == [0, 1, 2]
    assert ids(kinesis, name, ShardFilter={"Type": "AT_LATEST"}) == [1, 2]
    assert ids(kinesis, name, ShardFilter={"Type": "AT_TRIM_HORIZON"}) == [0]
    assert ids(kinesis, name, ShardFilter={"Type": "FROM_TRIM_HORIZON"}) == [0, 1, 2]
    assert ids(kinesis, name, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": before}) == [0]
    assert ids(kinesis, name, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": after}) == [1, 2]
    assert ids(kinesis, name, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": before}) == [0, 1, 2]
    assert ids(kinesis, name, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": after}) == [1, 2]
    after_first = {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000000"}
    assert ids(kinesis, name, ShardFilter=after_first) == [1, 2]
    assert ids(kinesis, name, ExclusiveStartShardId="shardId-000000000001") == [2]


@pytest.mark.parametrize("kind", ["AFTER_SHARD_ID", "AT_TIMESTAMP", "FROM_TIMESTAMP"])
def test_a_filter_with_something_missing(kinesis: Kinesis, kind: str) -> None:
    name = kinesis.stream()
    code, _ = kinesis.refused("list_shards", StreamName=name, ShardFilter={"Type": kind})
    assert code == "InvalidArgumentException"


def test_page_by_page(kinesis: Kinesis) -> None:
    name = kinesis.stream(5)
    found, page = [], kinesis.client.list_shards(StreamName=name, MaxResults=2)
    found += page["Shards"]
    while token := page.get("NextToken"):
        page = kinesis.client.list_shards(NextToken=token, MaxResults=2)
        found += page["Shards"]
    assert [int(shard["ShardId"][-12:]) for shard in found] == [0, 1, 2, 3, 4]


def test_a_token_is_good_for_five_minutes(kinesis: Kinesis) -> None:
    token = kinesis.client.list_shards(StreamName=kinesis.stream(2), MaxResults=1)["NextToken"]
    kinesis.penstock.advance(310)
    assert kinesis.refused("list_shards", NextToken=token)[0] == "ExpiredNextTokenException"


def test_a_stream_or_a_token(kinesis: Kinesis) -> None:
    assert kinesis.refused("list_shards") == (
        "InvalidArgumentException",
        "Either NextToken or StreamName should be provided.",
    )
    assert kinesis.refused("list_shards", StreamName="a", NextToken="b") == (
        "InvalidArgumentException",
        "NextToken and StreamName cannot be provided together.",
    )
    assert kinesis.refused("list_shards", NextToken="b")[0] == "InvalidArgumentException"

"""SplitShard, MergeShards, UpdateShardCount, UpdateStreamMode: shards, their parents, and what is read when."""

from itertools import pairwise
from typing import Any

import pytest
from tests.contract.kinesis.conftest import Kinesis

HASH_KEYS = 2**128
HALF = str(2**127)
ZERO, ONE, TWO = (f"shardId-{number:012d}" for number in range(3))


def open_ranges(kinesis: Kinesis, name: str) -> list[tuple[int, int]]:
    shards = kinesis.shards(name, ShardFilter={"Type": "AT_LATEST"})
    found = (tuple(int(shard["HashKeyRange"][end]) for end in ("StartingHashKey", "EndingHashKey")) for shard in shards)
    return sorted(found)


def split(kinesis: Kinesis, name: str, shard: str = ZERO, key: str = HALF) -> None:
    kinesis.client.split_shard(StreamName=name, ShardToSplit=shard, NewStartingHashKey=key)


def test_a_split_closes_the_parent(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    split(kinesis, name)
    parent, low, high = kinesis.shards(name)
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    for child in (low, high):
        assert child["ParentShardId"] == ZERO
        assert "AdjacentParentShardId" not in child
        assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
        starting = int(child["SequenceNumberRange"]["StartingSequenceNumber"])
        assert starting > int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    assert low["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)}
    assert high["HashKeyRange"] == {"StartingHashKey": HALF, "EndingHashKey": str(HASH_KEYS - 1)}
    summary = kinesis.summary(name)
    assert (summary["OpenShardCount"], summary["StreamStatus"]) == (2, "ACTIVE")


def test_a_closed_shard_is_read_to_its_end_and_names_its_children(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put_all(name, b"1", b"2")
    split(kinesis, name)
    placed = kinesis.put(name, b"3", ExplicitHashKey="0")
    assert placed["ShardId"] == ONE
    first = kinesis.client.get_records(ShardIterator=kinesis.iterator(name), Limit=1)
    assert "ChildShards" not in first
    second = kinesis.client.get_records(ShardIterator=first["NextShardIterator"])
    assert [record["Data"] for record in second["Records"]] == [b"2"]
    assert "NextShardIterator" not in second
    assert [child["ShardId"] for child in second["ChildShards"]] == [ONE, TWO]
    assert second["ChildShards"][0] == {
        "ShardId": ONE,
        "ParentShards": [ZERO],
        "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)},
    }
    assert kinesis.read(name, shard=ONE) == [b"3"]


def test_numbers_grow_from_parent_to_child(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    before = int(kinesis.put(name)["SequenceNumber"])
    split(kinesis, name)
    split(kinesis, name, ONE, str(2**126))
    after = int(kinesis.put(name, ExplicitHashKey="0")["SequenceNumber"])
    assert after > before


@pytest.mark.parametrize("key", ["0", "1", str(HASH_KEYS - 1)])
def test_a_split_at_the_border_is_refused(kinesis: Kinesis, key: str) -> None:
    name = kinesis.stream()
    refused = kinesis.refused("split_shard", StreamName=name, ShardToSplit=ZERO, NewStartingHashKey=key)
    assert refused == (
        "InvalidArgumentException",
        f"NewStartingHashKey {key} used in SplitShard() on shard {ZERO} in stream {name} under account 000000000000 "
        f"is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey "
        f"{HASH_KEYS - 1}.",
    )


def test_a_shard_is_split_once(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    split(kinesis, name)
    code, message = kinesis.refused("split_shard", StreamName=name, ShardToSplit=ZERO, NewStartingHashKey=HALF)
    assert (code, message) == (
        "InvalidArgumentException",
        f"Shard {ZERO} in stream {name} under account 000000000000 has already been merged or split, "
        "and thus is not eligible for merging or splitting.",
    )


def test_a_merge(kinesis: Kinesis) -> None:
    name = kinesis.stream(2)
    kinesis.client.merge_shards(StreamName=name, ShardToMerge=ZERO, AdjacentShardToMerge=ONE)
    *_, child = kinesis.shards(name)
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (ZERO, ONE)
    assert child["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(HASH_KEYS - 1)}
    for parent in (ZERO, ONE):
        end = kinesis.client.get_records(ShardIterator=kinesis.iterator(name, shard=parent))
        assert [child["ParentShards"] for child in end["ChildShards"]] == [[ZERO, ONE]]


@pytest.mark.parametrize(("first", "second"), [(ZERO, TWO), (ONE, ZERO)])
def test_only_neighbours_in_order_are_merged(kinesis: Kinesis, first: str, second: str) -> None:
    name = kinesis.stream(3)
    refused = kinesis.refused("merge_shards", StreamName=name, ShardToMerge=first, AdjacentShardToMerge=second)
    assert refused == (
        "InvalidArgumentException",
        f"Shards {first} and {second} in stream {name} under account 000000000000 are not an adjacent pair of shards "
        "eligible for merging",
    )


@pytest.mark.parametrize(
    ("shard", "known", "said"),
    [
        ("shardId-9", True, "Could not find shard shardId-000000000009 in stream {name} under account 000000000000."),
        ("shardId-9", False, "Stream {name} under account 000000000000 not found."),
        ("2147483648", False, "Could not find shard 2147483648 in stream {name} under account 000000000000."),
        ("ABKLFD8", True, "Could not find shard ABKLFD8 in stream {name} under account 000000000000."),
    ],
)
def test_an_unknown_shard(kinesis: Kinesis, shard: str, known: bool, said: str) -> None:
    name = kinesis.stream(2) if known else "nobodys"
    requests: list[tuple[str, dict[str, Any]]] = [
        ("split_shard", {"ShardToSplit": shard, "NewStartingHashKey": HALF}),
        ("merge_shards", {"ShardToMerge": shard, "AdjacentShardToMerge": ONE}),
        ("merge_shards", {"ShardToMerge": ZERO, "AdjacentShardToMerge": shard}),
    ]
    for operation, given in requests:
        refused = kinesis.refused(operation, StreamName=name, **given)
        assert refused == ("ResourceNotFoundException", said.format(name=name))


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 6), (4, 2), (8, 4)])
def test_twice_or_half_as_many_are_equal(kinesis: Kinesis, before: int, after: int) -> None:
    name = kinesis.stream(before)
    answer = kinesis.client.update_shard_count(StreamName=name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (before, after)
    widths = [high - low for low, high in open_ranges(kinesis, name)]
    assert max(widths) - min(widths) <= 2


@pytest.mark.parametrize(
    ("before", "after", "total"), [(2, 4, 6), (4, 5, 15), (10, 13, 37), (4, 2, 6), (5, 3, 7), (2, 3, 7), (4, 4, 4)]
)
def test_how_many_splits_and_merges_it_takes(kinesis: Kinesis, before: int, after: int, total: int) -> None:
    """`total` shards, the closed ones included, are what AWS has afterwards."""
    name = kinesis.stream(before)
    kinesis.client.update_shard_count(StreamName=name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    ranges = open_ranges(kinesis, name)
    assert (ranges[0][0], ranges[-1][1], len(ranges)) == (0, HASH_KEYS - 1, after)
    assert all(one[1] + 1 == other[0] for one, other in pairwise(ranges))
    known = {shard["ShardId"]: shard for shard in kinesis.shards(name)}
    assert len(known) == total
    for shard in list(known.values())[before:]:
        assert shard["ParentShardId"] in known


def test_what_is_uneven_becomes_no_more_so(kinesis: Kinesis) -> None:
    name = kinesis.stream(2)
    for count in (3, 4):
        kinesis.client.update_shard_count(StreamName=name, TargetShardCount=count, ScalingType="UNIFORM_SCALING")
    widths = [high - low + 1 for low, high in open_ranges(kinesis, name)]
    assert max(widths) <= 2 * min(widths)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (5, "UpdateShardCount cannot scale up over double your current open shard count. "),
        (0, "Member must have value greater than or equal to 1"),
    ],
)
def test_a_count_out_of_reach(kinesis: Kinesis, target: int, said: str) -> None:
    name = kinesis.stream(2)
    _, message = kinesis.refused(
        "update_shard_count", StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
    )
    assert said in message


def test_less_than_half(kinesis: Kinesis) -> None:
    name = kinesis.stream(5)
    refused = kinesis.refused("update_shard_count", StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert refused == (
        "LimitExceededException",
        "UpdateShardCount cannot scale down below half your current open shard count. "
        "Current open shard count: 5, Target shard count: 2",
    )


def test_ten_times_a_day(kinesis: Kinesis) -> None:
    name = kinesis.stream(1)
    for count in (2, 1) * 5:
        kinesis.client.update_shard_count(StreamName=name, TargetShardCount=count, ScalingType="UNIFORM_SCALING")
    code, _ = kinesis.refused("update_shard_count", StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert code == "LimitExceededException"
    kinesis.penstock.advance(25 * 3600)
    kinesis.client.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")


def test_closed_shards_go_with_their_records(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    split(kinesis, name)
    kinesis.penstock.advance(23 * 3600)
    assert len(kinesis.shards(name)) == 3
    kinesis.penstock.advance(2 * 3600)
    assert [shard["ShardId"] for shard in kinesis.shards(name)] == [ONE, TWO]


def test_an_on_demand_stream_is_not_resharded(kinesis: Kinesis) -> None:
    name = kinesis.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    code, message = kinesis.refused(
        "update_shard_count", StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING"
    )
    assert (code, message) == (
        "ValidationException",
        f"Request is invalid. Stream {name} under account 000000000000 is in On-Demand mode.",
    )
    kinesis.client.update_stream_mode(StreamARN=kinesis.arn(name), StreamModeDetails={"StreamMode": "PROVISIONED"})
    kinesis.client.update_shard_count(StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    assert kinesis.summary(name)["OpenShardCount"] == 3

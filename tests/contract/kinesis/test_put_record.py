"""PutRecord: where a record goes, its sequence number, and what is refused."""

import hashlib

import pytest
from tests.contract.kinesis.conftest import Kinesis

HASH_KEYS = 2**128


def test_a_record_is_acknowledged_with_its_shard_and_number(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    answer = kinesis.put(name, b"one")
    assert answer["ShardId"] == "shardId-000000000000"
    assert len(answer["SequenceNumber"]) == 56
    assert "EncryptionType" not in answer


def test_sequence_numbers_grow(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    numbers = [int(kinesis.put(name)["SequenceNumber"]) for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_the_partition_key_is_hashed_with_md5(kinesis: Kinesis) -> None:
    name = kinesis.stream(3)
    for key in ("a", "b", "e", "ü"):
        index = int.from_bytes(hashlib.md5(key.encode()).digest()) // (HASH_KEYS // 3)
        assert kinesis.put(name, key=key)["ShardId"] == f"shardId-{index:012d}"


def test_an_explicit_hash_key_overrides_it(kinesis: Kinesis) -> None:
    name = kinesis.stream(3)
    first = HASH_KEYS // 3 * 2
    for hash_key, shard in ((0, 0), (first - 1, 1), (first, 2), (HASH_KEYS - 1, 2)):
        assert kinesis.put(name, ExplicitHashKey=str(hash_key))["ShardId"] == f"shardId-{shard:012d}"


def test_an_explicit_hash_key_is_at_most_128_bits(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, message = kinesis.refused(
        "put_record", StreamName=name, Data=b"", PartitionKey="k", ExplicitHashKey=str(HASH_KEYS)
    )
    assert code == "InvalidArgumentException"
    assert message == (
        f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {HASH_KEYS}"
    )


def test_a_stream_is_named_by_its_arn_too(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.put_record(StreamARN=kinesis.arn(name), Data=b"x", PartitionKey="k")
    assert kinesis.read(name) == [b"x"]


def test_an_unknown_stream(kinesis: Kinesis) -> None:
    code, message = kinesis.refused("put_record", StreamName="nobodys", Data=b"x", PartitionKey="k")
    assert (code, message) == (
        "ResourceNotFoundException",
        "Stream nobodys under account 000000000000 not found.",
    )


def test_no_stream_at_all(kinesis: Kinesis) -> None:
    assert kinesis.refused("put_record", Data=b"x", PartitionKey="k")[0] == "InvalidArgumentException"


def test_a_partition_key_is_required(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, message = kinesis.refused("put_record", StreamName=name, Data=b"x")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_record_is_at_most_one_mebibyte_with_its_key(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"x" * (1024 * 1024 - 1))
    code, message = kinesis.refused("put_record", StreamName=name, Data=b"x" * 1024 * 1024, PartitionKey="k")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value at 'data' failed to satisfy constraint: "
        "Member must have length less than or equal to 1048576"
    )


@pytest.mark.parametrize(
    "digits",
    [
        "2ffffffffff7fffffffffffffff000000000007fffffff2",
        "20000000000000000000000000000000000000000000002",
        "20000000000000000000000000000000000000000000001",
        "20000000000000000000000000000000000000800000002",
    ],
)
def test_ordering_after_a_number_of_any_stream(kinesis: Kinesis, digits: str) -> None:
    assert kinesis.put(kinesis.stream(), SequenceNumberForOrdering=str(int(digits, 16)))["SequenceNumber"]


@pytest.mark.parametrize(
    "digits",
    [
        "20000000000000000000000000000000000000000000000",
        "20000000000000000000000000000000000000000000004",
        "30000000000000000000000000000000000000000000001",
        "1ffffffffff7fffffffffffffff000000000007fffffff2",
        "20000000000800000000000000000000000000000000002",
        "200000000000000000000000000000ffffffff000000002",
        "13bb2cc3d80000000000000000000000",
    ],
)
def test_ordering_after_what_is_no_number(kinesis: Kinesis, digits: str) -> None:
    name, number = kinesis.stream(), str(int(digits, 16))
    refused = kinesis.refused(
        "put_record", StreamName=name, Data=b"x", PartitionKey="k", SequenceNumberForOrdering=number
    )
    assert refused == (
        "InvalidArgumentException",
        f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {name} under account 000000000000 "
        "is invalid.",
    )


def test_ordering_after_a_number_on_which_aws_fails(kinesis: Kinesis) -> None:
    number = str(0x20000000000000000000000000000000000000000000003)
    code, _ = kinesis.refused(
        "put_record", StreamName=kinesis.stream(), Data=b"x", PartitionKey="k", SequenceNumberForOrdering=number
    )
    assert code == "InternalFailure"


def test_a_dry_run_stores_nothing(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, _ = kinesis.refused("put_record", StreamName=name, Data=b"x", PartitionKey="k", DryRun=True)
    assert code == "DryRunOperationException"
    assert kinesis.read(name) == []

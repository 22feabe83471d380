"""PutRecord: where a record goes, its sequence number, and what is refused."""

import hashlib

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


def test_an_ordering_number_from_the_future_is_refused(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    number = kinesis.put(name)["SequenceNumber"]
    kinesis.put(name, SequenceNumberForOrdering=number)
    later = str(int(number) + (3600 << 36))
    code, message = kinesis.refused(
        "put_record", StreamName=name, Data=b"x", PartitionKey="k", SequenceNumberForOrdering=later
    )
    assert code == "InvalidArgumentException"
    assert message == (
        f"ExclusiveMinimumSequenceNumber {later} used in PutRecord on stream {name} under account 000000000000 "
        "is invalid."
    )


def test_a_dry_run_stores_nothing(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, _ = kinesis.refused("put_record", StreamName=name, Data=b"x", PartitionKey="k", DryRun=True)
    assert code == "DryRunOperationException"
    assert kinesis.read(name) == []

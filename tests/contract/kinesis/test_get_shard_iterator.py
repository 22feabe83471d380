"""GetShardIterator: the five types, and what AWS says to wrong ones."""

import base64

import pytest
from tests.contract.kinesis.conftest import Kinesis

EITHER = (
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
    "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
)


def test_at_and_after_a_sequence_number(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    second = kinesis.put_all(name, b"1", b"2", b"3")[1]["SequenceNumber"]
    assert kinesis.read(name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [b"2", b"3"]
    assert kinesis.read(name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [b"3"]


def test_at_the_shards_first_number(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    first = kinesis.shards(name)[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert kinesis.read(name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=first) == [b"1"]


def test_latest_is_what_comes_after(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"before")
    iterator = kinesis.iterator(name, "LATEST")
    kinesis.put(name, b"after")
    found = kinesis.client.get_records(ShardIterator=iterator)
    assert [record["Data"] for record in found["Records"]] == [b"after"]


def test_at_a_time(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put_all(name, b"1", b"2")
    kinesis.penstock.advance(60)
    between = kinesis.penstock.now()
    kinesis.penstock.advance(60)
    kinesis.put(name, b"3")
    assert kinesis.read(name, "AT_TIMESTAMP", Timestamp=between) == [b"3"]
    assert kinesis.read(name, "AT_TIMESTAMP", Timestamp=between - 3600) == [b"1", b"2", b"3"]
    [record] = kinesis.client.get_records(ShardIterator=kinesis.iterator(name, "AT_TIMESTAMP", Timestamp=between))[
        "Records"
    ]
    assert kinesis.read(name, "AT_TIMESTAMP", Timestamp=record["ApproximateArrivalTimestamp"]) == [b"3"]


def test_a_time_to_come_is_refused(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, message = kinesis.refused(
        "get_shard_iterator",
        StreamName=name,
        ShardId="0",
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=kinesis.penstock.now() + 600,
    )
    assert code == "InvalidArgumentException"
    assert message.startswith("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.")


@pytest.mark.parametrize("shard", ["shardId-000000000000", "shardId-0", "0", "other-0"])
def test_a_shards_id_in_other_words(kinesis: Kinesis, shard: str) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    assert kinesis.read(name, shard=shard) == [b"1"]


def test_the_text_is_as_long_as_aws_makes_it(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    data = base64.b64decode(kinesis.iterator(name))
    assert data.startswith(bytes(7) + b"\x01")
    assert len(data) == 152 + (len(name) + 2) // 16 * 16


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("AT_SEQUENCE_NUMBER", {}, "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber."),
        ("AFTER_SEQUENCE_NUMBER", {}, "Request specified AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber."),
        (
            "LATEST",
            {"StartingSequenceNumber": "5"},
            "Request specified LATEST and also a StartingSequenceNumber.",
        ),
        (
            "TRIM_HORIZON",
            {"StartingSequenceNumber": "5"},
            "Request specified TRIM_HORIZON and also a StartingSequenceNumber.",
        ),
    ],
)
def test_types_that_do_not_go_with_a_number(kinesis: Kinesis, kind: str, given: dict[str, str], said: str) -> None:
    refused = kinesis.refused(
        "get_shard_iterator", StreamName=kinesis.stream(), ShardId="0", ShardIteratorType=kind, **given
    )
    assert refused == ("InvalidArgumentException", EITHER + said)


def test_a_time_is_needed(kinesis: Kinesis) -> None:
    refused = kinesis.refused(
        "get_shard_iterator", StreamName=kinesis.stream(), ShardId="0", ShardIteratorType="AT_TIMESTAMP"
    )
    assert refused == (
        "InvalidArgumentException",
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter.",
    )


@pytest.mark.parametrize(
    ("sequence", "code", "said"),
    [
        (
            "5",
            "InvalidArgumentException",
            "Invalid StartingSequenceNumber. It encodes shardId-000000000005, "
            "while it was used in a call to a shard with shardId-000000000000",
        ),
        ("0", "InternalFailure", ""),
        (
            str(0x13BB2CC3D80000000000000000000000),
            "InvalidArgumentException",
            "StartingSequenceNumber 26227199374822427428162556223570313216 used in GetShardIterator on shard "
            "shardId-000000000000 in stream {name} under account 000000000000 is invalid.",
        ),
        (
            str(0x20000000000800000000000000000000000000000000002),
            "InvalidArgumentException",
            f"StartingSequenceNumber {0x20000000000800000000000000000000000000000000002} used in GetShardIterator on "
            "shard shardId-000000000000 in stream {name} under account 000000000000 is invalid.",
        ),
        (
            str(0x20000000000000000000000000000000000000800000002),
            "InvalidArgumentException",
            "Invalid StartingSequenceNumber. It encodes shardId--02147483648, "
            "while it was used in a call to a shard with shardId-000000000000",
        ),
    ],
)
def test_numbers_of_no_shard_here(kinesis: Kinesis, sequence: str, code: str, said: str) -> None:
    name = kinesis.stream()
    refused = kinesis.refused(
        "get_shard_iterator",
        StreamName=name,
        ShardId="0",
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=sequence,
    )
    assert refused[0] == code
    assert said.format(name=name) in refused[1]


def test_the_number_of_another_stream(kinesis: Kinesis) -> None:
    other = kinesis.stream()
    number = kinesis.put(other)["SequenceNumber"]
    kinesis.penstock.advance(2)
    code, message = kinesis.refused(
        "get_shard_iterator",
        StreamName=kinesis.stream(),
        ShardId="0",
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=number,
    )
    assert code == "InvalidArgumentException"
    assert message.endswith("is invalid because it did not come from this stream.")


@pytest.mark.parametrize(
    ("shard", "said"),
    [
        ("2147483647", "Shard shardId-002147483647 in stream {name} under account 000000000000 does not exist"),
        ("a-00002147483647", "Shard shardId-002147483647 in stream {name} under account 000000000000 does not exist"),
        ("2147483648", "Could not find shard 2147483648 in stream {name} under account 000000000000."),
        ("ABKLFD8", "Could not find shard ABKLFD8 in stream {name} under account 000000000000."),
        ("2.14E4", "Could not find shard 2.14E4 in stream {name} under account 000000000000."),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_shards_that_do_not_exist(kinesis: Kinesis, shard: str, said: str, known: bool) -> None:
    name = kinesis.stream() if known else "nobodys"
    refused = kinesis.refused("get_shard_iterator", StreamName=name, ShardId=shard, ShardIteratorType="LATEST")
    assert refused == ("ResourceNotFoundException", said.format(name=name))

"""GetRecords: what is read from where, how much, how far behind, and for how long."""

import pytest
from tests.contract.kinesis.conftest import Kinesis


def test_a_record_comes_back_as_it_was_put(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    put = kinesis.put(name, "ünicödé 统一码".encode(), "käy")
    found = kinesis.client.get_records(ShardIterator=kinesis.iterator(name))
    [record] = found["Records"]
    assert record["Data"].decode() == "ünicödé 统一码"
    assert (record["PartitionKey"], record["SequenceNumber"]) == ("käy", put["SequenceNumber"])
    assert abs(record["ApproximateArrivalTimestamp"].timestamp() - kinesis.penstock.now()) < 60
    assert set(record) == {"Data", "PartitionKey", "SequenceNumber", "ApproximateArrivalTimestamp"}
    assert found["MillisBehindLatest"] == 0
    assert "ChildShards" not in found


def test_an_iterator_goes_on_after_what_was_read(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put_all(name, b"1", b"2", b"3")
    first = kinesis.client.get_records(ShardIterator=kinesis.iterator(name), Limit=2)
    assert [record["Data"] for record in first["Records"]] == [b"1", b"2"]
    assert first["MillisBehindLatest"] > 0
    second = kinesis.client.get_records(ShardIterator=first["NextShardIterator"])
    assert [record["Data"] for record in second["Records"]] == [b"3"]
    kinesis.put(name, b"4")
    third = kinesis.client.get_records(ShardIterator=second["NextShardIterator"])
    assert [record["Data"] for record in third["Records"]] == [b"4"]


def test_an_iterator_can_be_used_again(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    iterator = kinesis.iterator(name)
    for _ in range(2):
        assert len(kinesis.client.get_records(ShardIterator=iterator)["Records"]) == 1


def test_each_iterator_is_another(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    iterators = {kinesis.iterator(name, "LATEST") for _ in range(20)}
    for _ in range(20):
        iterators.add(kinesis.client.get_records(ShardIterator=min(iterators))["NextShardIterator"])
    assert len(iterators) == 40


def test_quotes_around_an_iterator(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    assert len(kinesis.client.get_records(ShardIterator=f'"{kinesis.iterator(name)}"')["Records"]) == 1


def test_at_most_ten_megabytes_at_once(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    for _ in range(2):
        kinesis.put_all(name, *[b"x" * 1_000_000] * 6)
    first = kinesis.client.get_records(ShardIterator=kinesis.iterator(name))
    second = kinesis.client.get_records(ShardIterator=first["NextShardIterator"])
    assert (len(first["Records"]), len(second["Records"])) == (10, 2)


def test_an_iterator_is_good_for_five_minutes(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    iterator = kinesis.iterator(name)
    kinesis.penstock.advance(290)
    kinesis.client.get_records(ShardIterator=iterator)
    kinesis.penstock.advance(20)
    code, message = kinesis.refused("get_records", ShardIterator=iterator)
    assert code == "ExpiredIteratorException"
    assert message.startswith("Iterator expired. The iterator was created at time ")
    assert message.endswith("which is further in the future than the tolerated delay of 300000 milliseconds.")


@pytest.mark.parametrize("iterator", ["t-1", "AAAAAAAAAAE=", "a" * 200])
def test_what_is_no_iterator(kinesis: Kinesis, iterator: str) -> None:
    refused = kinesis.refused("get_records", ShardIterator=iterator)
    assert refused == ("InvalidArgumentException", "Invalid ShardIterator.")


def test_the_iterator_of_a_stream_that_is_gone(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    iterator = kinesis.iterator(name)
    kinesis.client.delete_stream(StreamName=name)
    assert kinesis.refused("get_records", ShardIterator=iterator) == (
        "ResourceNotFoundException",
        f"Shard shardId-000000000000 in stream {name} under account 000000000000 does not exist",
    )


def test_an_iterator_of_before_reads_the_stream_that_came_after(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put_all(name, b"1", b"2", b"3")
    iterator = kinesis.iterator(name, "LATEST")
    kinesis.client.delete_stream(StreamName=name)
    kinesis.client.create_stream(StreamName=name, ShardCount=1)
    found = kinesis.client.get_records(ShardIterator=iterator)
    assert found["Records"] == []
    kinesis.put(name, b"new")
    [record] = kinesis.client.get_records(ShardIterator=found["NextShardIterator"])["Records"]
    assert record["Data"] == b"new"


def test_records_live_as_long_as_the_retention_period(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"old")
    kinesis.penstock.advance(23 * 3600)
    kinesis.put(name, b"young")
    assert kinesis.read(name) == [b"old", b"young"]
    kinesis.penstock.advance(2 * 3600)
    assert kinesis.read(name) == [b"young"]
    kinesis.put(name, b"new")
    assert kinesis.read(name) == [b"young", b"new"]
    kinesis.penstock.advance(48 * 3600)
    assert kinesis.read(name) == []
    last = kinesis.put(name, b"last")
    assert kinesis.read(name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=last["SequenceNumber"]) == [b"last"]

"""What a runtime on the same data finds again: streams, shards, records, places, consumers."""

from pathlib import Path

from tests.contract.kinesis.conftest import Kinesis

from penstock.call import Config
from penstock.testing import running


def test_everything_is_found_again(tmp_path: Path, unique: str) -> None:
    with running(Config(data=tmp_path, port=0)) as runtime:
        before = Kinesis(runtime, runtime.client("kinesis"), unique)
        name = before.stream(1, Tags={"a": "1"})
        before.put_all(name, b"1", b"2")
        before.client.split_shard(StreamName=name, ShardToSplit="0", NewStartingHashKey=str(2**127))
        last = before.put(name, b"3", ExplicitHashKey="0")
        made = before.client.register_stream_consumer(StreamARN=before.arn(name), ConsumerName="c")["Consumer"]
        iterator = before.iterator(name, "LATEST", shard="1")
        shards = before.shards(name)
    with running(Config(data=tmp_path, port=0)) as runtime:
        after = Kinesis(runtime, runtime.client("kinesis"), unique)
        assert after.shards(name) == shards
        assert after.read(name) == [b"1", b"2"]
        assert after.read(name, shard="1") == [b"3"]
        assert int(after.put(name, b"4", ExplicitHashKey="0")["SequenceNumber"]) > int(last["SequenceNumber"])
        found = after.client.get_records(ShardIterator=iterator)["Records"]
        assert [record["Data"] for record in found] == [b"4"]
        [consumer] = after.client.list_stream_consumers(StreamARN=after.arn(name))["Consumers"]
        assert consumer["ConsumerARN"] == made["ConsumerARN"]
        assert after.client.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_places_of_trimmed_records_do_not_come_back(tmp_path: Path, unique: str) -> None:
    with running(Config(data=tmp_path, port=0)) as runtime:
        before = Kinesis(runtime, runtime.client("kinesis"), unique)
        name = before.stream()
        number = before.put(name, b"old")["SequenceNumber"]
        runtime.advance(30 * 3600)
        assert before.read(name) == []
    with running(Config(data=tmp_path, port=0)) as runtime:
        after = Kinesis(runtime, runtime.client("kinesis"), unique)
        assert int(after.put(name, b"new")["SequenceNumber"]) > int(number)
        assert after.read(name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=number) == [b"new"]
        rows = runtime.runtime.store.one("SELECT count(*) FROM kinesis_records")
        assert rows == (1,)


def test_a_long_retention_does_not_hold_up_the_others_trimming(unique: str) -> None:
    with running(Config(port=0)) as runtime:
        kinesis = Kinesis(runtime, runtime.client("kinesis"), unique)
        long, short = kinesis.stream(), kinesis.stream()
        kinesis.client.increase_stream_retention_period(StreamName=long, RetentionPeriodHours=8760)
        for name in (long, short):
            kinesis.put(name, b"old")
        runtime.advance(30 * 3600)
        assert runtime.runtime.store.one("SELECT count(*) FROM kinesis_records") == (1,)
        assert kinesis.read(long) == [b"old"]


def test_what_was_refused_leaves_no_gap_that_a_reader_misses(tmp_path: Path, unique: str) -> None:
    with running(Config(data=tmp_path, port=0)) as runtime:
        before = Kinesis(runtime, runtime.client("kinesis"), unique)
        name = before.stream()
        wrong = [
            {"Data": b"x", "PartitionKey": "k"},
            {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128)},
        ]
        before.refused("put_records", StreamName=name, Records=wrong)
        latest = before.iterator(name, "LATEST")
    with running(Config(data=tmp_path, port=0)) as runtime:
        after = Kinesis(runtime, runtime.client("kinesis"), unique)
        after.put(name, b"new")
        [record] = after.client.get_records(ShardIterator=latest)["Records"]
        assert record["Data"] == b"new"

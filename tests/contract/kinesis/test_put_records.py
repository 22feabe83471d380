"""PutRecords: many at once, over all shards."""

from tests.contract.kinesis.conftest import Kinesis


def test_each_record_has_its_answer(kinesis: Kinesis) -> None:
    name = kinesis.stream(3)
    records = [{"Data": str(i).encode(), "PartitionKey": f"key-{i}"} for i in range(30)]
    answer = kinesis.client.put_records(StreamName=name, Records=records)
    assert answer["FailedRecordCount"] == 0
    placed = [(record["ShardId"], int(record["SequenceNumber"])) for record in answer["Records"]]
    assert len(set(placed)) == 30
    for shard in {shard for shard, _ in placed}:
        numbers = [number for other, number in placed if other == shard]
        assert numbers == sorted(numbers)
        expected = [records[i]["Data"] for i, (other, _) in enumerate(placed) if other == shard]
        assert kinesis.read(name, shard=shard) == expected


def test_at_most_500_records(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    code, message = kinesis.refused("put_records", StreamName=name, Records=[{"Data": b"x", "PartitionKey": "k"}] * 501)
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value at 'records' failed to satisfy constraint: "
        "Member must have length less than or equal to 500"
    )


def test_one_record_that_is_too_large_refuses_all(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    large = {"Data": b"x" * (1024 * 1024 + 1), "PartitionKey": "k"}
    code, message = kinesis.refused(
        "put_records", StreamName=name, Records=[{"Data": b"x", "PartitionKey": "k"}, large]
    )
    assert code == "ValidationException"
    assert "Value at 'records.2.member.data' failed to satisfy constraint" in message
    assert kinesis.read(name) == []


def test_at_most_ten_mebibytes(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    record = {"Data": b"x" * (1024 * 1024 - 1), "PartitionKey": "k"}
    code, message = kinesis.refused("put_records", StreamName=name, Records=[record] * 11)
    assert (code, message) == ("InvalidArgumentException", "Records size exceeds 10 MB limit")


def test_a_wrong_hash_key_refuses_all(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    records = [
        {"Data": b"x", "PartitionKey": "k"},
        {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128)},
    ]
    assert kinesis.refused("put_records", StreamName=name, Records=records)[0] == "InvalidArgumentException"
    assert kinesis.read(name) == []

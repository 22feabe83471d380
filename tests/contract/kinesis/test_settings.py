"""Retention, metrics, encryption, record size, throughput and distribution of a stream."""

import pytest
from tests.contract.kinesis.conftest import Kinesis


def test_retention_grows_and_shrinks(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"old")
    kinesis.client.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    kinesis.penstock.advance(30 * 3600)
    assert kinesis.summary(name)["RetentionPeriodHours"] == 48
    assert kinesis.read(name) == [b"old"]
    kinesis.client.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=24)
    assert kinesis.read(name) == []


@pytest.mark.parametrize(
    ("operation", "hours", "said"),
    [
        (
            "increase_stream_retention_period",
            8761,
            "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
        ),
        (
            "decrease_stream_retention_period",
            23,
            "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
        ),
        (
            "increase_stream_retention_period",
            24,
            "Requested retention period (24 hours) for stream {name} can not be shorter than existing retention "
            "period (48 hours). Use DecreaseRetentionPeriod API.",
        ),
        (
            "decrease_stream_retention_period",
            72,
            "Requested retention period (72 hours) for stream {name} can not be longer than existing retention "
            "period (48 hours). Use IncreaseRetentionPeriod API.",
        ),
    ],
)
def test_retention_out_of_range(kinesis: Kinesis, operation: str, hours: int, said: str) -> None:
    name = kinesis.stream()
    kinesis.client.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    refused = kinesis.refused(operation, StreamName=name, RetentionPeriodHours=hours)
    assert refused == ("InvalidArgumentException", said.format(name=name))


def test_metrics(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    on = kinesis.client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["IncomingBytes"])
    assert (on["CurrentShardLevelMetrics"], on["DesiredShardLevelMetrics"]) == ([], ["IncomingBytes"])
    everything = kinesis.client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])
    assert len(everything["DesiredShardLevelMetrics"]) == 7
    off = kinesis.client.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["IncomingBytes"])
    assert "IncomingBytes" not in off["DesiredShardLevelMetrics"]
    kinesis.client.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])
    assert kinesis.summary(name)["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]


def test_encryption_is_shown(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    summary = kinesis.summary(name)
    assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", "alias/aws/kinesis")
    assert kinesis.put(name)["EncryptionType"] == "KMS"
    [record] = kinesis.client.get_records(ShardIterator=kinesis.iterator(name))["Records"]
    assert record["EncryptionType"] == "KMS"
    kinesis.client.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert kinesis.summary(name)["EncryptionType"] == "NONE"
    assert "KeyId" not in kinesis.summary(name)


def test_larger_records(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.client.update_max_record_size(StreamARN=kinesis.arn(name), MaxRecordSizeInKiB=2048)
    kinesis.put(name, b"x" * (2 * 1024 * 1024 - 1))
    assert kinesis.summary(name)["MaxRecordSizeInKiB"] == 2048
    code, _ = kinesis.refused("put_record", StreamName=name, Data=b"x" * 2 * 1024 * 1024, PartitionKey="k")
    assert code == "ValidationException"


def test_what_only_streams_on_demand_have(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    auto = {"StreamARN": kinesis.arn(name), "RecordDistributionStrategy": "AUTO"}
    assert kinesis.refused("update_stream_record_distribution_strategy", **auto)[0] == "InvalidArgumentException"
    warm = {"StreamName": name, "WarmThroughputMiBps": 10}
    assert kinesis.refused("update_stream_warm_throughput", **warm)[0] == "InvalidArgumentException"
    kinesis.client.update_stream_mode(StreamARN=kinesis.arn(name), StreamModeDetails={"StreamMode": "ON_DEMAND"})
    answer = kinesis.client.update_stream_warm_throughput(**warm)
    assert answer["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 10}
    kinesis.client.update_stream_record_distribution_strategy(**auto)
    assert kinesis.summary(name)["RecordDistributionStrategy"] == "AUTO"


def test_records_without_a_key_are_spread(kinesis: Kinesis) -> None:
    name = kinesis.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"}, RecordDistributionStrategy="AUTO")
    records = kinesis.client.put_records(StreamName=name, Records=[{"Data": b"x"}] * 40)["Records"]
    counts = [sum(record["ShardId"] == f"shardId-{number:012d}" for record in records) for number in range(4)]
    assert min(counts) >= 8


def test_the_mode_changes_twice_a_day(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    for mode in ("ON_DEMAND", "PROVISIONED"):
        kinesis.client.update_stream_mode(StreamARN=kinesis.arn(name), StreamModeDetails={"StreamMode": mode})
    again = {"StreamARN": kinesis.arn(name), "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    assert kinesis.refused("update_stream_mode", **again)[0] == "LimitExceededException"
    kinesis.penstock.advance(25 * 3600)
    kinesis.client.update_stream_mode(**again)

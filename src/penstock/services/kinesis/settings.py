"""What can be changed of a stream: retention, metrics, encryption, the size of records, throughput, distribution.

What is only kept and shown: metrics of shards (nothing reads them), encryption (records are not encrypted on this
machine) and warm throughput (a stream takes what comes).
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
"""

from penstock.call import Context
from penstock.services.kinesis import trimming
from penstock.services.kinesis.errors import invalid
from penstock.services.kinesis.state import Stream, change, stream_of
from penstock.services.kinesis.streams import warm_throughput
from penstock.wire.model import Json

SHORTEST, LONGEST = 24, 8760  # hours

_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


# -- retention -----------------------------------------------------------------------------------------


def increase_stream_retention_period(ctx: Context, request: Json) -> Json:
    stream, hours = stream_of(ctx, request), _hours(request)
    if hours < stream.settings.retention_hours:
        raise _wrong_way(stream, hours, "shorter", "Decrease")
    change(ctx, stream, retention_hours=hours)
    return {}


def decrease_stream_retention_period(ctx: Context, request: Json) -> Json:
    stream, hours = stream_of(ctx, request), _hours(request)
    if hours > stream.settings.retention_hours:
        raise _wrong_way(stream, hours, "longer", "Increase")
    change(ctx, stream, retention_hours=hours)
    ctx.store.after_commit(lambda: trimming.arm(ctx, ctx.clock.now()))
    return {}


def _hours(request: Json) -> int:
    hours: int = request["RetentionPeriodHours"]
    for wrong, bound, limit, what in (
        (hours < SHORTEST, "Minimum", SHORTEST, "short"),
        (hours > LONGEST, "Maximum", LONGEST, "long"),
    ):
        if wrong:
            raise invalid(
                f"{bound} allowed retention period is {limit} hours. "
                f"Requested retention period ({hours} hours) is too {what}."
            )
    return hours


def _wrong_way(stream: Stream, hours: int, what: str, other: str) -> Exception:
    return invalid(
        f"Requested retention period ({hours} hours) for stream {stream.name} can not be {what} than existing "
        f"retention period ({stream.settings.retention_hours} hours). Use {other}RetentionPeriod API."
    )


# -- metrics -------------------------------------------------------------------------------------------


def enable_enhanced_monitoring(ctx: Context, request: Json) -> Json:
    stream, wanted = stream_of(ctx, request), _metrics(request)
    return _monitor(ctx, stream, {*stream.settings.metrics, *wanted})


def disable_enhanced_monitoring(ctx: Context, request: Json) -> Json:
    stream, unwanted = stream_of(ctx, request), _metrics(request)
    return _monitor(ctx, stream, {*stream.settings.metrics} - unwanted)


def _metrics(request: Json) -> set[str]:
    given = set(request["ShardLevelMetrics"])
    return set(_METRICS) if "ALL" in given else given


def _monitor(ctx: Context, stream: Stream, metrics: set[str]) -> Json:
    before, after = stream.settings.metrics, tuple(name for name in _METRICS if name in metrics)
    change(ctx, stream, metrics=after)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": list(before),
        "DesiredShardLevelMetrics": list(after),
    }


# -- encryption ----------------------------------------------------------------------------------------


def start_stream_encryption(ctx: Context, request: Json) -> Json:
    if request["EncryptionType"] != "KMS":
        raise invalid("EncryptionType must be KMS to start the encryption of a stream.")
    change(ctx, stream_of(ctx, request), encryption_type="KMS", key_id=request["KeyId"])
    return {}


def stop_stream_encryption(ctx: Context, request: Json) -> Json:
    change(ctx, stream_of(ctx, request), encryption_type="NONE", key_id="")
    return {}


# -- records -------------------------------------------------------------------------------------------


def update_max_record_size(ctx: Context, request: Json) -> Json:
    change(ctx, stream_of(ctx, request), max_record_size=request["MaxRecordSizeInKiB"])
    return {}


def update_stream_warm_throughput(ctx: Context, request: Json) -> Json:
    stream = stream_of(ctx, request)
    if not stream.on_demand:
        raise invalid("Warm throughput is only supported for streams in ON_DEMAND mode.")
    change(ctx, stream, warm_throughput=request["WarmThroughputMiBps"])
    return {"StreamName": stream.name, "StreamARN": stream.arn, "WarmThroughput": warm_throughput(stream)}


def update_stream_record_distribution_strategy(ctx: Context, request: Json) -> Json:
    stream, strategy = stream_of(ctx, request), request["RecordDistributionStrategy"]
    if strategy == "AUTO" and not stream.on_demand:
        raise invalid("The record distribution strategy AUTO is only supported for streams in ON_DEMAND mode.")
    change(ctx, stream, distribution=strategy)
    return {}

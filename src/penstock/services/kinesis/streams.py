"""Streams: create, describe, list, delete.

A stream is ACTIVE as soon as CreateStream has answered, and gone as soon as DeleteStream has: waiters find at their
first look what they wait for.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
"""

from typing import Any

import orjson

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.kinesis import store, tags, trimming
from penstock.services.kinesis.errors import in_use, invalid, limit_exceeded
from penstock.services.kinesis.shards import Shard, ranges
from penstock.services.kinesis.state import Settings, Stream, state, stream_arn, stream_of
from penstock.wire.model import Json

ON_DEMAND_SHARDS = 4
ON_DEMAND_STREAMS = 50
SHARD_LIMIT = 6000
# Regions whose accounts have another limit.
SHARD_LIMITS = {"us-east-1": 20_000, "us-west-2": 20_000, "eu-west-1": 20_000}

_PAGE = 100  # at most, whatever is asked for
_QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html"


# -- create and delete ---------------------------------------------------------------------------------


def create_stream(ctx: Context, request: Json) -> Json:
    """Without a number of shards a stream is on demand."""
    name = request["StreamName"]
    arn = stream_arn(ctx, name)
    if arn in state(ctx).by_arn:
        raise in_use(f"Stream {name} under account {ctx.account} already exists.")
    count = request.get("ShardCount")
    mode = request.get("StreamModeDetails", {}).get("StreamMode") or ("PROVISIONED" if count else "ON_DEMAND")
    settings = _settings(request, mode)
    if mode == "ON_DEMAND":
        _check_on_demand(ctx)
        count = ON_DEMAND_SHARDS
    elif count is None:
        raise invalid("ShardCount must be specified for a stream in PROVISIONED mode.")
    check_shard_limit(ctx, count)
    _insert(ctx, arn, settings, tags.checked(request.get("Tags", {})), count)
    return {}


def _settings(request: Json, mode: str) -> Settings:
    given: dict[str, Any] = {
        "max_record_size": request.get("MaxRecordSizeInKiB"),
        "warm_throughput": request.get("WarmThroughputMiBps"),
        "distribution": request.get("RecordDistributionStrategy"),
    }
    if mode != "ON_DEMAND" and (given["warm_throughput"] or given["distribution"] == "AUTO"):
        raise invalid("Warm throughput and record distribution are only supported for streams in ON_DEMAND mode.")
    return Settings(mode=mode, **{name: value for name, value in given.items() if value is not None})


def _check_on_demand(ctx: Context) -> None:
    streams = sum(stream.on_demand for stream in _here(ctx))
    if streams >= ON_DEMAND_STREAMS:
        raise limit_exceeded(
            f"This request would exceed the on-demand stream limit for the account {ctx.account} in {ctx.region}. "
            f"Current on-demand stream count for the account: {streams}. Limit: {ON_DEMAND_STREAMS}."
        )


def check_shard_limit(ctx: Context, additional: int) -> None:
    limit, count = shard_limit(ctx), open_shards(ctx)
    if count + additional > limit:
        raise limit_exceeded(
            f"This request would exceed the shard limit for the account {ctx.account} in {ctx.region}. "
            f"Current shard count for the account: {count}. Limit: {limit}. Number of additional shards that would "
            f"have resulted from this request: {additional}. Refer to the AWS Service Limits page ({_QUOTAS}) for "
            "current limits and how to request higher limits."
        )


def shard_limit(ctx: Context) -> int:
    return SHARD_LIMITS.get(ctx.region, SHARD_LIMIT)


def open_shards(ctx: Context) -> int:
    """Those of provisioned streams count towards the account's limit."""
    return sum(len(stream.layout.open) for stream in _here(ctx) if not stream.on_demand)


def _here(ctx: Context) -> list[Stream]:
    here = (ctx.account, ctx.region)
    return [stream for stream in state(ctx).streams.values() if stream.address[:2] == here]


def _insert(ctx: Context, arn: str, settings: Settings, tags: dict[str, str], count: int) -> None:
    now = ctx.clock.now()
    row = (arn, now, settings.text, orjson.dumps(tags).decode())
    stream_id = ctx.store.insert(store.INSERT_STREAM, *row)
    shards = [insert_shard(ctx, stream_id, now, number, *keys) for number, keys in enumerate(ranges(count))]
    stream = Stream(ctx.kernel, (stream_id, *row, ""), shards)
    state(ctx).enter(stream)
    ctx.store.after_rollback(lambda: state(ctx).leave(stream))
    ctx.store.after_commit(stream.changed)


def insert_shard(
    ctx: Context, stream_id: int, now: float, number: int, low: int, high: int, parents: tuple[Shard, ...] = ()
) -> Shard:
    """A new open shard; its sequence numbers begin after those of its parents, and else two seconds ago, as on AWS."""
    made = max([int(now) + 1, *(parent.made + 1 for parent in parents)]) if parents else int(now) - 2
    first, second = (*(parent.number for parent in parents), None, None)[:2]
    row = (number, str(low), str(high), made, first, second, now)
    return Shard((ctx.store.insert(store.INSERT_SHARD, stream_id, *row), *row, None, 0))


def delete_stream(ctx: Context, request: Json) -> Json:
    """The records of a stream that is gone are deleted bit by bit, however many they are."""
    stream = stream_of(ctx, request)
    if stream.consumers and not request.get("EnforceConsumerDeletion"):
        raise in_use(
            f"Stream {stream.name} under account {stream.account} has registered consumers. Please deregister "
            "consumers before deleting the stream or set EnforceConsumerDeletion to true"
        )
    ctx.store.run(store.DELETE_STREAM, stream.id)
    for consumer in stream.consumers.values():
        ctx.store.run(store.DELETE_CONSUMER, consumer.arn)
    state(ctx).leave(stream)
    ctx.store.after_rollback(lambda: state(ctx).enter(stream))
    ctx.store.after_commit(lambda: _deleted(ctx, stream))
    return {}


def _deleted(ctx: Context, stream: Stream) -> None:
    stream.deleted = True
    stream.changed()
    ctx.spawn(trimming.sweep(ctx), f"kinesis: records of {stream.name}")


# -- describe ------------------------------------------------------------------------------------------


def describe_stream(ctx: Context, request: Json) -> Json:
    stream = stream_of(ctx, request)
    after = request.get("ExclusiveStartShardId", "")
    shards = [shard for shard in stream.seen_shards() if shard.shard_id > after]
    page = shards[: min(request.get("Limit", _PAGE), _PAGE)]
    description = _described(stream) | {
        "Shards": [shard.described() for shard in page],
        "HasMoreShards": len(page) < len(shards),
    }
    return {"StreamDescription": description}


def describe_stream_summary(ctx: Context, request: Json) -> Json:
    stream = stream_of(ctx, request)
    settings = stream.settings
    summary = _described(stream) | {
        "OpenShardCount": len(stream.layout.open),
        "ConsumerCount": len(stream.consumers),
        "MaxRecordSizeInKiB": settings.max_record_size,
    }
    if stream.on_demand:
        summary["RecordDistributionStrategy"] = settings.distribution
    if settings.warm_throughput:
        summary["WarmThroughput"] = warm_throughput(stream)
    return {"StreamDescriptionSummary": summary}


def warm_throughput(stream: Stream) -> Json:
    return {"TargetMiBps": stream.settings.warm_throughput, "CurrentMiBps": stream.settings.warm_throughput}


def _described(stream: Stream) -> Json:
    settings = stream.settings
    key = {"KeyId": settings.key_id} if stream.encrypted else {}
    return _summary(stream) | {
        "RetentionPeriodHours": settings.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(settings.metrics)}],
        "EncryptionType": settings.encryption_type,
        **key,
    }


def _summary(stream: Stream) -> Json:
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": stream.settings.mode},
        "StreamCreationTimestamp": round(stream.created_at, 3),
    }


def list_streams(ctx: Context, request: Json) -> Json:
    after = request.get("ExclusiveStartStreamName", "")
    if token := request.get("NextToken"):
        try:
            [after] = page_key(token, str)
        except ValueError:
            raise invalid("Invalid NextToken.") from None
    streams = sorted((stream for stream in _here(ctx) if stream.name > after), key=lambda stream: stream.name)
    page = streams[: min(request.get("Limit", _PAGE), _PAGE)]
    result = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(page) < len(streams),
        "StreamSummaries": [_summary(stream) for stream in page],
    }
    return result | ({"NextToken": page_token(page[-1].name)} if len(page) < len(streams) else {})


def describe_limits(ctx: Context, request: Json) -> Json:
    return {
        "ShardLimit": shard_limit(ctx),
        "OpenShardCount": open_shards(ctx),
        "OnDemandStreamCount": sum(stream.on_demand for stream in _here(ctx)),
        "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
    }

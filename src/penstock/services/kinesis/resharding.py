"""Splitting and merging shards, one by one or up to a number of them.

A shard that is split or merged is closed: what it holds is read to its end, and then its children. All is done when
the operation answers.
Source: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html
"""

from itertools import pairwise

from penstock.call import Context
from penstock.services.kinesis import store
from penstock.services.kinesis.errors import invalid, limit_exceeded, refused
from penstock.services.kinesis.shards import Shard
from penstock.services.kinesis.state import Stream, change, shard_at, shard_number, stream_of
from penstock.services.kinesis.streams import check_shard_limit, insert_shard
from penstock.wire.model import Json

MOST_SHARDS = 10_000
DAY = 86_400
CHANGES_OF_COUNT = 10  # of a stream, in a day
CHANGES_OF_MODE = 2


def split_shard(ctx: Context, request: Json) -> Json:
    number = shard_number(ctx, request, request["ShardToSplit"])
    stream = stream_of(ctx, request)
    shard = shard_at(stream, number)
    _check_provisioned(stream)
    _check_open(stream, shard)
    key = int(request["NewStartingHashKey"])
    if not shard.low + 1 < key < shard.high:
        raise invalid(
            f"NewStartingHashKey {key} used in SplitShard() on shard {shard.shard_id} in stream {stream.name} under "
            f"account {stream.account} is not both greater than one plus the shard's StartingHashKey {shard.low} and "
            f"less than the shard's EndingHashKey {shard.high}."
        )
    check_shard_limit(ctx, 1)
    _split(ctx, stream, shard, key)
    return {}


def merge_shards(ctx: Context, request: Json) -> Json:
    numbers = [shard_number(ctx, request, request[member]) for member in ("ShardToMerge", "AdjacentShardToMerge")]
    stream = stream_of(ctx, request)
    first, second = (shard_at(stream, number) for number in numbers)
    _check_provisioned(stream)
    _check_open(stream, first)
    _check_open(stream, second)
    if first.high + 1 != second.low:
        raise invalid(
            f"Shards {first.shard_id} and {second.shard_id} in stream {stream.name} under account {stream.account} "
            "are not an adjacent pair of shards eligible for merging"
        )
    _merge(ctx, stream, first, second)
    return {}


def update_shard_count(ctx: Context, request: Json) -> Json:
    """As AWS goes about it: to have more, every shard is split in two; then the narrowest neighbours are merged until
    there are as many as wanted."""
    stream, target = stream_of(ctx, request), request["TargetShardCount"]
    _check_provisioned(stream)
    current = len(stream.layout.open)
    _check_target(ctx, stream, current, target)
    recent = _recent(ctx, stream.settings.scaled_at)
    if len(recent) >= CHANGES_OF_COUNT:
        raise limit_exceeded(
            f"Stream {stream.name} under account {stream.account} was scaled {CHANGES_OF_COUNT} times within the last "
            "24 hours, which is the most that is allowed."
        )
    change(ctx, stream, scaled_at=(*recent, ctx.clock.now()))
    if target > current:
        for shard in stream.layout.open:
            _split(ctx, stream, shard, (shard.low + shard.high + 1) // 2)
    while len(stream.layout.open) > target:
        first, second = min(pairwise(stream.layout.open), key=lambda pair: pair[1].high - pair[0].low)
        _merge(ctx, stream, first, second)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }


def _check_target(ctx: Context, stream: Stream, current: int, target: int) -> None:
    counts = f"Current open shard count: {current}, Target shard count: {target}"
    if target > MOST_SHARDS:
        raise limit_exceeded(
            f"Target shard count or number of open shards cannot be greater than {MOST_SHARDS}. {counts}"
        )
    if target > current * 2:
        raise limit_exceeded(f"UpdateShardCount cannot scale up over double your current open shard count. {counts}")
    if target < current / 2:
        raise limit_exceeded(f"UpdateShardCount cannot scale down below half your current open shard count. {counts}")
    if target > current:
        check_shard_limit(ctx, target - current)


def update_stream_mode(ctx: Context, request: Json) -> Json:
    stream, mode = stream_of(ctx, request), request["StreamModeDetails"]["StreamMode"]
    warm = request.get("WarmThroughputMiBps", 0)
    if warm and mode != "ON_DEMAND":
        raise invalid("Warm throughput is only supported for streams in ON_DEMAND mode.")
    if mode == stream.settings.mode:
        return {}
    recent = _recent(ctx, stream.settings.switched_at)
    if len(recent) >= CHANGES_OF_MODE:
        raise limit_exceeded(
            f"The mode of stream {stream.name} under account {stream.account} was changed {CHANGES_OF_MODE} times "
            "within the last 24 hours, which is the most that is allowed."
        )
    change(
        ctx,
        stream,
        mode=mode,
        switched_at=(*recent, ctx.clock.now()),
        warm_throughput=warm,
        distribution="USER_PARTITION_KEY",
    )
    return {}


def _recent(ctx: Context, times: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(when for when in times if when > ctx.clock.now() - DAY)


def _check_provisioned(stream: Stream) -> None:
    if stream.on_demand:
        raise refused(f"Request is invalid. Stream {stream.name} under account {stream.account} is in On-Demand mode.")


def _check_open(stream: Stream, shard: Shard) -> None:
    if shard.closed_at is not None:
        raise invalid(
            f"Shard {shard.shard_id} in stream {stream.name} under account {stream.account} has already been merged "
            "or split, and thus is not eligible for merging or splitting."
        )


# -- one step ------------------------------------------------------------------------------------------


def _split(ctx: Context, stream: Stream, shard: Shard, key: int) -> None:
    _replace(ctx, stream, (shard,), [(shard.low, key - 1), (key, shard.high)])


def _merge(ctx: Context, stream: Stream, first: Shard, second: Shard) -> Shard:
    """The first one is the parent, the second one the adjacent parent."""
    return _replace(ctx, stream, (first, second), [(first.low, second.high)])[0]


def _replace(ctx: Context, stream: Stream, parents: tuple[Shard, ...], keys: list[tuple[int, int]]) -> list[Shard]:
    """Closes the parents and opens their children, in rows and in memory."""
    now, layout = ctx.clock.now(), stream.layout
    children: list[Shard] = []
    for low, high in keys:
        child = insert_shard(ctx, stream.id, now, layout.next_number + len(children), low, high, parents)
        children.append(child)
    for parent in parents:
        ctx.store.run(store.CLOSE_SHARD, now, parent.id)
    layout.replace(parents, children, now)
    ctx.store.after_rollback(lambda: layout.restore(parents, children))
    ctx.store.after_commit(stream.changed)
    return children

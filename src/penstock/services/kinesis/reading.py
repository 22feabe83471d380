"""Reading shards: iterators and the records behind them.

Reading takes nothing away, so that any number of readers can. A shard's read limits (5 calls and 2 MB a second) are not
held. A record that has outlived the retention period is not read, whether or not it was deleted yet.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
"""

from typing import NamedTuple

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.kinesis import iterators, metrics, sequences, store
from penstock.services.kinesis.errors import invalid, shard_gone
from penstock.services.kinesis.shards import Shard, shard_name
from penstock.services.kinesis.state import Stream, named, shard_at, shard_number, state, stream_of
from penstock.services.kinesis.trimming import place_at
from penstock.services.kinesis.writing import check_dry_run
from penstock.wire.model import Json

MAX_RECORDS = 10_000
MAX_BYTES = 10 * 1024 * 1024

_AT, _AFTER, _HORIZON, _LATEST, _TIME = (
    "AT_SEQUENCE_NUMBER",
    "AFTER_SEQUENCE_NUMBER",
    "TRIM_HORIZON",
    "LATEST",
    "AT_TIMESTAMP",
)


# -- where to begin ------------------------------------------------------------------------------------


def get_shard_iterator(ctx: Context, request: Json) -> Json:
    number = shard_number(ctx, request, request["ShardId"])
    try:
        stream = stream_of(ctx, request)
        shard = shard_at(stream, number)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise shard_gone(shard_name(number), *named(ctx, request)) from None
    kind, sequence = request["ShardIteratorType"], request.get("StartingSequenceNumber")
    place = begin(ctx, stream, shard, kind, sequence, request.get("Timestamp"), "GetShardIterator")
    check_dry_run(request)
    return {"ShardIterator": _iterator(ctx, stream, shard, place)}


def begin(
    ctx: Context, stream: Stream, shard: Shard, kind: str, sequence: str | None, timestamp: float | None, used: str
) -> int:
    """The place of the first record to be read; `used` is the operation, for what AWS says."""
    if kind in (_AT, _AFTER):
        if sequence is None:
            raise _mismatch(kind, "no")
        return _place_of(stream, shard, sequence, used) + (kind == _AFTER)
    if sequence is not None and kind != _TIME:
        raise _mismatch(kind, "also a")
    if kind == _TIME:
        return _place_at(ctx, shard, timestamp)
    return shard.last + 1 if kind == _LATEST else 0


def _mismatch(kind: str, what: str) -> AwsError:
    return invalid(
        f"Must either specify (1) {_AT} or {_AFTER} and StartingSequenceNumber or (2) {_HORIZON} or {_LATEST} and no "
        f"StartingSequenceNumber. Request specified {kind} and {what} StartingSequenceNumber."
    )


def _place_of(stream: Stream, shard: Shard, text: str, used: str) -> int:
    where = f"used in {used} on shard {shard.shard_id} in stream {stream.name} under account {stream.account}"
    try:
        found = sequences.parse(text)
    except sequences.Unanswered:
        raise AwsError("InternalFailure", status=500) from None
    except sequences.InvalidSequence:
        raise invalid(f"StartingSequenceNumber {text} {where} is invalid.") from None
    if found.shard != shard.number:
        raise invalid(
            f"Invalid StartingSequenceNumber. It encodes {shard_name(found.shard)}, while it was used in a call to a "
            f"shard with {shard.shard_id}"
        )
    if (found.version, found.made) != (2, shard.made):
        if found.version == 0 and found.made == 0:
            raise AwsError("InternalFailure", status=500)
        raise invalid(f"StartingSequenceNumber {text} {where} is invalid because it did not come from this stream.")
    return min(found.place, store.LAST_PLACE - 1)


def _place_at(ctx: Context, shard: Shard, timestamp: float | None) -> int:
    if timestamp is None:
        raise invalid(
            f"Must specify timestampInMillis parameter for iterator of type {_TIME}. "
            "Current request has no timestamp parameter."
        )
    when, now = _milliseconds(timestamp), _milliseconds(ctx.clock.now())
    if when > now:
        raise invalid(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {when}, currentTimestampInMillis: {now}"
        )
    return place_at(ctx, shard, when / 1000)


def _milliseconds(seconds: float) -> int:
    """Whole ones; a thousandth more, because seconds in floating point may fall short of the millisecond they mean."""
    return int(seconds * 1000 + 0.001)


def _iterator(ctx: Context, stream: Stream, shard: Shard, place: int) -> str:
    return iterators.encode(int(ctx.clock.now() * 1000), place, shard.number, stream.arn)


# -- records -------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Records as they are answered; `place` is that of the record after them; `behind` milliseconds."""

    records: list[Json]
    place: int
    behind: int


def get_records(ctx: Context, request: Json) -> Json:
    iterator = _decoded(ctx, request["ShardIterator"])
    stream = state(ctx).by_arn.get(iterator.stream)
    shard = stream.layout.all.get(iterator.shard) if stream else None
    if stream is None or shard is None:
        arn = Arn.parse(iterator.stream)
        raise shard_gone(shard_name(iterator.shard), arn.resource_id, arn.account)
    check_dry_run(request)
    place = min(iterator.place, shard.last + 1)  # the iterator of a stream that was deleted may lead further
    batch = read(ctx, stream, shard, place, request.get("Limit", MAX_RECORDS))
    metrics.read(ctx, stream, len(batch.records), batch.behind)
    result: Json = {"Records": batch.records, "MillisBehindLatest": batch.behind}
    if at_end(shard, batch.place):
        return result | {"ChildShards": child_shards(stream, shard)}
    return result | {"NextShardIterator": _iterator(ctx, stream, shard, batch.place)}


def _decoded(ctx: Context, text: str) -> iterators.Iterator:
    try:
        iterator = iterators.decode(text)
    except iterators.InvalidIterator:
        raise invalid("Invalid ShardIterator.") from None
    now = ctx.clock.now() * 1000
    if now - iterator.made > iterators.LIFETIME:
        message = (
            f"Iterator expired. The iterator was created at time {iterators.day(iterator.made)} while right now it is "
            f"{iterators.day(now)} which is further in the future than the tolerated delay of "
            f"{iterators.LIFETIME} milliseconds."
        )
        raise AwsError("ExpiredIteratorException", message)
    return iterator


def read(ctx: Context, stream: Stream, shard: Shard, place: int, limit: int) -> Batch:
    """At most `limit` records and ten megabytes (one record at least) from `place` on."""
    now = ctx.clock.now()
    horizon = now - stream.retention
    if shard.created_at <= horizon and place <= shard.last:
        first = ctx.store.one(store.FIRST_RECORD, shard.row_id(place), shard.row_id(shard.last))
        if first is not None and first[1] <= horizon:
            place = place_at(ctx, shard, horizon)
    records, place, arrived = _records(ctx, stream, shard, place, limit)
    behind = 0 if place > shard.last else max(1, int((now - arrived) * 1000))
    return Batch(records, place, behind)


def _records(ctx: Context, stream: Stream, shard: Shard, place: int, limit: int) -> tuple[list[Json], int, float]:
    records: list[Json] = []
    size, arrived = 0, ctx.clock.now()
    encryption = {"EncryptionType": stream.settings.encryption_type} if stream.encrypted else {}
    if place > shard.last:
        return records, place, arrived
    for id, arrived_at, key, data in ctx.store.each(store.READ, shard.row_id(place), shard.row_id(shard.last), limit):
        size += len(data) + len(key)
        if size > MAX_BYTES and records:
            return records, place, arrived
        arrived, found = arrived_at, id & store.LAST_PLACE
        record: Json = {
            "SequenceNumber": shard.sequence_number(found, arrived_at),
            "ApproximateArrivalTimestamp": arrived_at,
            "Data": data,
            "PartitionKey": key,
        }
        records.append(record | encryption if encryption else record)
        place = found + 1
    if len(records) < limit:
        place = shard.last + 1
    return records, place, arrived


def at_end(shard: Shard, place: int) -> bool:
    """Whether nothing will ever stand at `place`."""
    return shard.closed_at is not None and place > shard.last


def child_shards(stream: Stream, shard: Shard) -> list[Json]:
    return [
        {
            "ShardId": child.shard_id,
            "ParentShards": [shard_name(number) for number in child.parents],
            "HashKeyRange": child.hash_key_range,
        }
        for child in stream.layout.children(shard)
    ]

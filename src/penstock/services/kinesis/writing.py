"""Putting records into streams.

Records are put one after the other in one event loop, so that the sequence numbers of a shard always grow;
`SequenceNumberForOrdering` is checked and asks for no more. A shard takes what comes: its write limits (1 MB and 1000
records a second) are not held, so that no record of PutRecords fails while others succeed.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
"""

from collections.abc import Iterable
from hashlib import md5
from itertools import count

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.kinesis import sequences, store, trimming
from penstock.services.kinesis.errors import invalid, refused, violated
from penstock.services.kinesis.shards import HASH_KEYS, Shard
from penstock.services.kinesis.state import Stream, stream_of
from penstock.wire.model import Json

MAX_REQUEST = 10 * 1024 * 1024

# row id, arrival, partition key, data
Row = tuple[int, float, str, bytes]

# Multiples of the golden ratio: each next hash key falls into the widest gap that those before it have left.
_STEP = int(HASH_KEYS * 0.6180339887498949)
_spread = count(_STEP, _STEP)


def put_record(ctx: Context, request: Json) -> Json:
    stream = stream_of(ctx, request)
    now = _now(ctx)
    shard = _shard(stream, request, "")
    if "SequenceNumberForOrdering" in request:
        _check_ordering(stream, request["SequenceNumberForOrdering"], now)
    if "DryRun" in request:
        check_dry_run(request)
    row = _placed(shard, request, now)
    ctx.store.single(store.INSERT_RECORD, *row)
    result = {"ShardId": shard.shard_id, "SequenceNumber": sequences.number(shard.base, shard.last, int(row[1]))}
    return _arrived(ctx, stream, (shard,), result)


def put_records(ctx: Context, request: Json) -> Json:
    stream, entries = stream_of(ctx, request), request["Records"]
    now = _now(ctx)
    if sum(len(entry["Data"]) + len(entry.get("PartitionKey", "").encode()) for entry in entries) > MAX_REQUEST:
        raise invalid("Records size exceeds 10 MB limit")
    shards = [_shard(stream, entry, f"records.{index}.member.") for index, entry in enumerate(entries, 1)]
    check_dry_run(request)
    rows: list[Row] = []
    records: list[Json] = []
    for shard, entry in zip(shards, entries, strict=True):
        row = _placed(shard, entry, now)
        rows.append(row)
        number = sequences.number(shard.base, shard.last, int(row[1]))
        records.append({"SequenceNumber": number, "ShardId": shard.shard_id})
    ctx.store.many(store.INSERT_RECORD, rows)
    return _arrived(ctx, stream, set(shards), {"FailedRecordCount": 0, "Records": records})


def _now(ctx: Context) -> float:
    """Now, without what is beyond milliseconds: a record never arrives after it was acknowledged."""
    return int(ctx.clock.now() * 1000) / 1000


def _shard(stream: Stream, entry: Json, prefix: str) -> Shard:
    """The shard that a record belongs into. Raises AwsError."""
    name = entry.get("PartitionKey", "").encode()
    if len(entry["Data"]) + len(name) > stream.limit:
        raise refused(
            f"1 validation error detected: Value at '{prefix}data' failed to satisfy constraint: "
            f"Member must have length less than or equal to {stream.limit}"
        )
    return stream.layout.at(_hash_key(stream, entry, name, prefix))


def _placed(shard: Shard, entry: Json, now: float) -> Row:
    """A record's row at the end of its shard; time never goes back within a shard."""
    shard.last += 1
    shard.arrived_at = now = max(now, shard.arrived_at)
    return shard.row_id(shard.last), now, entry.get("PartitionKey", ""), entry["Data"]


def _hash_key(stream: Stream, entry: Json, name: bytes, prefix: str) -> int:
    if stream.settings.distribution == "AUTO":
        return next(_spread) % HASH_KEYS
    if not name:
        raise violated(None, f"{prefix}partitionKey", "must not be null")
    explicit = entry.get("ExplicitHashKey")
    if explicit is None:
        return int.from_bytes(md5(name).digest())
    if int(explicit) >= HASH_KEYS:
        raise invalid(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    return int(explicit)


def _check_ordering(stream: Stream, text: str, now: float) -> None:
    try:
        second = sequences.parse(text).second
    except sequences.Unanswered:
        raise AwsError("InternalFailure", status=500) from None
    except sequences.InvalidSequence:
        second = int(now) + 1
    if second > now:
        raise invalid(
            f"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {stream.name} under account "
            f"{stream.account} is invalid."
        )


def check_dry_run(request: Json) -> None:
    """Where only that is asked: whether it would have been done. Raises DryRunOperationException."""
    if request.get("DryRun"):
        raise AwsError(
            "DryRunOperationException", "The request was rejected because the DryRun parameter was specified."
        )


def _arrived(ctx: Context, stream: Stream, shards: Iterable[Shard], result: Json) -> Json:
    ctx.store.after_commit(lambda: stream.written(shards))
    trimming.watch(ctx, stream)
    if stream.encrypted:
        result["EncryptionType"] = stream.settings.encryption_type
    return result

"""GetShardIterator and GetRecords.

An iterator holds all it means (stream, shard, position, when it was made), so nothing is remembered between calls.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
"""

import base64
import binascii
from typing import NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import state
from penstock.services.dynamodb.streams import store
from penstock.services.dynamodb.streams.records import shown
from penstock.services.dynamodb.streams.shards import RETENTION, Shard, number_at, parse, show
from penstock.services.dynamodb.streams.streams import Row, limited, lookup
from penstock.wire.model import Json

MAX_RECORDS = 1000
MAX_SIZE = 1024 * 1024
ITERATOR_LIFE = 900  # seconds
_NUMBERED = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class Iterator(NamedTuple):
    """`position` is the least sequence number to read; None for the oldest there is."""

    stream_arn: str
    shard_id: str
    position: int | None
    made_at: float

    def show(self) -> str:
        packed = orjson.dumps([self.shard_id, self.position, self.made_at])
        return f"{self.stream_arn}|1|{base64.b64encode(packed).decode()}"


def stream_of(iterator: str) -> str:
    return iterator.partition("|")[0]


def _parse(text: str) -> Iterator:
    """Raises ValidationException for what no iterator is."""
    stream_arn, _, rest = text.partition("|")
    try:
        packed = orjson.loads(base64.b64decode(rest.partition("|")[2], validate=True))
        shard_id, position, made_at = packed
        return Iterator(stream_arn, str(shard_id), None if position is None else int(position), float(made_at))
    except (binascii.Error, ValueError, TypeError):
        raise invalid("Invalid ShardIterator.") from None


# -- operations --------------------------------------------------------------------------------------


def get_shard_iterator(ctx: Context, request: Json) -> Json:
    kind, given = request["ShardIteratorType"], request.get("SequenceNumber")
    if kind in _NUMBERED and given is None:
        raise invalid(f"SequenceNumber must be specified for ShardIteratorType {kind}")
    if kind not in _NUMBERED and given is not None:
        raise invalid(f"SequenceNumber must not be specified for ShardIteratorType {kind}")
    stream = lookup(ctx, request["StreamArn"])
    shard = _shard(ctx, stream, request["ShardId"])
    position = None
    if kind == "LATEST":
        position = min(state(ctx).sequence.reach(ctx.clock.now()) + 1, shard.end)
    elif given is not None:
        position = _position(ctx, shard, given) + (kind == "AFTER_SEQUENCE_NUMBER")
    return {"ShardIterator": Iterator(stream.arn, shard.id, position, ctx.clock.now()).show()}


def _shard(ctx: Context, stream: Row, shard_id: str) -> Shard:
    for shard in stream.shards(ctx):
        if shard.id == shard_id:
            return shard
    message = f"Requested resource not found: Shard: {shard_id} in Stream: {stream.arn} not found"
    raise AwsError("ResourceNotFoundException", message)


def _position(ctx: Context, shard: Shard, given: str) -> int:
    number = parse(given)
    if number is None or not shard.start <= number < shard.end:
        raise invalid(f"Invalid SequenceNumber: {given} is not in shard {shard.id}")
    # What a shard begins with is no record: it can be named as long as there is the shard.
    if number != shard.start:
        _check_kept(ctx, number)
    return number


def _check_kept(ctx: Context, number: int) -> None:
    if number < number_at(ctx.clock.now() - RETENTION):
        message = "The operation attempted to read past the oldest stream record in a shard."
        raise AwsError("TrimmedDataAccessException", f"{message} SequenceNumber: {show(number)}")


def get_records(ctx: Context, request: Json) -> Json:
    limit = limited(request, MAX_RECORDS)
    iterator = _parse(request["ShardIterator"])
    now = ctx.clock.now()
    if now > iterator.made_at + ITERATOR_LIFE:
        raise AwsError("ExpiredIteratorException", "Shard iterator has expired. Request a new one.")
    stream = lookup(ctx, iterator.stream_arn)
    shard = _shard(ctx, stream, iterator.shard_id)
    position = iterator.position
    if position is not None and position != shard.start:
        _check_kept(ctx, position)
    first = max(position or 0, shard.start, number_at(now - RETENTION))
    records, following = _read(ctx, stream, shard, first, limit)
    if following is None:
        return {"Records": records}
    return {"Records": records, "NextShardIterator": iterator._replace(position=following, made_at=now).show()}


def _read(ctx: Context, stream: Row, shard: Shard, first: int, limit: int) -> tuple[list[Json], int | None]:
    """The records from `first` on, and where to go on; None at the end of a closed shard."""
    reached = state(ctx).sequence.reach(ctx.clock.now())
    records: list[Json] = []
    size = 0
    region = stream.arn.split(":", 4)[3]
    for row in ctx.store.each(store.SELECT_RECORDS, stream.id, first, shard.end, limit + 1):
        size += row[4]
        if len(records) == limit or (records and size > MAX_SIZE):
            return records, row[0]
        records.append(shown(region, stream.id, stream.view_type, row))
    return records, None if shard.end <= reached else max(first, reached + 1)

"""Streams as things: enabled and disabled with their tables, listed, described, and gone a day after their end."""

from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import state
from penstock.services.dynamodb.streams import store
from penstock.services.dynamodb.streams.shards import (
    RETENTION,
    Shard,
    next_roll,
    number_at,
    shards,
    show,
    time_of,
)
from penstock.wire.model import Json

MAX_LISTED = 100
_TRIMMED_AT_ONCE = 2000  # records, of each stream in one turn
_BETWEEN_TRIMS = 600  # seconds


class Row(NamedTuple):
    """A stream as it is stored."""

    id: int
    arn: str
    table_name: str
    label: str
    view_type: str
    key_schema: str
    starts_at: int
    ends_at: int | None

    def shards(self, ctx: Context) -> list[Shard]:
        return shards(self.starts_at, self.ends_at, state(ctx).sequence.reach(ctx.clock.now()))


# -- with their tables -------------------------------------------------------------------------------


def enable(ctx: Context, table_arn: str, table_name: str, key_schema: list[Json], view_type: str) -> Json:
    """A new stream; what the table's definition says of it. Its label is the time it was enabled at."""
    moment = ctx.clock.now()
    while ctx.store.one(store.SELECT_STREAM, full := f"{table_arn}/stream/{_label(moment)}") is not None:
        moment += 0.001
    starts_at = state(ctx).sequence.next(ctx.clock.now())
    stored_keys = orjson.dumps(key_schema).decode()
    stream_id = ctx.store.insert(
        store.INSERT_STREAM, full, table_name, _label(moment), view_type, stored_keys, starts_at
    )
    ctx.store.after_commit(lambda: _watch(ctx, full, starts_at))
    ctx.store.after_commit(lambda: expect_trim(ctx, ctx.clock.now() + RETENTION))
    return {"LatestStreamLabel": _label(moment), "LatestStreamArn": full, "StreamId": stream_id}


def _label(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def disable(ctx: Context, stream_id: int, stream_arn: str) -> None:
    """Ends a stream: its last shard is closed, its records stay until their day is over."""
    ctx.store.run(store.END_STREAM, state(ctx).sequence.next(ctx.clock.now()), stream_id)
    ctx.store.after_commit(lambda: ctx.signals.notify(("stream", stream_arn)))


def lookup(ctx: Context, stream_arn: str) -> Row:
    """Raises ValidationException for what is no stream's ARN, ResourceNotFoundException where there is none."""
    _check_arn(stream_arn)
    row = ctx.store.one(store.SELECT_STREAM, stream_arn)
    if row is None or _is_over(ctx, found := Row(*row)):
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Stream: {stream_arn} not found")
    return found


def _check_arn(stream_arn: str) -> None:
    if not stream_arn.startswith("arn:") or "/stream/" not in stream_arn:
        raise invalid(f"Invalid StreamArn: {stream_arn}")


def _is_over(ctx: Context, row: Row) -> bool:
    return row.ends_at is not None and row.ends_at < number_at(ctx.clock.now() - RETENTION)


# -- operations --------------------------------------------------------------------------------------


def list_streams(ctx: Context, request: Json) -> Json:
    limit = limited(request, MAX_LISTED)
    prefix = arn("dynamodb", ctx.region, ctx.account, f"table/{request.get('TableName', '')}")
    prefix += "/stream/" if "TableName" in request else ""
    start = request.get("ExclusiveStartStreamArn", "")
    if start:
        _check_arn(start)
    after = max(prefix, start)
    rows = [Row(*row) for row in ctx.store.all(store.SELECT_STREAMS, after, prefix + "\x7f", limit + 1)]
    listed = [
        {"StreamArn": row.arn, "TableName": row.table_name, "StreamLabel": row.label}
        for row in rows[:limit]
        if not _is_over(ctx, row)
    ]
    more = {"LastEvaluatedStreamArn": rows[limit - 1].arn} if len(rows) > limit else {}
    return {"Streams": listed, **more}


def limited(request: Json, most: int) -> int:
    """The request's Limit, of which the model knows only the least value."""
    limit: int = request.get("Limit", most)
    if limit > most:
        raise invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {most}"
        )
    return limit


def describe_stream(ctx: Context, request: Json) -> Json:
    limit = limited(request, MAX_LISTED)
    row = lookup(ctx, request["StreamArn"])
    reached = state(ctx).sequence.reach(ctx.clock.now())
    found = [shard for shard in row.shards(ctx) if shard.id > request.get("ExclusiveStartShardId", "")]
    if "ShardFilter" in request:
        found = [shard for shard in found if shard.parent == _filtered(request["ShardFilter"])]
    description: Json = {
        "StreamArn": row.arn,
        "StreamLabel": row.label,
        "StreamStatus": "ENABLED" if row.ends_at is None else "DISABLED",
        "StreamViewType": row.view_type,
        "CreationRequestDateTime": time_of(row.starts_at),
        "TableName": row.table_name,
        "KeySchema": orjson.loads(row.key_schema),
        "Shards": [_describe(shard, reached) for shard in found[:limit]],
    }
    if len(found) > limit:
        description["LastEvaluatedShardId"] = found[limit - 1].id
    return {"StreamDescription": description}


def _filtered(given: Json) -> str:
    """The parent that a ShardFilter asks the children of."""
    if "Type" not in given or "ShardId" not in given:
        raise invalid("Both Type and ShardId must be specified in ShardFilter")
    parent: str = given["ShardId"]
    return parent


def _describe(shard: Shard, reached: int) -> Json:
    numbers = {"StartingSequenceNumber": show(shard.start)}
    if shard.end <= reached:
        numbers["EndingSequenceNumber"] = show(shard.end - 1)
    found: Json = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    return {**found, "ParentShardId": shard.parent} if shard.parent is not None else found


# -- time --------------------------------------------------------------------------------------------


def start(ctx: Context) -> None:
    """Sets the timers: shards roll, and what is a day old goes."""
    for row in map(lambda found: Row(*found), ctx.store.all(store.SELECT_ALL)):
        if row.ends_at is None:
            _watch(ctx, row.arn, row.starts_at)
    expect_trim(ctx, ctx.clock.now() + _BETWEEN_TRIMS)


def _watch(ctx: Context, stream_arn: str, starts_at: int) -> None:
    """Wakes who waits for an open shard when it is closed."""
    ctx.clock.call_at(next_roll(starts_at, ctx.clock.now()), lambda: _rolled(ctx, stream_arn))


def _rolled(ctx: Context, stream_arn: str) -> None:
    row = ctx.store.one(store.SELECT_STREAM, stream_arn)
    if row is not None and (stream := Row(*row)).ends_at is None:
        ctx.signals.notify(("stream", stream_arn))
        _watch(ctx, stream_arn, stream.starts_at)


def expect_trim(ctx: Context, when: float) -> None:
    """Sees to it that old records are deleted by then; readers do not see them before that either."""
    memory = state(ctx)
    if memory.trim is None or memory.trim.callback is None:
        memory.trim = ctx.clock.call_at(when, lambda: _trim(ctx))


def _trim(ctx: Context) -> None:
    now = ctx.clock.now()
    with ctx.store.savepoint():
        due = [_trim_stream(ctx, Row(*row), now) for row in ctx.store.all(store.SELECT_ALL)]
    again = [when for when in due if when is not None]
    if again:
        ctx.store.after_commit(lambda: expect_trim(ctx, min(again)))


def _trim_stream(ctx: Context, row: Row, now: float) -> float | None:
    """Deletes what is too old; when there will be more to delete. None where the stream itself is deleted."""
    if ctx.store.run(store.TRIM_RECORDS, row.id, number_at(now - RETENTION), _TRIMMED_AT_ONCE) == _TRIMMED_AT_ONCE:
        return now
    if _is_over(ctx, row):
        ctx.store.run(store.DELETE_STREAM, row.id)
        ctx.store.after_commit(lambda: ctx.signals.notify(("stream", row.arn)))
        return None
    [oldest] = ctx.store.one(store.OLDEST_RECORD, row.id) or (None,)
    since = time_of(oldest or row.ends_at or number_at(now))
    return max(since + RETENTION, now) + _BETWEEN_TRIMS

"""Log events: put, and read one stream.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html and
API_GetLogEvents.html
"""

import functools
import re
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.logs import groups, publish, retention, store, streams
from penstock.services.logs.embedded import MARK
from penstock.services.logs.state import state
from penstock.services.logs.store import Group
from penstock.wire.model import Json

PAGE_EVENTS = 10_000
PAGE_BYTES = 1024 * 1024
_LARGEST_BATCH = 1024 * 1024
_DAY = 86_400_000
_FUTURE = 2 * 3_600_000
END_OF_TIME = 2**62
_TOKEN = re.compile(r"([fb])/(\d{56})/s")
# An event's id is its timestamp and its place of arrival in one number, so that it also says where a page begins.
_ARRIVAL_BITS = 144


def event_id(timestamp: int, arrival: int) -> str:
    """56 digits, as AWS gives them."""
    return f"{(timestamp << _ARRIVAL_BITS) + arrival:056d}"


def position(text: str) -> tuple[int, int]:
    """(timestamp, arrival) of an event id."""
    number = int(text)
    return number >> _ARRIVAL_BITS, min(number & ((1 << _ARRIVAL_BITS) - 1), END_OF_TIME)


# -- put ---------------------------------------------------------------------------------------------


def put_log_events(ctx: Context, request: Json) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    stream = streams.stream_of(ctx, group, request["logStreamName"])
    now = int(ctx.clock.now() * 1000)
    batch = request["logEvents"]
    _check_order(batch)
    size = _checked_size(batch)
    accepted, rejected = _admit(group, batch, now)
    if accepted:
        _check_span(accepted)
        ids = state(ctx).event_ids
        rows = [(next(ids), group.id, stream.id, e["timestamp"], now, e["message"]) for e in accepted]
        ctx.store.many(store.INSERT_EVENT, rows)
        ctx.store.run(store.WRITTEN, accepted[0]["timestamp"], accepted[-1]["timestamp"], now, stream.id)
        ctx.store.run(store.ADD_BYTES, size, group.id)
        _consequences(ctx, group, stream.log_stream_name, rows)
    token = streams.sequence_token(stream._replace(last_ingestion_time=now))
    return {"nextSequenceToken": token, **({"rejectedLogEventsInfo": rejected} if rejected else {})}


def _consequences(ctx: Context, group: Group, stream_name: str, rows: list[Row]) -> None:
    if embedded := [row[5] for row in rows if MARK in row[5]]:
        publish.publish_embedded(ctx, group, embedded)
    if group.filter_count:
        written = [publish.Written(event_id(row[3], row[0]), row[3], row[5]) for row in rows]
        publish.publish(ctx, group, stream_name, written)
    if group.retention_in_days and not retention.planned(ctx, group):
        retention.plan(ctx, group)
    for key in (("logs", group.arn), ("logs",)):
        ctx.store.after_commit(functools.partial(ctx.signals.notify, key))


def _check_order(batch: list[Json]) -> None:
    times = [event["timestamp"] for event in batch]
    if times != sorted(times):
        raise AwsError(
            "InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."
        )


def _checked_size(batch: list[Json]) -> int:
    """The batch's size in bytes, as AWS counts it."""
    size = sum([len(event["message"].encode()) for event in batch]) + store.OVERHEAD * len(batch)
    if size > _LARGEST_BATCH:
        raise AwsError("InvalidParameterException", f"Upload too large: {size} bytes exceeds limit of {_LARGEST_BATCH}")
    return size


def _check_span(accepted: list[Json]) -> None:
    if accepted[-1]["timestamp"] - accepted[0]["timestamp"] > _DAY:
        raise AwsError(
            "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        )


def _admit(group: Group, batch: list[Json], now: int) -> tuple[list[Json], Json]:
    """What may be stored of an ordered batch, and the response's account of the rest."""
    if batch[0]["timestamp"] > now - _DAY and batch[-1]["timestamp"] <= now + _FUTURE:
        return batch, {}
    oldest, expired = now - 14 * _DAY, group.expires_before(now / 1000)
    too_old = sum(event["timestamp"] < oldest for event in batch)
    gone = sum(event["timestamp"] < expired for event in batch)
    too_new = sum(event["timestamp"] > now + _FUTURE for event in batch)
    rejected = {"tooOldLogEventEndIndex": too_old} if too_old else {}
    if gone > too_old:
        rejected["expiredLogEventEndIndex"] = gone
    if too_new:
        rejected["tooNewLogEventStartIndex"] = len(batch) - too_new
    return batch[max(too_old, gone) : len(batch) - too_new], rejected


# -- get ---------------------------------------------------------------------------------------------


class _Page(NamedTuple):
    """Where a page begins and which way it goes."""

    forward: bool
    timestamp: int
    arrival: int


def get_log_events(ctx: Context, request: Json) -> Json:
    group = groups.group_of(ctx, request)
    stream = streams.stream_of(ctx, group, request["logStreamName"])
    low = max(request.get("startTime", 0), group.expires_before(ctx.clock.now()))
    high = request.get("endTime", END_OF_TIME)
    page, limit = _page(request, low, high), request.get("limit", PAGE_EVENTS)
    if page.forward:
        start = max((page.timestamp, page.arrival), (low, 0))
        rows = _within_a_page(ctx.store.all(store.STREAM_FORWARD, stream.id, *start, high, limit))
    else:
        start = min((page.timestamp, page.arrival), (high, 0))
        rows = _within_a_page(ctx.store.all(store.STREAM_BACKWARD, stream.id, *start, low, limit))[::-1]
    backward, forward = _tokens(request, page, rows, low)
    return {
        "events": [{"timestamp": row[1], "message": row[3], "ingestionTime": row[2]} for row in rows],
        "nextBackwardToken": backward,
        "nextForwardToken": forward,
    }


def _page(request: Json, low: int, high: int) -> _Page:
    token = request.get("nextToken")
    if token is None:
        return _Page(True, low, 0) if request.get("startFromHead") else _Page(False, high, 0)
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return _Page(match[1] == "f", *position(match[2]))


def _within_a_page(rows: list[Row]) -> list[Row]:
    """As many as fit in 1 MB, and one at least."""
    size = 0
    for index, row in enumerate(rows):
        size += len(row[3]) + store.OVERHEAD
        if size > PAGE_BYTES and index:
            return rows[:index]
    return rows


def _tokens(request: Json, page: _Page, rows: list[Row], low: int) -> tuple[str, str]:
    """The next tokens back and forth. At an end, the token that was given comes back."""
    if rows:
        first, last = rows[0], rows[-1]
        return f"b/{event_id(first[1], first[0])}/s", f"f/{event_id(last[1], last[0])}/s"
    timestamp, arrival = (page.timestamp, page.arrival) if "nextToken" in request else (low, 0)
    # Turning round at an end meets the event again that the given token stands on.
    backward = arrival + 1 if page.forward and arrival else arrival
    forward = max(arrival - 1, 0) if not page.forward else arrival
    return f"b/{event_id(timestamp, backward)}/s", f"f/{event_id(timestamp, forward)}/s"

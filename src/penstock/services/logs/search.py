"""FilterLogEvents: a group's events, or some of its streams', interleaved by time and filtered.

A page looks at a bounded number of events, so that a rare match in a large group costs several short pages, as on AWS.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import heapq
from collections.abc import Iterator
from typing import Any

from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.logs import groups, store
from penstock.services.logs.conditions import InvalidPattern
from penstock.services.logs.events import END_OF_TIME, PAGE_BYTES, PAGE_EVENTS, event_id
from penstock.services.logs.filter_pattern import Matcher, compile_pattern
from penstock.services.logs.groups import AFTER_ALL
from penstock.services.logs.store import Group
from penstock.wire.model import Json

_LOOKED_AT = 20_000
_MERGED_STREAMS = 100


def matcher(pattern: str) -> Matcher:
    """A compiled filter pattern. Raises InvalidParameterException."""
    try:
        return compile_pattern(pattern)
    except InvalidPattern as error:
        raise AwsError("InvalidParameterException", str(error)) from None


def filter_log_events(ctx: Context, request: Json) -> Json:
    group = groups.group_of(ctx, request)
    if "logStreamNames" in request and "logStreamNamePrefix" in request:
        raise AwsError(
            "InvalidParameterException", "LogStream name prefix and LogStream names are mutually exclusive parameters."
        )
    match = matcher(request.get("filterPattern", ""))
    ascending, *after = groups.next_key(request, bool, int, int) or [request.get("startFromHead", True)]
    found, last = _matching(_rows(ctx, group, request, ascending, after), match, request.get("limit", PAGE_EVENTS))
    result: Json = {"events": found, "searchedLogStreams": []}
    if last is not None:
        result["nextToken"] = page_token(ascending, last[1], last[0])
    return result


def _matching(rows: Iterator[Row], match: Matcher, limit: int) -> tuple[list[Json], Row | None]:
    """The events of one page, and the row that it ended on if there may be more."""
    found: list[Json] = []
    size, last = 0, None
    for looked_at, row in enumerate(rows):
        if len(found) == limit or size > PAGE_BYTES or looked_at == _LOOKED_AT:
            return found, last
        last = row
        if match(row[3]) is not None:
            size += len(row[3]) + store.OVERHEAD
            found.append(_shown(row))
    return found, None


def _shown(row: Row) -> Json:
    return {
        "logStreamName": row[4],
        "timestamp": row[1],
        "message": row[3],
        "ingestionTime": row[2],
        "eventId": event_id(row[1], row[0]),
    }


def _rows(ctx: Context, group: Group, request: Json, ascending: bool, after: list[Any]) -> Iterator[Row]:
    low = max(request.get("startTime", 0), group.expires_before(ctx.clock.now()))
    high = min(request.get("endTime", END_OF_TIME), END_OF_TIME) + 1
    bounds = (*(after or (low, 0)), high) if ascending else (*(after or (high, 0)), low)
    if "logStreamNames" not in request and "logStreamNamePrefix" not in request:
        return ctx.store.each(store.SEARCH[True, ascending], group.id, *bounds)
    ids = _stream_ids(ctx, group, request)
    if len(ids) > _MERGED_STREAMS:
        wanted = set(ids.values())
        rows = ctx.store.each(store.SEARCH[True, ascending], group.id, *bounds)
        return (row for row in rows if row[4] in wanted)
    each = [ctx.store.each(store.SEARCH[False, ascending], stream_id, *bounds) for stream_id in ids]
    return heapq.merge(*each, key=lambda row: (row[1], row[0]), reverse=not ascending)


def _stream_ids(ctx: Context, group: Group, request: Json) -> dict[int, str]:
    """The streams asked for: name by id."""
    if "logStreamNames" in request:
        found = [ctx.store.one(store.STREAM, group.id, name) for name in dict.fromkeys(request["logStreamNames"])]
        if None in found:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        return {row[0]: row[2] for row in found if row is not None}
    prefix = request["logStreamNamePrefix"]
    rows = ctx.store.each(store.STREAMS_BY_NAME, group.id, prefix, prefix + AFTER_ALL, -1)
    return {row[0]: row[2] for row in rows}

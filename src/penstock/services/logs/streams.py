"""Log streams: create, list, delete.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
"""

from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.logs import groups, retention, store
from penstock.services.logs.groups import AFTER_ALL, BEFORE_ALL
from penstock.services.logs.store import Group, Stream
from penstock.wire.model import Json

_PAGE = 50
_AFTER_ANY_TIME = 2**62


def create_log_stream(ctx: Context, request: Json) -> Json:
    group, name = groups.group_named(ctx, request["logGroupName"]), request["logStreamName"]
    if ctx.store.one(store.STREAM, group.id, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
    ctx.store.insert(store.INSERT_STREAM, group.id, name, int(ctx.clock.now() * 1000))
    return {}


def delete_log_stream(ctx: Context, request: Json) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    stream = stream_of(ctx, group, request["logStreamName"])
    for statement in store.DELETE_STREAM:
        ctx.store.run(statement, stream.id)
    retention.sweep(ctx)
    return {}


def describe_log_streams(ctx: Context, request: Json) -> Json:
    group = groups.group_of(ctx, request)
    by_event = request.get("orderBy") == "LastEventTime"
    if by_event and request.get("logStreamNamePrefix"):
        raise AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit = request.get("limit", _PAGE)
    rows = [Stream(*row) for row in (_by_event if by_event else _by_name)(ctx, group, request, limit + 1)]
    result: Json = {"logStreams": [_described(group, stream) for stream in rows[:limit]]}
    if len(rows) > limit:
        last = rows[limit - 1]
        result["nextToken"] = page_token(last.last_event_timestamp, last.log_stream_name)
    return result


def _by_name(ctx: Context, group: Group, request: Json, limit: int) -> list[Row]:
    prefix, descending = request.get("logStreamNamePrefix", ""), request.get("descending", False)
    key = groups.next_key(request, int, str)
    if descending:
        last = key[1] if key else prefix + AFTER_ALL
        return ctx.store.all(store.STREAMS_BY_NAME_DESCENDING, group.id, prefix, last, limit)
    first = key[1] + BEFORE_ALL if key else prefix
    return ctx.store.all(store.STREAMS_BY_NAME, group.id, first, prefix + AFTER_ALL, limit)


def _by_event(ctx: Context, group: Group, request: Json, limit: int) -> list[Row]:
    descending = request.get("descending", False)
    start = groups.next_key(request, int, str) or ([_AFTER_ANY_TIME, ""] if descending else [-1, ""])
    sql = store.STREAMS_BY_EVENT_DESCENDING if descending else store.STREAMS_BY_EVENT
    return ctx.store.all(sql, group.id, start[0], start[1], limit)


def _described(group: Group, stream: Stream) -> Json:
    shown = {
        "logStreamName": stream.log_stream_name,
        "creationTime": stream.creation_time,
        "arn": f"{group.arn}:log-stream:{stream.log_stream_name}",
        "storedBytes": 0,  # AWS has reported 0 for every stream since June 2019
    }
    if stream.first_event_timestamp is not None:
        shown |= {
            "firstEventTimestamp": stream.first_event_timestamp,
            "lastEventTimestamp": stream.last_event_timestamp,
            "lastIngestionTime": stream.last_ingestion_time,
            "uploadSequenceToken": sequence_token(stream),
        }
    return shown


def sequence_token(stream: Stream) -> str:
    """56 digits, as AWS gives them; nobody looks at them any more."""
    return f"{49 * 10**54 + (stream.last_ingestion_time or 0) * 10**12 + stream.id}"


def stream_of(ctx: Context, group: Group, name: str) -> Stream:
    """Raises ResourceNotFoundException."""
    row = ctx.store.one(store.STREAM, group.id, name)
    if row is None:
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    return Stream(*row)

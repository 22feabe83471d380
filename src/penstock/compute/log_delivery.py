"""Log lines of functions and containers into CloudWatch Logs, in batches as PutLogEvents takes them."""

from collections.abc import Iterator, Sequence

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.log_event import LogEvent
from penstock.wire.model import Json

_BATCH_BYTES = 1024 * 1024
_BATCH_EVENTS = 10_000
_EVENT_BYTES = 256 * 1024 - 26


def deliver(ctx: Context, group: str, stream: str, events: Sequence[LogEvent], *, make: bool = True) -> None:
    """Stores events in a stream; group and stream are made where they are missing, if `make`. Raises AwsError."""
    names = {"logGroupName": group, "logStreamName": stream}
    for batch in _batches(events):
        request = {**names, "logEvents": batch}
        try:
            ctx.call_now("logs", "PutLogEvents", request)
        except AwsError as error:
            if error.code != "ResourceNotFoundException" or not make:
                raise
            _make_both(ctx, group, stream)
            ctx.call_now("logs", "PutLogEvents", request)


def _make_both(ctx: Context, group: str, stream: str) -> None:
    """The group only where it is missing: not everybody may make one."""
    try:
        make_stream(ctx, group, stream)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        make_group(ctx, group)
        make_stream(ctx, group, stream)


def make_group(ctx: Context, group: str) -> None:
    """Makes it unless it is there."""
    _make(ctx, "CreateLogGroup", {"logGroupName": group})


def make_stream(ctx: Context, group: str, stream: str) -> None:
    """Makes it unless it is there. Raises AwsError where the group is not."""
    _make(ctx, "CreateLogStream", {"logGroupName": group, "logStreamName": stream})


def _make(ctx: Context, operation: str, request: Json) -> None:
    try:
        ctx.call_now("logs", operation, request)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def _batches(events: Sequence[LogEvent]) -> Iterator[list[Json]]:
    """10,000 events and 1 MB at most, each event with 26 bytes of its own; a longer line becomes several events."""
    batch: list[Json] = []
    room = _BATCH_BYTES
    for event in events:
        for message in _parts(event.message or " "):
            size = len(message.encode()) + 26
            if size > room or len(batch) == _BATCH_EVENTS:
                yield batch
                batch, room = [], _BATCH_BYTES
            batch.append({"timestamp": int(event.at * 1000), "message": message})
            room -= size
    yield batch


def _parts(message: str) -> list[str]:
    """The message in pieces of an event's size, none of which ends within a character."""
    if len(message) * 4 <= _EVENT_BYTES or len(data := message.encode()) <= _EVENT_BYTES:
        return [message]
    parts, start = [], 0
    while start < len(data):
        end = start + _EVENT_BYTES
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[start:end].decode())
        start = end
    return parts

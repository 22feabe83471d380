"""Receiving messages.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from collections.abc import Awaitable, Callable, Collection

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sqs import contents, store
from penstock.services.sqs.attributes import COMPUTED, RANGES, SETTABLE
from penstock.services.sqs.errors import invalid_value, no_queue, unknown_attribute
from penstock.services.sqs.messages import Message, bury, find, refresh, remove, sequence_number, visible
from penstock.services.sqs.metrics import EMPTY, RECEIVED
from penstock.services.sqs.receipts import receipt
from penstock.services.sqs.state import Queue, dead_letter_queue, queue_at
from penstock.wire.model import Json

MAX_MESSAGES = 10
MAX_IN_FLIGHT = 120_000
ATTEMPT_INTERVAL = 300

SYSTEM_ATTRIBUTES = frozenset(
    {
        "AWSTraceHeader",
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "DeadLetterQueueSourceArn",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    }
)
_KNOWN = SYSTEM_ATTRIBUTES | COMPUTED | SETTABLE | {"All"}


def receive_message(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    queue = queue_at(ctx, request["QueueUrl"])
    _check(request)
    messages = _take(ctx, queue, request)
    wait = request.get("WaitTimeSeconds", queue.settings.wait)
    if messages or not wait:
        if not messages and not queue.fifo and queue.depth.in_flight.count >= MAX_IN_FLIGHT:
            raise AwsError("OverLimit", "The maximum number of in flight messages is reached.", status=403)
        return _result(queue, request, messages)
    # While the clock is moved by days, the pollers of an empty queue need not come back every 20 seconds of them.
    return _wait(ctx, queue, request, ctx.clock.now() + ctx.clock.pace(wait))


async def _wait(ctx: Context, queue: Queue, request: Json, deadline: float) -> Json:
    """A long poll: woken by a write, or when a hidden message comes back. Nobody receives for a caller who left."""
    with queue.bell.listening():
        while (now := ctx.clock.now()) < deadline:
            queue.bell.ring_at(queue.depth.next_return)
            await queue.bell.wait(deadline - now)
            if queue.deleted:
                raise no_queue()
            if ctx.abandoned:
                queue.bell.ring()
                break
            with ctx.store.savepoint():
                messages = _take(ctx, queue, request)
            if messages:
                return _result(queue, request, messages)
    return _result(queue, request, [])


def _check(request: Json) -> None:
    limit, wait = request.get("MaxNumberOfMessages", 1), request.get("WaitTimeSeconds", 0)
    if not 1 <= limit <= MAX_MESSAGES:
        raise invalid_value("MaxNumberOfMessages", limit, f"Must be between 1 and {MAX_MESSAGES}, if provided")
    low, high = RANGES["ReceiveMessageWaitTimeSeconds"]
    if not low <= wait <= high:
        raise invalid_value("WaitTimeSeconds", wait, f"Must be >= {low} and <= {high}, if provided")
    timeout = request.get("VisibilityTimeout", 0)
    low, high = RANGES["VisibilityTimeout"]
    if not low <= timeout <= high:
        raise invalid_value("VisibilityTimeout", timeout, f"Must be >= {low} and <= {high}, if provided")
    for name in _names(request):
        if name not in _KNOWN:
            raise unknown_attribute(name)
    contents.check_id("ReceiveRequestAttemptId", request.get("ReceiveRequestAttemptId"))


def _names(request: Json) -> Collection[str]:
    """The system attributes that are asked for, under either name of the member."""
    older: list[str] = request.get("AttributeNames", [])
    newer: list[str] = request.get("MessageSystemAttributeNames", [])
    return {*older, *newer} if older or newer else ()


# -- taking messages out of sight --------------------------------------------------------------------


def _take(ctx: Context, queue: Queue, request: Json) -> list[Message]:
    """The messages that this receive gets, as they are after it."""
    now = ctx.clock.now()
    refresh(ctx, queue, now)
    timeout = request.get("VisibilityTimeout", queue.settings.visibility_timeout)
    attempt = request.get("ReceiveRequestAttemptId") if queue.fifo else None
    if attempt and (again := _again(ctx, queue, attempt, now)):
        return _hide(ctx, queue, again, timeout, now, received=0)
    limit = min(request.get("MaxNumberOfMessages", 1), MAX_IN_FLIGHT - queue.depth.in_flight.count)
    messages = _receivable(ctx, queue, now, limit) if limit > 0 else []
    messages = _hide(ctx, queue, messages, timeout, now, received=1) if messages else []
    if attempt and messages:
        taken = [(message.id, message.receive_count) for message in messages]
        ctx.store.after_commit(lambda: queue.attempts.update({attempt: (now + ATTEMPT_INTERVAL, taken)}))
    return messages


def _receivable(ctx: Context, queue: Queue, now: float, limit: int) -> list[Message]:
    """The next messages. Those in front of them that are too old or were received too often are put out of the way."""
    redrive = queue.settings.redrive
    most = redrive.max_receive_count if redrive and dead_letter_queue(ctx, redrive) else None
    oldest = now - queue.settings.retention
    while True:
        messages = visible(ctx, queue, now, limit)
        expired = [m for m in messages if m.sent_at <= oldest]
        dead = [m for m in messages if most is not None and m.receive_count - m.received_elsewhere >= most]
        for message in expired:
            remove(ctx, queue, message)
        for message in dead:
            if message not in expired:
                bury(ctx, queue, message)
        if not expired and not dead:
            return messages


def _hide(
    ctx: Context, queue: Queue, messages: list[Message], timeout: int, now: float, received: int
) -> list[Message]:
    until = round(now + timeout, 3) if timeout else now if queue.fifo else 0.0
    ctx.store.many(store.RECEIVED, [(until, received, now, now, message.id) for message in messages])
    after = until if timeout else 0.0
    for message in messages:
        ctx.store.after_rollback(queue.depth.change(True, message.visible_at, after))
    if timeout:
        queue.bell.ring_at(until)
    return [
        message._replace(
            receive_count=message.receive_count + received, first_received_at=message.first_received_at or now
        )
        for message in messages
    ]


def _again(ctx: Context, queue: Queue, attempt: str, now: float) -> list[Message]:
    """What an earlier receive of the same attempt got, if nothing has happened to it since."""
    for key in [key for key, (expires_at, _) in queue.attempts.items() if expires_at <= now]:
        del queue.attempts[key]
    _, taken = queue.attempts.get(attempt, (0.0, []))
    found = [(find(ctx, queue, number), count) for number, count in taken]
    untouched = [m for m, count in found if m is not None and m.receive_count == count and m.visible_at > now]
    return untouched if len(untouched) == len(taken) else []


# -- the answer --------------------------------------------------------------------------------------


def _result(queue: Queue, request: Json, messages: list[Message]) -> Json:
    if not messages:
        queue.meter.add(EMPTY)
        return {}
    queue.meter.add(RECEIVED, len(messages))
    names = _names(request)
    wanted = _filter(request.get("MessageAttributeNames", ()))
    return {"Messages": [_message(queue, message, names, wanted) for message in messages]}


def _message(queue: Queue, message: Message, names: Collection[str], wanted: Callable[[str], bool] | None) -> Json:
    result: Json = {
        "MessageId": message.message_id,
        "ReceiptHandle": receipt(queue, message),
        "MD5OfBody": contents.md5(message.body.encode()),
        "Body": message.body,
    }
    if names:
        every = _system_attributes(queue, message)
        chosen = every if "All" in names else {name: value for name, value in every.items() if name in names}
        if chosen:
            result["Attributes"] = chosen
    if wanted and message.message_attributes:
        attributes = contents.unpacked(message.message_attributes)
        attributes = {name: value for name, value in attributes.items() if wanted(name)}
        if attributes:
            result["MD5OfMessageAttributes"] = contents.md5_of_attributes(attributes)
            result["MessageAttributes"] = attributes
    return result


def _system_attributes(queue: Queue, message: Message) -> dict[str, str]:
    result = {
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(int((message.first_received_at or 0) * 1000)),
        "ApproximateReceiveCount": str(message.receive_count),
        "SentTimestamp": str(int(message.sent_at * 1000)),
    }
    if queue.fifo:
        result["SequenceNumber"] = sequence_number(message.id)
    return result | orjson.loads(message.system_attributes) if message.system_attributes else result


def _filter(names: Collection[str]) -> Callable[[str], bool] | None:
    """Which message attributes are asked for: `All`, `.*`, `prefix.*` or a name."""
    if not names:
        return None
    if not {"All", ".*", "*"}.isdisjoint(names):
        return lambda name: True
    prefixes = tuple(name[:-2] for name in names if name.endswith(".*"))
    return lambda name: name in names or name.startswith(prefixes)

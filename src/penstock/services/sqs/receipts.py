"""What a receiver does with a message it has: delete it, or change when it comes back.

A receipt handle names the queue, the message and the receive. A standard queue takes the handle of any receive, as
AWS does; a FIFO queue takes that of the last one, while the message is in flight.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sqs.attributes import RANGES
from penstock.services.sqs.batches import check_entries, each
from penstock.services.sqs.errors import invalid_handle, invalid_value, missing
from penstock.services.sqs.messages import Message, find, hide, remove
from penstock.services.sqs.metrics import DELETED
from penstock.services.sqs.state import Queue, queue_at
from penstock.wire.model import Json

_DELETE_ENTRY = "DeleteMessageBatchRequestEntry"
_CHANGE_ENTRY = "ChangeMessageVisibilityBatchRequestEntry"
_MIN, _MAX = RANGES["VisibilityTimeout"]


def receipt(queue: Queue, message: Message) -> str:
    return f"{queue.token}-{message.id:x}-{message.receive_count:x}"


def _read(queue: Queue, handle: str) -> tuple[int, int]:
    """The message's number and the receive's; raises ReceiptHandleIsInvalid."""
    parts = handle.split("-")
    try:
        if len(parts) == 3 and parts[0] == queue.token:
            return int(parts[1], 16), int(parts[2], 16)
    except ValueError:
        pass
    raise invalid_handle(handle)


def delete_message(ctx: Context, request: Json) -> Json:
    return _delete(ctx, queue_at(ctx, request["QueueUrl"]), request)


def delete_message_batch(ctx: Context, request: Json) -> Json:
    queue, entries = queue_at(ctx, request["QueueUrl"]), request["Entries"]
    check_entries(entries, _DELETE_ENTRY)
    return each(entries, _DELETE_ENTRY, lambda entry, prefix: _delete(ctx, queue, entry, prefix))


def _delete(ctx: Context, queue: Queue, entry: Json, prefix: str = "") -> Json:
    """A message that is gone already counts as deleted."""
    handle = entry.get("ReceiptHandle")
    if not handle:
        raise missing(f"{prefix}ReceiptHandle")
    number, receive = _read(queue, handle)
    message = find(ctx, queue, number)
    if message is not None:
        if queue.fifo and not _current(ctx, message, receive):
            raise invalid_value("ReceiptHandle", handle, "The receipt handle has expired")
        remove(ctx, queue, message)
        queue.meter.add(DELETED)
    return {}


def change_message_visibility(ctx: Context, request: Json) -> Json:
    return _change(ctx, queue_at(ctx, request["QueueUrl"]), request)


def change_message_visibility_batch(ctx: Context, request: Json) -> Json:
    queue, entries = queue_at(ctx, request["QueueUrl"]), request["Entries"]
    check_entries(entries, _CHANGE_ENTRY)
    return each(entries, _CHANGE_ENTRY, lambda entry, prefix: _change(ctx, queue, entry, prefix))


def _change(ctx: Context, queue: Queue, entry: Json, prefix: str = "") -> Json:
    handle, timeout = entry.get("ReceiptHandle"), entry.get("VisibilityTimeout")
    if not handle:
        raise missing(f"{prefix}ReceiptHandle")
    if timeout is None:
        raise missing(f"{prefix}VisibilityTimeout")
    if not _MIN <= timeout <= _MAX:
        raise invalid_value("VisibilityTimeout", timeout, f"Must be between {_MIN} and {_MAX}")
    number, receive = _read(queue, handle)
    message = find(ctx, queue, number)
    if message is None or (queue.fifo and not _current(ctx, message, receive)):
        reason = "Message does not exist or is not available for visibility timeout change"
        raise invalid_value("ReceiptHandle", handle, reason)
    now = ctx.clock.now()
    if int(now - (message.received_at or now)) + timeout > _MAX:
        raise _too_long(timeout)
    hide(ctx, queue, message, now + timeout, now)
    queue.meter.touch()
    return {}


def _current(ctx: Context, message: Message, receive: int) -> bool:
    return message.receive_count == receive and message.visible_at > ctx.clock.now()


def _too_long(timeout: int) -> AwsError:
    reason = f"Total VisibilityTimeout for the message is beyond the limit [{_MAX} seconds]"
    return invalid_value("VisibilityTimeout", timeout, reason)

"""Sending messages.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import hashlib

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sqs import contents, store
from penstock.services.sqs.attributes import RANGES
from penstock.services.sqs.batches import check_entries, each
from penstock.services.sqs.errors import invalid, invalid_value, missing
from penstock.services.sqs.messages import Draft, deposit, sequence_number
from penstock.services.sqs.metrics import SENT_SIZE
from penstock.services.sqs.state import Queue, queue_at
from penstock.wire.model import Json

DEDUPLICATION_INTERVAL = 300

_ENTRY = "SendMessageBatchRequestEntry"
_WRONG_QUEUE = "The request include parameter that is not valid for this queue type"
_MIN_DELAY, _MAX_DELAY = RANGES["DelaySeconds"]


def send_message(ctx: Context, request: Json) -> Json:
    return _send(ctx, queue_at(ctx, request["QueueUrl"]), request)


def send_message_batch(ctx: Context, request: Json) -> Json:
    """In a FIFO queue one wrong entry refuses the batch: what comes after it must not overtake it."""
    queue, entries = queue_at(ctx, request["QueueUrl"]), request["Entries"]
    check_entries(entries, _ENTRY)
    _check_batch_size(entries)
    if not queue.fifo:
        return each(entries, _ENTRY, lambda entry, prefix: _send(ctx, queue, entry, prefix))
    if not all(entry.get("MessageGroupId") for entry in entries):
        raise invalid("The request must contain the parameter MessageGroupId.")
    sent = [_send(ctx, queue, entry, f"{_ENTRY}.{index}.") for index, entry in enumerate(entries, 1)]
    return {"Successful": [{"Id": entry["Id"], **result} for entry, result in zip(entries, sent, strict=True)]}


def _check_batch_size(entries: list[Json]) -> None:
    sizes = (contents.message_size((e.get("MessageBody") or "").encode(), e.get("MessageAttributes")) for e in entries)
    if (size := sum(sizes)) > contents.MAX_BATCH_SIZE:
        limit = f"Batch requests cannot be longer than {contents.MAX_BATCH_SIZE} bytes."
        raise AwsError("BatchRequestTooLong", f"{limit} You have sent {size} bytes.")


def _send(ctx: Context, queue: Queue, entry: Json, prefix: str = "") -> Json:
    """Checks and stores one message; `prefix` is that of its members in AWS's messages."""
    body: str | None = entry.get("MessageBody")
    if not body:
        raise missing(f"{prefix}MessageBody")
    data = body.encode()
    attributes = entry.get("MessageAttributes")
    size = contents.message_size(data, attributes)
    contents.check_body(body, size, queue.settings.maximum_size)
    message_id = ids.uuid()
    result = {"MD5OfMessageBody": contents.md5(data), "MessageId": message_id}
    packed = ""
    if attributes:
        contents.check_attributes(attributes)
        result["MD5OfMessageAttributes"] = contents.md5_of_attributes(attributes)
        packed = contents.packed(attributes)
    delay = _delay(queue, entry.get("DelaySeconds"))
    system = _system_attributes(ctx, entry, result)
    if queue.fifo:
        return _send_in_order(ctx, queue, entry, system, Draft(message_id, body, packed, "", ""), result)
    if entry.get("MessageDeduplicationId"):
        raise invalid_value("MessageDeduplicationId", entry["MessageDeduplicationId"], _WRONG_QUEUE)
    queue.meter.add(SENT_SIZE, size)
    text = orjson.dumps(system).decode() if system else ""
    draft = Draft(message_id, body, packed, text, ctx.principal.user_id)
    deposit(ctx, queue, draft, delay, last=not prefix)
    return result


def _delay(queue: Queue, delay: int | None) -> int:
    if delay is None:
        return queue.settings.delay
    if queue.fifo and delay:
        raise invalid_value("DelaySeconds", delay, _WRONG_QUEUE)
    if not _MIN_DELAY <= delay <= _MAX_DELAY:
        raise invalid_value("DelaySeconds", delay, f"DelaySeconds must be >= {_MIN_DELAY} and <= {_MAX_DELAY}")
    return queue.settings.delay if queue.fifo else delay


def _system_attributes(ctx: Context, entry: Json, result: Json) -> dict[str, str]:
    """What a receiver is told of a message beside its counts and times; the trace also when only the call has one."""
    system: dict[str, str] = {}
    given = entry.get("MessageSystemAttributes")
    if given:
        contents.check_system_attributes(given)
        result["MD5OfMessageSystemAttributes"] = contents.md5_of_attributes(given)
        system["AWSTraceHeader"] = given["AWSTraceHeader"]["StringValue"]
    elif ctx.traced:
        system["AWSTraceHeader"] = ctx.trace.header
    group_id = entry.get("MessageGroupId")
    if group_id is not None:
        contents.check_id("MessageGroupId", group_id)
        system["MessageGroupId"] = group_id
    return system


def _send_in_order(ctx: Context, queue: Queue, entry: Json, system: dict[str, str], draft: Draft, result: Json) -> Json:
    """The rest of a send to a FIFO queue; a duplicate is accepted, and stored no second time."""
    group_id = entry.get("MessageGroupId")
    if not group_id:
        raise missing("MessageGroupId")
    deduplication_id = _deduplication_id(queue, entry)
    key = f"{deduplication_id} {group_id}" if queue.settings.deduplicates_by_group else deduplication_id
    now = ctx.clock.now()
    earlier = ctx.store.one(store.DUPLICATE, queue.id, key, now)
    if earlier is not None:
        return result | {"MessageId": earlier[0], "SequenceNumber": earlier[1]}
    queue.meter.add(SENT_SIZE, contents.message_size(draft.body.encode(), entry.get("MessageAttributes")))
    text = orjson.dumps(system | {"MessageDeduplicationId": deduplication_id}).decode()
    draft = draft._replace(system_attributes=text, sender_id=ctx.principal.user_id)
    number = sequence_number(deposit(ctx, queue, draft, queue.settings.delay, group_id))
    ctx.store.run(store.FORGET_EXPIRED, now)
    ctx.store.run(store.REMEMBER, queue.id, key, draft.message_id, number, now + DEDUPLICATION_INTERVAL)
    return result | {"SequenceNumber": number}


def _deduplication_id(queue: Queue, entry: Json) -> str:
    given: str | None = entry.get("MessageDeduplicationId")
    contents.check_id("MessageDeduplicationId", given)
    if given is not None:
        return given
    if queue.settings.content_based_deduplication:
        return hashlib.sha256(entry["MessageBody"].encode()).hexdigest()
    raise invalid(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )

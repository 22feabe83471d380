"""Messages at rest: what every operation does with them, in the rows and in the queue's depth.

A FIFO queue's group is received in order: its first message can be received, the others are `behind` it.
"""

from functools import partial
from itertools import takewhile
from typing import NamedTuple

import orjson

from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.state import Queue, dead_letter_queue
from penstock.wire.model import Json

_CHUNK = 100


class Message(NamedTuple):
    """A row; times are epoch seconds, attributes JSON text or empty."""

    id: int
    visible_at: float
    message_id: str
    body: str
    message_attributes: str
    system_attributes: str
    group_id: str | None
    sender_id: str
    sent_at: float
    receive_count: int
    received_elsewhere: int
    first_received_at: float | None
    received_at: float | None


class Draft(NamedTuple):
    """A message that is to be put into a queue."""

    message_id: str
    body: str
    message_attributes: str
    system_attributes: str
    sender_id: str


def deposit(
    ctx: Context, queue: Queue, draft: Draft, delay: int, group_id: str | None = None, *, last: bool = False
) -> int:
    """Puts a new message into a queue; its number. `group_id` is that of FIFO queues only; `last`: the operation
    writes nothing else."""
    now = ctx.clock.now()
    number = next(queue.numbers)
    visible_at = round(now + delay, 3) if delay else now if queue.fifo else 0.0
    write = ctx.store.single if last else ctx.store.run
    if group_id is None:
        write(store.INSERT_MESSAGE, number, queue.id, visible_at, now, *draft)
    else:
        write(store.INSERT_IN_GROUP, number, queue.id, visible_at, now, *draft, group_id)
    ctx.store.after_commit(partial(queue.arrives, visible_at) if delay else queue.arrived)
    return number


def sequence_number(number: int) -> str:
    """Twenty digits that grow with every message."""
    return str(18_000_000_000_000_000_000 + number)


def find(ctx: Context, queue: Queue, number: int) -> Message | None:
    row = ctx.store.one(store.MESSAGE, number, queue.id)
    return Message._make(row) if row else None


def visible(ctx: Context, queue: Queue, now: float, limit: int) -> list[Message]:
    """What can be received, in order: the oldest messages, or one group of a FIFO queue after the other."""
    first = [Message._make(row) for row in ctx.store.all(store.VISIBLE, queue.id, now, limit)]
    if not queue.fifo:
        return first
    found: list[Message] = []
    for head in first:
        if len(found) < limit:
            rows = ctx.store.all(store.GROUP, queue.id, head.group_id, limit - len(found))
            found += takewhile(lambda message: message.visible_at <= now, map(Message._make, rows))
    return found


def remove(ctx: Context, queue: Queue, message: Message) -> None:
    """Deletes a message; the next of its group takes its place."""
    ctx.store.run(store.DELETE_MESSAGE, message.id)
    _leave(ctx, queue, message)


def hide(ctx: Context, queue: Queue, message: Message, until: float, now: float) -> None:
    """Changes when a received message can be received again; `until` not after `now` means at once."""
    if until <= now:
        ctx.store.run(store.HIDE, now if queue.fifo else 0.0, message.id)
        ctx.store.after_rollback(queue.depth.change(True, message.visible_at, 0.0))
        ctx.store.after_commit(queue.bell.ring)
    else:
        visible_at = round(until, 3)
        ctx.store.run(store.HIDE, visible_at, message.id)
        ctx.store.after_rollback(queue.depth.change(True, message.visible_at, visible_at))
        queue.bell.ring_at(visible_at)


def bury(ctx: Context, queue: Queue, message: Message) -> None:
    """Moves a message that was received too often into the dead-letter queue, with its id and attributes.

    In a standard queue it also keeps the time at which it was sent, and so does not live longer; in a FIFO queue it
    counts as sent anew.
    """
    target = dead_letter_queue(ctx, queue.settings.redrive)
    assert target is not None
    now = ctx.clock.now()
    attributes: Json = orjson.loads(message.system_attributes or "{}") | {"DeadLetterQueueSourceArn": queue.arn}
    sent_at = now if queue.fifo else message.sent_at
    target.expires_at = min(target.expires_at, sent_at + target.settings.retention)
    visible_at = now if queue.fifo else 0.0
    number = next(target.numbers)
    ctx.store.run(
        store.MOVE_MESSAGE, number, target.id, visible_at, sent_at, orjson.dumps(attributes).decode(), message.id
    )
    _leave(ctx, queue, message)
    ctx.store.after_commit(target.arrived)


def _leave(ctx: Context, queue: Queue, message: Message) -> None:
    """A message is not in its queue any more."""
    ctx.store.after_rollback(queue.depth.change(message.receive_count > 0, message.visible_at, None))
    if message.group_id is not None:
        ctx.store.run(store.PROMOTE, queue.id, message.group_id)
        ctx.store.after_commit(queue.bell.ring)


# -- the passing of time -----------------------------------------------------------------------------


def refresh(ctx: Context, queue: Queue, now: float) -> None:
    """Brings a queue up to now: hidden messages that come back, and those that outlived the retention period."""
    if queue.depth.release(now) and not queue.fifo:
        ctx.store.run(store.SHOW, queue.id, now)
    if now >= queue.expires_at:
        _expire(ctx, queue, now)


def _expire(ctx: Context, queue: Queue, now: float) -> None:
    """Deletes from the front of the queue what is too old. Each message is looked at once, so this costs no more than
    deleting them did."""
    retention = queue.settings.retention
    while True:
        front = [Message._make(row) for row in ctx.store.all(store.FIRST, queue.id, _CHUNK)]
        for message in front:
            if message.sent_at + retention > now:
                queue.expires_at = message.sent_at + retention
                return
            remove(ctx, queue, message)
        if not front:
            queue.expires_at = now + retention
            return

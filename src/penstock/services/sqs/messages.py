"""Messages: send, receive, delete."""

import hashlib
from collections.abc import Awaitable
from typing import Any

from penstock.base import ids
from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.state import Queue, queue_at, state, visible_key
from penstock.wire.model import Json


def send_message(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    body = request["MessageBody"]
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    message_id = ids.uuid()
    now = ctx.clock.now()
    ctx.store.run(
        store.INSERT_MESSAGE, queue.id, next(state(ctx).sequence), message_id, body, digest, None, None, None,
        ctx.principal.user_id, now, now + request.get("DelaySeconds", 0),
    )  # fmt: skip
    ctx.store.after_commit(lambda: ctx.signals.notify_one(visible_key(queue)))
    return {"MessageId": message_id, "MD5OfMessageBody": digest}


def receive_message(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    queue = queue_at(ctx, request["QueueUrl"])
    messages = _take(ctx, queue, request.get("MaxNumberOfMessages", 1))
    wait = request.get("WaitTimeSeconds", queue.number("ReceiveMessageWaitTimeSeconds"))
    if messages or not wait:
        return {"Messages": messages} if messages else {}
    return _wait(ctx, queue, request, ctx.clock.now() + wait)


async def _wait(ctx: Context, queue: Queue, request: Json, deadline: float) -> Json:
    """A long poll: woken by a write, or when the next message becomes visible."""
    while (now := ctx.clock.now()) < deadline:
        row = ctx.store.one(store.NEXT_VISIBLE, queue.id)
        until = min(deadline, row[0]) if row else deadline
        await ctx.signals.wait(visible_key(queue), until - now)
        if messages := _take(ctx, queue, request.get("MaxNumberOfMessages", 1)):
            return {"Messages": messages}
    return {}


def _take(ctx: Context, queue: Queue, limit: int) -> list[Json]:
    now = ctx.clock.now()
    rows = ctx.store.all(store.VISIBLE, queue.id, now, limit)
    with ctx.store.savepoint():
        for row in rows:
            ctx.store.run(store.RECEIVED, now + queue.number("VisibilityTimeout"), now, queue.id, row[0])
    return [_message(queue, row) for row in rows]


def _message(queue: Queue, row: tuple[Any, ...]) -> Json:
    return {"MessageId": row[1], "ReceiptHandle": f"{queue.id}-{row[0]}", "MD5OfBody": row[3], "Body": row[2]}


def delete_message(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    ctx.store.run(store.DELETE_MESSAGE, queue.id, int(request["ReceiptHandle"].split("-")[1]))
    return {}

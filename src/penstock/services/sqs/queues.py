"""Queues: create, find, list."""

import orjson

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.state import Queue, state, url_of
from penstock.wire.model import Json

DEFAULTS = {
    "VisibilityTimeout": "30",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "MessageRetentionPeriod": "345600",
    "MaximumMessageSize": "262144",
}


def create_queue(ctx: Context, request: Json) -> Json:
    name = request["QueueName"]
    queues = state(ctx).queues
    key = (ctx.account, ctx.region, name)
    if key not in queues:
        now = ctx.clock.now()
        attributes = DEFAULTS | request.get("Attributes", {})
        tags = request.get("tags", {})
        queue_arn = arn("sqs", ctx.region, ctx.account, name)
        row_id = ctx.store.insert(store.INSERT_QUEUE, queue_arn, orjson.dumps(attributes), orjson.dumps(tags), now, now)
        queues[key] = Queue(row_id, queue_arn, attributes, tags, now, now)
        ctx.store.after_rollback(lambda: queues.pop(key, None))
    return {"QueueUrl": url_of(ctx, queues[key])}

"""Queues: create, find, list, purge, delete."""

import re

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.attributes import DEFAULTS, FIFO_DEFAULTS, REMOVABLE, Attributes, checked, merged
from penstock.services.sqs.depth import Depth
from penstock.services.sqs.errors import invalid, invalid_value, no_queue
from penstock.services.sqs.redrive import check_redrive
from penstock.services.sqs.state import Queue, queue_at, state, url_of
from penstock.wire.model import Json

PURGE_INTERVAL = 60
MAX_RESULTS = 1000

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")


def create_queue(ctx: Context, request: Json) -> Json:
    given: Attributes = request.get("Attributes", {})
    given = {key: value for key, value in given.items() if value or key not in REMOVABLE}
    fifo = given.get("FifoQueue", "").lower() == "true"
    name = request["QueueName"]
    _check_name(name, fifo)
    attributes = checked(given, fifo, creating=True)
    known = state(ctx).queues.get((ctx.account, ctx.region, name))
    if known is not None:
        return {"QueueUrl": url_of(ctx, _same(known, attributes))}
    queue_arn = arn("sqs", ctx.region, ctx.account, name)
    check_redrive(ctx, queue_arn, given)
    complete = merged(DEFAULTS | FIFO_DEFAULTS if fifo else DEFAULTS, attributes)
    return {"QueueUrl": url_of(ctx, _insert(ctx, queue_arn, complete, request.get("tags", {})))}


def _check_name(name: str, fifo: bool) -> None:
    if not name:
        raise invalid_value("QueueName", name, "Must specify a queue name")
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise invalid(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length."
        )
    if not fifo and not _NAME.fullmatch(name):
        raise invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")


def _same(queue: Queue, attributes: Attributes) -> Queue:
    """The queue, if it has these attributes; what is not given is not compared."""
    for name, value in attributes.items():
        if queue.attributes.get(name) != value:
            message = f"A queue already exists with the same name and a different value for attribute {name}"
            raise AwsError("QueueNameExists", message)
    return queue


def _insert(ctx: Context, queue_arn: str, attributes: Attributes, tags: dict[str, str]) -> Queue:
    now = ctx.clock.now()
    row = (queue_arn, orjson.dumps(attributes), orjson.dumps(tags), now, now, 0.0)
    queue = Queue(ctx.kernel, (ctx.store.insert(store.INSERT_QUEUE, *row), *row), state(ctx).numbers, state(ctx).look)
    queues = state(ctx).queues
    queues[queue.address] = queue
    ctx.store.after_rollback(lambda: queues.pop(queue.address))
    return queue


def get_queue_url(ctx: Context, request: Json) -> Json:
    account = request.get("QueueOwnerAWSAccountId") or ctx.account
    found = state(ctx).queues.get((account, ctx.region, request["QueueName"]))
    if found is None:
        raise no_queue()
    return {"QueueUrl": url_of(ctx, found)}


def list_queues(ctx: Context, request: Json) -> Json:
    prefix = request.get("QueueNamePrefix", "")
    here = (ctx.account, ctx.region)
    found = [q for q in state(ctx).queues.values() if (q.account, q.region) == here and q.name.startswith(prefix)]
    return _page(ctx, request, found, "QueueUrls")


def list_dead_letter_source_queues(ctx: Context, request: Json) -> Json:
    target = queue_at(ctx, request["QueueUrl"])
    queues = state(ctx).queues.values()
    sources = [q for q in queues if q.settings.redrive and q.settings.redrive.target_arn == target.arn]
    return {"queueUrls": []} | _page(ctx, request, sources, "queueUrls")


def _page(ctx: Context, request: Json, queues: list[Queue], member: str) -> Json:
    limit, token = request.get("MaxResults"), request.get("NextToken")
    if limit is not None and not 1 <= limit <= MAX_RESULTS:
        text = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."
        raise invalid(text)
    if token and limit is None:
        raise invalid("MaxResults is a mandatory parameter when you provide a value for NextToken.")
    try:
        after: str = page_key(token, str)[0] if token else ""
    except ValueError:
        raise invalid("Invalid NextToken value.") from None
    queues = sorted((q for q in queues if q.name > after), key=lambda q: q.name)
    page = queues[: limit or MAX_RESULTS]
    result: Json = {member: [url_of(ctx, queue) for queue in page]} if page else {}
    if limit is not None and len(queues) > len(page):
        result["NextToken"] = page_token(page[-1].name)
    return result


def delete_queue(ctx: Context, request: Json) -> Json:
    """The messages of a queue that is gone are deleted bit by bit, however many they are."""
    queue = queue_at(ctx, request["QueueUrl"])
    queues = state(ctx).queues
    del queues[queue.address]
    ctx.store.after_rollback(lambda: queues.setdefault(queue.address, queue))
    ctx.store.run(store.DELETE_QUEUE, queue.id)
    ctx.store.after_commit(lambda: _deleted(ctx, queue))
    return {}


def _deleted(ctx: Context, queue: Queue) -> None:
    queue.deleted = True
    queue.meter.end()
    queue.bell.ring_all()
    ctx.spawn(sweep(ctx, queue.id), f"sqs: messages of {queue.name}")


def purge_queue(ctx: Context, request: Json) -> Json:
    """A purged queue goes on under another number; its messages stay behind under the old one."""
    queue = queue_at(ctx, request["QueueUrl"])
    now = ctx.clock.now()
    if queue.purged_at > now - PURGE_INTERVAL:
        message = f"Only one PurgeQueue operation on {queue.name} is allowed every {PURGE_INTERVAL} seconds."
        raise AwsError("PurgeQueueInProgress", message, status=403)
    before = (queue.id, queue.purged_at)
    ctx.store.after_rollback(lambda: queue.renumber(*before))
    ctx.store.run(store.DELETE_QUEUE, queue.id)
    row = (queue.arn, orjson.dumps(queue.attributes), orjson.dumps(queue.tags), queue.created_at, queue.modified_at)
    queue.renumber(ctx.store.insert(store.INSERT_QUEUE, *row, now), now)
    ctx.store.after_commit(lambda: _purged(ctx, queue, before[0]))
    return {}


def _purged(ctx: Context, queue: Queue, old_id: int) -> None:
    queue.depth = Depth()
    queue.meter.touch()
    queue.attempts.clear()
    ctx.spawn(sweep(ctx, old_id), f"sqs: purged messages of {queue.name}")


async def sweep(ctx: Context, queue_id: int) -> None:
    """Deletes the messages of a queue that is no more."""
    ctx.store.run(store.FORGET_QUEUE, queue_id)
    while ctx.store.run(store.SWEEP, queue_id):
        await ctx.store.committed()


async def start(ctx: Context) -> None:
    """Takes up the sweeps that the end of the process cut short."""
    for (queue_id,) in ctx.store.all(store.ORPHANS):
        ctx.spawn(sweep(ctx, queue_id), "sqs: messages of deleted queues")

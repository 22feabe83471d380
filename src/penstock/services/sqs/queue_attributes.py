"""A queue's attributes and tags: read, change."""

import orjson

from penstock.call import Context
from penstock.services.sqs import store
from penstock.services.sqs.attributes import COMPUTED, SETTABLE, Attributes, Settings, checked, merged
from penstock.services.sqs.errors import invalid, missing, unknown_attribute
from penstock.services.sqs.messages import refresh
from penstock.services.sqs.redrive import check_redrive
from penstock.services.sqs.state import Queue, queue_at
from penstock.wire.model import Json

MAX_TAGS = 50


def get_queue_attributes(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    names = request.get("AttributeNames", ())
    for name in names:
        if name not in SETTABLE and name not in COMPUTED and name != "All":
            raise unknown_attribute(name)
    if not names:
        return {}
    every = _all_attributes(ctx, queue)
    chosen = every if "All" in names else {name: every[name] for name in names if name in every}
    return {"Attributes": chosen} if chosen else {}


def _all_attributes(ctx: Context, queue: Queue) -> Attributes:
    refresh(ctx, queue, ctx.clock.now())
    depth = queue.depth
    return queue.attributes | {
        "ApproximateNumberOfMessages": str(depth.visible),
        "ApproximateNumberOfMessagesDelayed": str(depth.delayed.count),
        "ApproximateNumberOfMessagesNotVisible": str(depth.in_flight.count),
        "CreatedTimestamp": str(int(queue.created_at)),
        "LastModifiedTimestamp": str(int(queue.modified_at)),
        "QueueArn": queue.arn,
    }


def set_queue_attributes(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    changes = checked(request["Attributes"], queue.fifo)
    check_redrive(ctx, queue.arn, request["Attributes"])
    update(ctx, queue, merged(queue.attributes, changes), queue.tags)
    return {}


def update(ctx: Context, queue: Queue, attributes: Attributes, tags: dict[str, str]) -> None:
    """Stores a queue's attributes and tags; in memory they change back when the operation is undone."""
    before = (queue.attributes, queue.tags, queue.modified_at)
    modified_at = queue.modified_at if attributes is queue.attributes else ctx.clock.now()
    _assign(queue, attributes, tags, modified_at)
    ctx.store.after_rollback(lambda: _assign(queue, *before))
    ctx.store.run(store.UPDATE_QUEUE, orjson.dumps(attributes), orjson.dumps(tags), modified_at, queue.id)


def _assign(queue: Queue, attributes: Attributes, tags: dict[str, str], modified_at: float) -> None:
    queue.attributes, queue.tags, queue.modified_at = attributes, tags, modified_at
    queue.settings = Settings.of(attributes)
    queue.expires_at = 0.0  # the retention period may have changed


_KEY_LENGTH = "Tag keys must be between 1 and 128 characters in length."


def tag_queue(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    if not request["Tags"]:
        raise missing("Tags")
    tags = queue.tags | request["Tags"]
    if any(not 1 <= len(key) <= 128 for key in request["Tags"]):
        raise invalid(_KEY_LENGTH)
    if len(tags) > MAX_TAGS:
        raise invalid(f"Too many tags added for queue {queue.name}.")
    update(ctx, queue, queue.attributes, tags)
    return {}


def untag_queue(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    if not request["TagKeys"]:
        raise invalid(_KEY_LENGTH)
    gone = set(request["TagKeys"])
    update(ctx, queue, queue.attributes, {key: value for key, value in queue.tags.items() if key not in gone})
    return {}


def list_queue_tags(ctx: Context, request: Json) -> Json:
    tags = queue_at(ctx, request["QueueUrl"]).tags
    return {"Tags": tags} if tags else {}

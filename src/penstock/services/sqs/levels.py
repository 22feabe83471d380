"""The depth of a queue as CloudWatch is told of it."""

from penstock.base.meters import Level, Look
from penstock.call import Kernel
from penstock.services.sqs import metrics, store
from penstock.services.sqs.messages import refresh
from penstock.services.sqs.state import Queue


def look(kernel: Kernel, queue: Queue, now: float) -> Look:
    """The age of the oldest message grows by itself; the counts may change when hidden messages come back or old ones
    expire."""
    with kernel.store.savepoint():
        refresh(kernel.context(), queue, now)
    depth = queue.depth
    oldest = kernel.store.one(store.OLDEST, queue.id, now) if depth.total else None
    levels = {
        metrics.VISIBLE: Level(depth.visible),
        metrics.NOT_VISIBLE: Level(depth.in_flight.count),
        metrics.DELAYED: Level(depth.delayed.count),
        metrics.AGE: Level(-oldest[0], 1.0) if oldest and oldest[0] else Level(0.0),
    }
    return Look(levels, min(depth.next_return, queue.expires_at) if depth.total else depth.next_return)

"""SQS's memory: the queues (a mirror of their rows), how deep they are, and the number of the next message.

Rows are the truth. What changes here in an operation is undone with `after_rollback` or happens in `after_commit`.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from penstock.base.arn import Arn
from penstock.base.meters import Look, Meters
from penstock.base.store import Row, Store
from penstock.call import Context, Kernel
from penstock.services.sqs import store
from penstock.services.sqs.attributes import Attributes, Redrive, Settings
from penstock.services.sqs.bell import Bell
from penstock.services.sqs.depth import Depth, Hidden
from penstock.services.sqs.errors import no_queue
from penstock.services.sqs.metrics import QUEUE

# (account, region, name)
Address = tuple[str, str, str]
# What a receive with an attempt id returned: row ids with their receive counts, and until when a retry gets it again.
Attempt = tuple[float, list[tuple[int, int]]]

Levels = Callable[[Kernel, "Queue", float], Look]


class Queue:
    __slots__ = (
        "account",
        "arn",
        "attempts",
        "attributes",
        "bell",
        "created_at",
        "deleted",
        "depth",
        "expires_at",
        "fifo",
        "id",
        "meter",
        "modified_at",
        "name",
        "numbers",
        "purged_at",
        "region",
        "settings",
        "tags",
        "token",
    )

    def __init__(self, kernel: Kernel, row: Row, numbers: Iterator[int], look: Levels) -> None:
        """`row` as SELECT_QUEUES has it; `numbers` are those of the messages to come, of all queues; `look` is what
        CloudWatch is told of its depth."""
        self.id: int = row[0]
        self.arn: str = row[1]
        self.attributes: Attributes = orjson.loads(row[2])
        self.tags: dict[str, str] = orjson.loads(row[3])
        self.created_at, self.modified_at, self.purged_at = row[4], row[5], row[6]
        parsed = Arn.parse(self.arn)
        self.region, self.account, self.name = parsed.region, parsed.account, parsed.resource
        self.fifo = self.name.endswith(".fifo")
        self.settings = Settings.of(self.attributes)
        self.token = "AQEB" + hashlib.sha256(self.arn.encode()).hexdigest()[:32]
        self.bell = Bell(kernel.signals, kernel.clock, ("sqs", self.arn))
        self.depth = _depth(kernel.store, self.id, kernel.clock.now())
        self.numbers = numbers
        self.expires_at = 0.0  # when the next message may have outlived the retention period
        self.attempts: dict[str, Attempt] = {}
        self.deleted = False
        self.meter = kernel.shared(Meters).meter(
            kernel.clock, QUEUE, (self.account, self.region), {"QueueName": self.name}, partial(look, kernel, self)
        )

    @property
    def address(self) -> Address:
        return (self.account, self.region, self.name)

    def renumber(self, id: int, purged_at: float) -> None:
        """Gives the queue another number, which no message has yet."""
        self.id, self.purged_at = id, purged_at

    def arrived(self) -> None:
        """One more message that can be received."""
        self.depth.total += 1
        self.meter.touch()
        self.bell.ring()

    def arrives(self, when: float) -> None:
        """One more message, which can be received at `when`."""
        self.depth.total += 1
        self.depth.delayed.add(when)
        self.meter.touch()
        self.bell.ring_at(when)


class State:
    def __init__(self, kernel: Kernel, look: Levels) -> None:
        self.kernel = kernel
        self.look = look
        last = kernel.store.one(store.LAST_MESSAGE)
        # Numbers begin with the time, so that those of deleted messages do not come back after a restart.
        self.numbers = itertools.count(max(((last and last[0]) or 0) + 1, int(kernel.clock.now() * 1e6)))
        queues = [Queue(kernel, row, self.numbers, look) for row in kernel.store.all(store.SELECT_QUEUES)]
        self.queues: dict[Address, Queue] = {queue.address: queue for queue in queues}

    def by_arn(self, arn: str) -> Queue | None:
        try:
            parsed = Arn.parse(arn)
        except ValueError:
            return None
        return self.queues.get((parsed.account, parsed.region, parsed.resource))


def _depth(db: Store, queue_id: int, now: float) -> Depth:
    total = db.one(store.COUNT, queue_id)
    hidden = db.all(store.HIDDEN, queue_id, now)
    in_flight, delayed = (Hidden((row[0], row[2]) for row in hidden if row[1] == kind) for kind in (1, 0))
    return Depth(total[0] if total else 0, in_flight, delayed)


def state(ctx: Context) -> State:
    found: State = ctx.state("sqs")
    return found


def queue_at(ctx: Context, url: str) -> Queue:
    """The queue that a URL names, `.../<account>/<name>`, or that is called so. Raises QueueDoesNotExist."""
    parts = url.rsplit("/", 2)
    account = parts[-2] if len(parts) > 1 else ctx.account
    found = state(ctx).queues.get((account, ctx.region, parts[-1])) or _elsewhere(ctx, url, account, parts[-1])
    if found is None:
        raise no_queue()
    return found


def _elsewhere(ctx: Context, url: str, account: str, name: str) -> Queue | None:
    """URLs may name the region: `sqs.eu-west-1.amazonaws.com`, `eu-west-1.queue.host`, `host/queue/eu-west-1/...`."""
    split = urlsplit(url)
    labels = [*(split.hostname or "").split("."), *split.path.split("/")]
    queues = state(ctx).queues
    found: Any = next((q for label in labels if label and (q := queues.get((account, label, name)))), None)
    return found or (queues.get((ctx.account, ctx.region, name)) if not account.isdigit() else None)


def url_of(ctx: Context, queue: Queue) -> str:
    return f"{ctx.config.endpoint}/{queue.account}/{queue.name}"


def dead_letter_queue(ctx: Context, redrive: Redrive | None) -> Queue | None:
    return state(ctx).by_arn(redrive.target_arn) if redrive else None

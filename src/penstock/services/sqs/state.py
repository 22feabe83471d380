"""SQS's memory: the queues (a mirror of their rows) and the next message's sequence."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.services.sqs import store


@dataclass(slots=True)
class Queue:
    id: int
    arn: str
    attributes: dict[str, str]
    tags: dict[str, str]
    created_at: float
    modified_at: float
    region: str = field(init=False)
    account: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        parsed = Arn.parse(self.arn)
        self.region, self.account, self.name = parsed.region, parsed.account, parsed.resource

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    def number(self, attribute: str) -> int:
        return int(self.attributes[attribute])


class State:
    def __init__(self, kernel: Kernel) -> None:
        rows = kernel.store.all(store.SELECT_QUEUES)
        queues = [Queue(row[0], row[1], orjson.loads(row[2]), orjson.loads(row[3]), row[4], row[5]) for row in rows]
        self.queues: dict[tuple[str, str, str], Queue] = {(q.account, q.region, q.name): q for q in queues}
        last = kernel.store.one(store.LAST_MESSAGE)
        self.sequence = itertools.count((last[0] or 0) + 1 if last else 1)


def state(ctx: Context) -> State:
    found: State = ctx.state("sqs")
    return found


def queue_at(ctx: Context, url: str) -> Queue:
    """The queue that a URL names: `.../<account>/<name>`. Raises QueueDoesNotExist."""
    parts = url.rsplit("/", 2)
    found = state(ctx).queues.get((parts[-2] if len(parts) > 1 else ctx.account, ctx.region, parts[-1]))
    if found is None:
        raise AwsError("QueueDoesNotExist", "The specified queue does not exist.")
    return found


def url_of(ctx: Context, queue: Queue) -> str:
    return f"{ctx.config.endpoint}/{queue.account}/{queue.name}"


def visible_key(queue: Queue) -> tuple[Any, ...]:
    """The signal that wakes receivers of a queue."""
    return ("sqs", queue.id)

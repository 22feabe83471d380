"""Kinesis's memory: streams with their shards and consumers, a mirror of their rows, and what lookups by name find.

Rows are the truth. What changes here in an operation is undone with `after_rollback`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from penstock.base.arn import Arn, arn
from penstock.base.clock import Timer
from penstock.base.store import Row
from penstock.call import Context, Kernel
from penstock.services.kinesis import store
from penstock.services.kinesis.errors import invalid, no_shard, no_stream, not_found
from penstock.services.kinesis.shards import Layout, Shard, number_of, shard_name
from penstock.wire.model import Json

HOUR = 3600

# (account, region, name)
Address = tuple[str, str, str]
Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed of a stream beside its shards and tags, in the terms of its description."""

    mode: str = "PROVISIONED"
    retention_hours: int = 24
    metrics: tuple[str, ...] = ()
    encryption_type: str = "NONE"
    key_id: str = ""
    max_record_size: int = 1024  # KiB
    warm_throughput: int = 0  # MiB/s; 0: never set
    distribution: str = "USER_PARTITION_KEY"
    scaled_at: tuple[float, ...] = ()  # the latest calls of UpdateShardCount
    switched_at: tuple[float, ...] = ()  # and those of UpdateStreamMode

    @classmethod
    def load(cls, text: str) -> "Settings":
        given: Json = orjson.loads(text)
        values: Json = {name: tuple(value) if type(value) is list else value for name, value in given.items()}
        return cls(**values)

    @property
    def text(self) -> str:
        return orjson.dumps(self).decode()


class Consumer:
    """A registered consumer; `subscribed` is when each shard (by number) was last subscribed to, and by whom."""

    __slots__ = ("arn", "created_at", "name", "policy", "stream", "subscribed", "tags")

    def __init__(self, stream: "Stream", arn: str, name: str, created_at: float, tags: Tags, policy: str) -> None:
        self.stream = stream
        self.arn, self.name, self.created_at = arn, name, created_at
        self.tags, self.policy = tags, policy
        self.subscribed: dict[int, tuple[float, object]] = {}

    def described(self) -> Json:
        return {
            "ConsumerName": self.name,
            "ConsumerARN": self.arn,
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": self.created_at,
        }


class Stream:
    __slots__ = (
        "_kernel",
        "account",
        "arn",
        "consumers",
        "created_at",
        "deleted",
        "encrypted",
        "id",
        "layout",
        "limit",
        "name",
        "policy",
        "region",
        "settings",
        "signal",
        "tags",
    )

    def __init__(self, kernel: Kernel, row: Row, shards: list[Shard]) -> None:
        """`row` as SELECT_STREAMS has it."""
        self._kernel = kernel
        self.id: int = row[0]
        self.arn: str = row[1]
        self.created_at: float = row[2]
        self.tags: Tags = orjson.loads(row[4])
        self.policy: str = row[5]
        parsed = Arn.parse(self.arn)
        self.account, self.region, self.name = parsed.account, parsed.region, parsed.resource_id
        self.layout = Layout(shards)
        self.consumers: dict[str, Consumer] = {}
        self.signal = ("stream", self.arn)
        self.deleted = False
        self.apply(Settings.load(row[3]))

    def apply(self, settings: Settings) -> None:
        self.settings = settings
        self.limit = settings.max_record_size * 1024  # bytes of a record with its key
        self.encrypted = settings.encryption_type != "NONE"

    @property
    def address(self) -> Address:
        return (self.account, self.region, self.name)

    @property
    def retention(self) -> int:
        """Seconds."""
        return self.settings.retention_hours * HOUR

    @property
    def on_demand(self) -> bool:
        return self.settings.mode == "ON_DEMAND"

    def changed(self) -> None:
        """Wakes all readers: there are other shards or subscribers, or the stream is gone."""
        self._kernel.signals.notify(self.signal)
        self.written(self.layout.all.values())

    def written(self, shards: Iterable[Shard]) -> None:
        """Wakes the readers of these shards."""
        for shard in shards:
            self._kernel.signals.notify(self.signal_of(shard))

    def signal_of(self, shard: Shard) -> tuple[str, str, str]:
        return (*self.signal, shard.shard_id)

    def seen_shards(self) -> list[Shard]:
        return self.layout.seen(self._kernel.clock.now() - self.retention)


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.trimming: Timer | None = None
        self.streams: dict[Address, Stream] = {}
        self.by_arn: dict[str, Stream] = {}
        self.consumers: dict[str, Consumer] = {}
        by_id: dict[int, Stream] = {}
        for row in kernel.store.all(store.SELECT_STREAMS):
            shards = [_loaded(kernel, shard) for shard in kernel.store.all(store.SELECT_SHARDS, row[0])]
            stream = by_id[row[0]] = Stream(kernel, row, shards)
            self.enter(stream)
        for arn_, stream_id, name, created_at, tags, policy in kernel.store.all(store.SELECT_CONSUMERS):
            if stream_id in by_id:
                self.register(Consumer(by_id[stream_id], arn_, name, created_at, orjson.loads(tags), policy))

    def enter(self, stream: Stream) -> None:
        self.streams[stream.address] = self.by_arn[stream.arn] = stream
        for consumer in stream.consumers.values():
            self.consumers[consumer.arn] = consumer

    def leave(self, stream: Stream) -> None:
        del self.streams[stream.address], self.by_arn[stream.arn]
        for consumer in stream.consumers.values():
            del self.consumers[consumer.arn]

    def register(self, consumer: Consumer) -> None:
        self.consumers[consumer.arn] = consumer.stream.consumers[consumer.name] = consumer

    def deregister(self, consumer: Consumer) -> None:
        del self.consumers[consumer.arn], consumer.stream.consumers[consumer.name]


def _loaded(kernel: Kernel, row: Row) -> Shard:
    shard = Shard(row)
    [last] = kernel.store.one(store.LAST_RECORD, shard.row_id(0), shard.row_id(store.LAST_PLACE)) or (None,)
    if last is not None:
        shard.last = last & store.LAST_PLACE
    return shard


def state(ctx: Context) -> State:
    found: State = ctx.state("kinesis")
    return found


def stream_arn(ctx: Context, name: str) -> str:
    return arn("kinesis", ctx.region, ctx.account, f"stream/{name}")


def stream_of(ctx: Context, request: Json) -> Stream:
    """The stream that a request names. Raises ResourceNotFoundException."""
    arn = request.get("StreamARN")
    if arn is not None:
        found = state(ctx).by_arn.get(arn)
    else:
        found = state(ctx).streams.get((ctx.account, ctx.region, request.get("StreamName", "")))
    if found is None:
        raise no_stream(*named(ctx, request))
    return found


def named(ctx: Context, request: Json) -> tuple[str, str]:
    """Name and account of the stream that a request names, whether or not there is one."""
    if "StreamARN" in request:
        parsed = Arn.parse(request["StreamARN"])
        return parsed.resource_id, parsed.account
    if "StreamName" in request:
        return request["StreamName"], ctx.account
    raise invalid("Either StreamName or StreamARN must be specified.")


def shard_number(ctx: Context, request: Json, shard_id: str) -> int:
    """Raises ResourceNotFoundException for what is no shard's id; AWS looks at that before the stream."""
    try:
        return number_of(shard_id)
    except ValueError:
        raise no_shard(shard_id, *named(ctx, request)) from None


def shard_at(stream: Stream, number: int) -> Shard:
    shard = stream.layout.all.get(number)
    if shard is None:
        raise no_shard(shard_name(number), stream.name, stream.account)
    return shard


def consumer_of(ctx: Context, arn: str) -> Consumer:
    found = state(ctx).consumers.get(arn)
    if found is None:
        raise not_found(f"Consumer {arn}, account {ctx.account} not found.")
    return found


def change(ctx: Context, stream: Stream, **settings: Any) -> None:
    """Gives a stream other settings."""
    before = stream.settings
    stream.apply(replace(before, **settings))
    ctx.store.after_rollback(lambda: stream.apply(before))
    ctx.store.run(store.UPDATE_SETTINGS, stream.settings.text, stream.id)

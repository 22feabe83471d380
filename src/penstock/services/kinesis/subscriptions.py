"""Subscriptions to shards: records are pushed to a consumer as they come, for five minutes.

A consumer has one subscription per shard; a later one takes its place, though not within five seconds. Where nothing
comes an empty event says so every five seconds, as on AWS.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
"""

from collections.abc import AsyncIterator

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.kinesis import sequences
from penstock.services.kinesis.errors import in_use, not_found, shard_gone
from penstock.services.kinesis.reading import Batch, at_end, begin, child_shards, read
from penstock.services.kinesis.shards import Shard
from penstock.services.kinesis.state import Consumer, consumer_of, shard_at, shard_number
from penstock.services.kinesis.writing import check_dry_run
from penstock.wire.model import Json

LIFETIME = 300.0
PAUSE = 5.0  # between two subscriptions to a shard, and between two empty events
MAX_RECORDS = 1000  # in one event


def subscribe_to_shard(ctx: Context, request: Json) -> Json:
    """`EventStream` is an asynchronous iterator of events, `{"SubscribeToShardEvent": {...}}`."""
    consumer = consumer_of(ctx, request["ConsumerARN"])
    where = {"StreamARN": consumer.stream.arn}
    shard = shard_at(consumer.stream, shard_number(ctx, where, request["ShardId"]))
    start = request["StartingPosition"]
    sequence, timestamp = start.get("SequenceNumber"), start.get("Timestamp")
    place = begin(ctx, consumer.stream, shard, start["Type"], sequence, timestamp, "SubscribeToShard")
    now = ctx.clock.now()
    before, _ = consumer.subscribed.get(shard.number, (0.0, None))
    if now - before < PAUSE:
        raise _taken(consumer, shard)
    check_dry_run(request)
    own = (now, object())
    consumer.subscribed[shard.number] = own
    if before:
        ctx.store.after_commit(consumer.stream.changed)  # the earlier one has to end
    return {"EventStream": Subscription(ctx, consumer, shard, place, own).events()}


def _taken(consumer: Consumer, shard: Shard) -> AwsError:
    stream = consumer.stream
    who = f"{stream.account}:{stream.name}:{shard.shard_id}:{consumer.name}"
    return in_use(f"Another active subscription exists for this consumer: {who}")


class Subscription:
    """One consumer's reading of one shard; `own` is how it knows that no later one has taken its place."""

    def __init__(self, ctx: Context, consumer: Consumer, shard: Shard, place: int, own: tuple[float, object]) -> None:
        self._ctx = ctx
        self._consumer = consumer
        self._stream = consumer.stream
        self._shard = shard
        self._place = place
        self._own = own
        self._ends_at = own[0] + LIFETIME

    async def events(self) -> AsyncIterator[Json]:
        """Ends after five minutes, or with the shard. Raises AwsError where the subscription is lost before."""
        clock = self._ctx.clock
        while clock.now() < self._ends_at:
            self._check()
            batch = read(self._ctx, self._stream, self._shard, self._place, MAX_RECORDS)
            await self._ctx.store.committed()
            self._place = batch.place
            yield {"SubscribeToShardEvent": self._event(batch)}
            if at_end(self._shard, self._place):
                return
            await self._more(min(clock.now() + clock.pace(PAUSE), self._ends_at))

    async def _more(self, until: float) -> None:
        """Waits for something to read or to say, at most until then."""
        signal, clock = self._stream.signal_of(self._shard), self._ctx.clock
        while self._place > self._shard.last and self._shard.closed_at is None and self._lives and clock.now() < until:
            await self._ctx.signals.wait(signal, until - clock.now())

    @property
    def _lives(self) -> bool:
        consumer = self._consumer
        known = self._stream.consumers.get(consumer.name) is consumer and not self._stream.deleted
        return known and consumer.subscribed.get(self._shard.number) is self._own

    def _check(self) -> None:
        if self._lives:
            return
        stream, consumer = self._stream, self._consumer
        if stream.deleted:
            raise shard_gone(self._shard.shard_id, stream.name, stream.account)
        if stream.consumers.get(consumer.name) is not consumer:
            raise not_found(f"Consumer {consumer.arn}, account {stream.account} not found.")
        raise _taken(consumer, self._shard)

    def _event(self, batch: Batch) -> Json:
        """Nothing continues at the end of a shard but its children."""
        event: Json = {"Records": batch.records, "MillisBehindLatest": batch.behind}
        if at_end(self._shard, batch.place):
            return event | {"ChildShards": child_shards(self._stream, self._shard)}
        if batch.records:
            return event | {"ContinuationSequenceNumber": batch.records[-1]["SequenceNumber"]}
        last = min(max(batch.place - 1, 0), self._shard.last)
        number = sequences.number(self._shard.base, last, int(self._ctx.clock.now()))
        return event | {"ContinuationSequenceNumber": number}

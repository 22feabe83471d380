"""What has outlived its stream's retention period: readers do not see it any more, and it is deleted soon after.

Readers look for themselves at what they read. Deleting waits for a timer: the moment at which the oldest record of all
expires, and no sooner than an hour after the last time. No timer runs where there is nothing to delete.
"""

from penstock.call import Context
from penstock.services.kinesis import store
from penstock.services.kinesis.shards import Shard
from penstock.services.kinesis.state import HOUR, Stream, state

_PAUSE = HOUR


def watch(ctx: Context, stream: Stream) -> None:
    """To be called when a record has arrived: it makes sure that there is a timer, and that it is not too late."""
    timer, due = state(ctx).trimming, ctx.clock.now() + stream.retention
    if timer is None or timer.when > due:
        arm(ctx, due)


def arm(ctx: Context, when: float) -> None:
    """Sets the timer, in place of the one that there may be."""
    own = ctx.kernel.context()

    def due() -> None:
        own.spawn(_trim(own), "kinesis: old records")

    if (timer := state(ctx).trimming) is not None:
        timer.cancel()
    state(ctx).trimming = ctx.clock.call_at(when, due)


async def start(ctx: Context) -> None:
    """Takes up what was left undone."""
    ctx.spawn(sweep(ctx), "kinesis: records of deleted streams")
    if state(ctx).streams:
        arm(ctx, ctx.clock.now())


async def _trim(ctx: Context) -> None:
    with ctx.clock.work():
        await _trim_all(ctx)


async def _trim_all(ctx: Context) -> None:
    """Deletes what is too old of all streams, and sets the timer for the next time."""
    now = ctx.clock.now()
    state(ctx).trimming = None
    due: list[float] = []
    for stream in list(state(ctx).streams.values()):
        for shard in list(stream.layout.all.values()):
            oldest = await _trim_shard(ctx, stream, shard, now - stream.retention)
            if oldest is not None:
                due.append(oldest + stream.retention)
    if due:
        arm(ctx, max(min(due), now + _PAUSE))


async def _trim_shard(ctx: Context, stream: Stream, shard: Shard, horizon: float) -> float | None:
    """When the oldest thing arrived that is left: a record, or else the closing of the shard."""
    first = _first(ctx, shard)
    if first is not None and first <= horizon:
        end = place_at(ctx, shard, horizon) - 1
        ctx.store.run(store.TRIM_SHARD, end, shard.id)
        while ctx.store.run(store.TRIM, shard.row_id(0), shard.row_id(end)):
            await ctx.store.committed()
        shard.trimmed = end
        first = _first(ctx, shard)
    if not shard.seen(horizon):
        _forget(ctx, stream, shard)
        return None
    return first if first is not None else shard.closed_at


def _first(ctx: Context, shard: Shard) -> float | None:
    """When its oldest record arrived."""
    row = ctx.store.one(store.FIRST_RECORD, shard.row_id(0), shard.row_id(store.LAST_PLACE))
    return row[1] if row else None


def _forget(ctx: Context, stream: Stream, shard: Shard) -> None:
    ctx.store.run(store.DELETE_SHARD, shard.id)
    stream.layout.all.pop(shard.number, None)


async def sweep(ctx: Context) -> None:
    """Deletes the shards of streams that are no more, with their records."""
    for (shard_id,) in ctx.store.all(store.ORPHANED_SHARDS):
        first = shard_id << store.PLACES
        while ctx.store.run(store.TRIM, first, first | store.LAST_PLACE):
            await ctx.store.committed()
        ctx.store.run(store.DELETE_SHARD, shard_id)
    await ctx.store.committed()


def place_at(ctx: Context, shard: Shard, when: float) -> int:
    """The place of the first record that arrived at `when` or later; that of the next one if there is none.

    Found by halving: a shard with a million records is looked at twenty times.
    """
    low, high = shard.trimmed + 1, shard.last + 1
    while low < high:
        middle = (low + high) // 2
        row = ctx.store.one(store.FIRST_RECORD, shard.row_id(middle), shard.row_id(shard.last))
        if row is None or row[1] >= when:
            high = middle
        else:
            low = (row[0] & store.LAST_PLACE) + 1
    return low

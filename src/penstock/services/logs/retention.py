"""What has expired or was deleted leaves the store in small pieces, so that nobody waits for it.

Readers never see expired events: they begin at the group's cutoff. One timer per group with a retention removes them,
at most once a day (AWS takes up to 72 hours).
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from penstock.call import Context
from penstock.services.logs import store
from penstock.services.logs.state import state
from penstock.services.logs.store import Group

_PIECE = 2000
_DAY = 86400.0


async def start(ctx: Context) -> None:
    """Takes up what an earlier run left."""
    for row in ctx.store.all(store.GROUPS_WITH_RETENTION):
        plan(ctx, Group(*row))
    sweep(ctx)


def plan(ctx: Context, group: Group, not_before: float = 0.0) -> None:
    """Sets the timer for the moment at which the group's oldest event expires."""
    timers = state(ctx).expiries
    if (timer := timers.pop(group.id, None)) is not None:
        timer.cancel()
    oldest = ctx.store.one(store.OLDEST_EVENT, group.id)
    if oldest is not None and group.retention_in_days:
        # A second late, so that no rounding leaves the event one instant short of its age.
        due = max(oldest[0] / 1000 + group.retention_in_days * _DAY + 1, not_before)
        later = ctx.kernel.context()
        timers[group.id] = ctx.clock.call_at(due, lambda: _start_expiry(later, group.id))


def planned(ctx: Context, group: Group) -> bool:
    return group.id in state(ctx).expiries


def _start_expiry(ctx: Context, group_id: int) -> None:
    ctx.spawn(_expire(ctx, group_id), f"logs: retention of group {group_id}")


async def _expire(ctx: Context, group_id: int) -> None:
    with ctx.clock.work():
        while (row := ctx.store.one(store.GROUP_BY_ID, group_id)) is not None:
            group = Group(*row)
            expired = ctx.store.all(store.EXPIRED, group_id, group.expires_before(ctx.clock.now()), _PIECE)
            if not expired:
                plan(ctx, group, not_before=ctx.clock.now() + _DAY)
                return
            with ctx.store.savepoint():
                ctx.store.many(store.DELETE_EVENT, [(event_id,) for event_id, _ in expired])
                ctx.store.run(store.ADD_BYTES, -sum(size + store.OVERHEAD for _, size in expired), group_id)
            await ctx.store.committed()


def sweep(ctx: Context) -> None:
    """Removes the events of deleted groups and streams, beside the request."""
    ctx.spawn(_sweep(ctx.kernel.context()), "logs: removing deleted events")


async def _sweep(ctx: Context) -> None:
    while (row := ctx.store.one(store.GARBAGE)) is not None:
        garbage, group_id, stream_id = row
        statement = store.SWEEP_STREAM if group_id is None else store.SWEEP_GROUP
        if not ctx.store.run(statement, stream_id if group_id is None else group_id, _PIECE):
            ctx.store.run(store.GARBAGE_GONE, garbage)
        await ctx.store.committed()

"""Amazon EventBridge. Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/"""

from penstock.call import Context, Service
from penstock.services.events import (
    access,
    archives,
    buses,
    events,
    permissions,
    replays,
    resources,
    rules,
    schedules,
    store,
    tags,
    targets,
)
from penstock.services.events.state import State, state


async def _start(ctx: Context) -> None:
    """Takes up deliveries, schedules and replays where they were."""
    state(ctx).outbox.resume()
    schedules.begin(state(ctx))
    replays.resume(state(ctx))


SERVICE = Service(
    name="events",
    operations=(buses, permissions, rules, targets, events, archives, replays, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    state=State,
    start=_start,
)

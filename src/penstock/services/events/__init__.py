"""Amazon EventBridge. Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/"""

from penstock.call import Context, Service, TagListing
from penstock.services.events import (
    access,
    api_destinations,
    archives,
    buses,
    connections,
    events,
    permissions,
    replays,
    resources,
    resources_destinations,
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
    connections.resume(ctx)


SERVICE = Service(
    name="events",
    operations=(buses, permissions, rules, targets, events, archives, replays, connections, api_destinations, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE + resources_destinations.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "ResourceARN"),
    questions={"PutEvents": access.put_events},
    passes={"PutTargets": ("Targets.RoleArn",)},
    policy=access.policy,
    keys=access.keys,
    state=State,
    start=_start,
)

"""Amazon EventBridge Scheduler. Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/"""

from penstock.call import Context, Service, TagListing
from penstock.services.scheduler import access, firing, groups, resources, schedules, store, tags
from penstock.services.scheduler.state import State, state


async def _start(ctx: Context) -> None:
    firing.begin(state(ctx))


SERVICE = Service(
    name="scheduler",
    operations=(schedules, groups, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "ResourceArn"),
    passes={"CreateSchedule": ("Target.RoleArn",), "UpdateSchedule": ("Target.RoleArn",)},
    untrusted=(
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
    state=State,
    start=_start,
)

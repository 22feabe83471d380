"""AWS Step Functions.

`asl/` is the language, pure; `engine/` runs executions; `integrations/` is what tasks call. Deleted state machines are
gone at once, and executions that go on are aborted with them. Express executions are kept in memory; a started
asynchronous one runs again from its beginning after a crash.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

from penstock.call import Context, Service, TagListing
from penstock.services.stepfunctions import (
    access,
    activities,
    aliases,
    callbacks,
    executions,
    history,
    machines,
    map_runs,
    resources,
    store,
    tags,
    test_state,
    versions,
)
from penstock.services.stepfunctions.engine.engine import Engine, engine

# In the order in which messages list them.
_STATUSES = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"]


async def _start(ctx: Context) -> None:
    engine(ctx).resume()


SERVICE = Service(
    name="stepfunctions",
    signing_name="states",
    operations=(machines, versions, aliases, executions, history, callbacks, activities, map_runs, tags, test_state),
    schema=store.SCHEMA,
    patches={"ExecutionStatus": {"enum": _STATUSES}},
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "resourceArn", "tags"),
    passes={"CreateStateMachine": ("roleArn",), "UpdateStateMachine": ("roleArn",)},
    untrusted=(
        "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
        "provided role.",
    ),
    resources=resources.TABLE,
    state=Engine,
    start=_start,
)

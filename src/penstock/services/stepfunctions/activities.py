"""Activities: tasks that workers fetch.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.encryption import encryption
from penstock.services.stepfunctions.engine.engine import engine
from penstock.services.stepfunctions.engine.thread import Thread
from penstock.services.stepfunctions.names import activity_arn, arn_of, check_name, owner
from penstock.services.stepfunctions.pages import page
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.services.stepfunctions.tags import check_tags
from penstock.wire.model import Json

_PATIENCE = 60.0  # seconds of a long poll


def create_activity(ctx: Context, request: Json) -> Json:
    """Creation is idempotent by name."""
    check_name(request["name"])
    check_tags(request.get("tags", ()))
    arn = arn_of(ctx, f"activity:{request['name']}")
    found = DOCUMENTS.get(ctx.store, owner(ctx), "activity", arn)
    key = encryption(request.get("encryptionConfiguration"))
    if found is None:
        tags = {tag["key"]: tag.get("value", "") for tag in request.get("tags", ())}
        found = {"arn": arn, "name": request["name"], "createdAt": ctx.clock.now(), "tags": tags}
        found["encryptionConfiguration"] = key
        DOCUMENTS.put(ctx.store, owner(ctx), "activity", arn, found)
    return {"activityArn": arn, "creationDate": found["createdAt"]}


def _activity(ctx: Context, arn: str) -> Json:
    found = DOCUMENTS.get(ctx.store, owner(ctx), "activity", activity_arn(arn))
    if found is None:
        raise AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    return found


def _shown(activity: Json) -> Json:
    return {"activityArn": activity["arn"], "name": activity["name"], "creationDate": activity["createdAt"]}


def describe_activity(ctx: Context, request: Json) -> Json:
    activity = _activity(ctx, request["activityArn"])
    return {**_shown(activity), "encryptionConfiguration": activity["encryptionConfiguration"]}


def list_activities(ctx: Context, request: Json) -> Json:
    activities = sorted(DOCUMENTS.all(ctx.store, owner(ctx), "activity"), key=lambda activity: activity["name"])
    return page(request, [_shown(activity) for activity in activities], "activities", "name")


def delete_activity(ctx: Context, request: Json) -> Json:
    DOCUMENTS.delete(ctx.store, owner(ctx), "activity", activity_arn(request["activityArn"]))
    return {}


async def get_activity_task(ctx: Context, request: Json) -> Json:
    """Waits up to a minute; without a task the answer has no token."""
    arn = _activity(ctx, request["activityArn"])["arn"]
    give_up = ctx.clock.now() + _PATIENCE
    while not ctx.abandoned:
        thread = engine(ctx).tasks.take(arn, request.get("workerName", ""))
        if thread is not None:
            return _handed_out(thread)
        left = give_up - ctx.clock.now()
        if left <= 0 or not await ctx.signals.wait(("states-activity", arn), left):
            break
    return {}


def _handed_out(thread: Thread) -> Json:
    scope = thread.scope()
    return {"taskToken": thread.token, "input": thread.run.text(thread.state.prepare(scope))}

"""Tags, which schedule groups have and schedules have not.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_TagResource.html and its siblings.
"""

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.services.scheduler.groups import find_group, save_group
from penstock.services.scheduler.names import invalid
from penstock.wire.model import Json

_MOST = 50


def tag_resource(ctx: Context, request: Json) -> Json:
    here, group = _find(ctx, request)
    group["Tags"] |= {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    if len(group["Tags"]) > _MOST:
        raise invalid(f"A schedule group can have at most {_MOST} tags.")
    save_group(here, group)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    here, group = _find(ctx, request)
    group["Tags"] = {key: value for key, value in group["Tags"].items() if key not in request["TagKeys"]}
    save_group(here, group)
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = _find(ctx, request)[1]["Tags"]
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _find(ctx: Context, request: Json) -> tuple[Context, Json]:
    """Raises ResourceNotFoundException."""
    arn = Arn.parse(request["ResourceArn"])
    here = ctx.at(account=arn.account, region=arn.region)
    return here, find_group(here, arn.resource.removeprefix("schedule-group/"))

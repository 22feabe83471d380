"""Tags of pipes."""

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.pipes.pipes import lookup, save
from penstock.wire.model import Json

_MOST = 50


def tag_resource(ctx: Context, request: Json) -> Json:
    here, pipe = _find(ctx, request)
    pipe["Tags"] |= request["tags"]
    if len(pipe["Tags"]) > _MOST:
        raise AwsError("ValidationException", f"A resource can have at most {_MOST} tags.", status=400)
    save(here, pipe)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    here, pipe = _find(ctx, request)
    pipe["Tags"] = {key: value for key, value in pipe["Tags"].items() if key not in request["tagKeys"]}
    save(here, pipe)
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    return {"tags": _find(ctx, request)[1]["Tags"]}


def _find(ctx: Context, request: Json) -> tuple[Context, Json]:
    """Raises NotFoundException."""
    arn = Arn.parse(request["resourceArn"])
    here = ctx.at(account=arn.account, region=arn.region)
    return here, lookup(here, arn.resource.removeprefix("pipe/"))

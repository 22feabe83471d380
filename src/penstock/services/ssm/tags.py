"""Tags of parameters.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ssm import parameters, store
from penstock.services.ssm.store import Parameter
from penstock.wire.model import Json


def add_tags_to_resource(ctx: Context, request: Json) -> Json:
    parameter = _tagged(ctx, request)
    tags = orjson.loads(parameter.tags) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    parameters.check_tags(tags)
    ctx.store.run(store.SET_TAGS, orjson.dumps(tags).decode(), parameter.id)
    return {}


def remove_tags_from_resource(ctx: Context, request: Json) -> Json:
    parameter = _tagged(ctx, request)
    kept = {key: value for key, value in orjson.loads(parameter.tags).items() if key not in request["TagKeys"]}
    ctx.store.run(store.SET_TAGS, orjson.dumps(kept).decode(), parameter.id)
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = orjson.loads(_tagged(ctx, request).tags)
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tagged(ctx: Context, request: Json) -> Parameter:
    """Raises InvalidResourceType for anything but parameters, InvalidResourceId."""
    if request["ResourceType"] != "Parameter":
        raise AwsError("InvalidResourceType", f"Penstock keeps no {request['ResourceType']} resources.")
    row = ctx.store.one(store.CURRENT, parameters.scope_of(ctx), parameters.referred(ctx, request["ResourceId"]).name)
    if row is None:
        raise AwsError("InvalidResourceId", "Invalid Resource Id")
    return Parameter(*row)

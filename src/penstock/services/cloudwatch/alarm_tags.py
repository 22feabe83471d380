"""Tags of alarms.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html and its siblings.
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json


def tag_resource(ctx: Context, request: Json) -> Json:
    alarm = _tagged(ctx, request)
    tags = orjson.loads(alarm.tags) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    ctx.store.run(store.SET_TAGS, orjson.dumps(tags).decode(), alarm.arn)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    alarm = _tagged(ctx, request)
    kept = {key: value for key, value in orjson.loads(alarm.tags).items() if key not in request["TagKeys"]}
    ctx.store.run(store.SET_TAGS, orjson.dumps(kept).decode(), alarm.arn)
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = orjson.loads(_tagged(ctx, request).tags)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tagged(ctx: Context, request: Json) -> Alarm:
    row = ctx.store.one(store.ALARM_BY_ARN, request["ResourceARN"])
    if row is None:
        raise AwsError("ResourceNotFoundException", "Unknown")
    return Alarm(*row)

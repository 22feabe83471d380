"""Tags of load balancers, listeners, rules and target groups.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.services.elbv2.state import GROUP, LISTENER, LOAD_BALANCER, RULE, Entry, mine, state
from penstock.wire.model import Json

_MOST = 50


def add_tags(ctx: Context, request: Json) -> Json:
    for arn in request["ResourceArns"]:
        entry = _tagged(ctx, arn)
        entry.tags = merged(entry.tags, request["Tags"])
        state(ctx).put(entry)
    return {}


def remove_tags(ctx: Context, request: Json) -> Json:
    gone = set(request["TagKeys"])
    for arn in request["ResourceArns"]:
        entry = _tagged(ctx, arn)
        entry.tags = {key: value for key, value in entry.tags.items() if key not in gone}
        state(ctx).put(entry)
    return {}


def describe_tags(ctx: Context, request: Json) -> Json:
    if len(request["ResourceArns"]) > 20:
        raise names.invalid("Up to '20' resource ARNs can be specified")
    found = [_tagged(ctx, arn) for arn in request["ResourceArns"]]
    return {"TagDescriptions": [{"ResourceArn": entry.arn, "Tags": names.pairs(entry.tags)} for entry in found]}


def merged(known: Json, tags: list[Json] | None) -> Json:
    """Raises DuplicateTagKeys and TooManyTags."""
    keys = [tag["Key"] for tag in tags or ()]
    for key in keys:
        if keys.count(key) > 1:
            raise AwsError("DuplicateTagKeysException", f"Tag key was specified more than once: {key}")
        if key.lower().startswith("aws:"):
            raise names.invalid(f"Tag key '{key}' cannot begin with the reserved prefix 'aws:'")
    after = {**known, **{tag["Key"]: tag.get("Value") or "" for tag in tags or ()}}
    if len(after) > _MOST:
        raise AwsError("TooManyTagsException", f"The maximum number of tags per resource, '{_MOST}', has been reached")
    return after


def _tagged(ctx: Context, arn: str) -> Entry:
    resource = arn.rpartition(":")[2].partition("/")[0]
    if resource not in (LOAD_BALANCER, LISTENER, RULE, GROUP):
        raise names.invalid(f"'{arn}' is not a valid resource ARN")
    return mine(ctx, resource, arn)

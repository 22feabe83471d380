"""Tags of topics.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sns.errors import invalid
from penstock.services.sns.state import Topic, put_topic, state
from penstock.wire.model import Json

MAX_TAGS = 50


def checked_tags(given: list[Json]) -> dict[str, str]:
    """`[{"Key", "Value"}]` as a dict. Raises AwsError for too many, and for keys that are repeated or reserved."""
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) < len(given):
        raise invalid("Duplicated keys are not allowed.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("Tags", "Tag keys cannot start with aws:")
    _check_count(tags)
    return tags


def _check_count(tags: dict[str, str]) -> None:
    if len(tags) > MAX_TAGS:
        raise AwsError("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded")


def _tagged(ctx: Context, request: Json) -> Topic:
    topic = state(ctx).topics.get(request["ResourceArn"])
    if topic is None:
        raise AwsError("ResourceNotFoundException", "Resource does not exist")
    return topic


def tag_resource(ctx: Context, request: Json) -> Json:
    topic = _tagged(ctx, request)
    tags = topic.document["tags"] | checked_tags(request["Tags"])
    _check_count(tags)
    put_topic(ctx, topic.arn, topic.document | {"tags": tags})
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    topic, gone = _tagged(ctx, request), set(request["TagKeys"])
    tags = {key: value for key, value in topic.document["tags"].items() if key not in gone}
    put_topic(ctx, topic.arn, topic.document | {"tags": tags})
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tagged(ctx, request).document["tags"].items()]}

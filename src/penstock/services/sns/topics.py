"""Topics: create, describe, change, list, delete."""

import re

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sns import pages, store
from penstock.services.sns.errors import invalid, unsupported
from penstock.services.sns.state import put_topic, state, topic_of
from penstock.services.sns.tags import checked_tags
from penstock.services.sns.topic_attributes import REMOVABLE, Attributes, checked, default_policy, initial, shown
from penstock.wire.model import Json

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")


def create_topic(ctx: Context, request: Json) -> Json:
    if request.get("DataProtectionPolicy"):
        raise unsupported("data protection policies")
    given: Attributes = {name: value for name, value in request.get("Attributes", {}).items() if value is not None}
    fifo = given.get("FifoTopic", "").lower() == "true"
    name = request["Name"]
    _check_name(name, fifo)
    if not fifo:
        given.pop("FifoTopic", None)
    attributes, tags = checked(given, fifo), checked_tags(request.get("Tags") or [])
    topic_arn = arn("sns", ctx.region, ctx.account, name)
    known = state(ctx).topics.get(topic_arn)
    if known is not None:
        _check_same(known.attributes, attributes, known.document["tags"], tags)
        return {"TopicArn": topic_arn}
    complete = {name: value for name, value in attributes.items() if value or name not in REMOVABLE}
    document = {"attributes": initial(topic_arn, ctx.account, fifo) | complete, "tags": tags, "deleted": 0}
    put_topic(ctx, topic_arn, document)
    return {"TopicArn": topic_arn}


def _check_name(name: str, fifo: bool) -> None:
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise invalid(
            "Topic Name",
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
        )
    if not fifo and not _NAME.fullmatch(name):
        raise invalid("Topic Name")


def _check_same(known: Attributes, given: Attributes, tags: dict[str, str], given_tags: dict[str, str]) -> None:
    """A topic that exists is created again only as it is; what is not given is not compared."""
    if any(known.get(name, "") != value for name, value in given.items()):
        raise invalid("Attributes", "Topic already exists with different attributes")
    if any(tags.get(key) != value for key, value in given_tags.items()):
        raise invalid("Tags", "Topic already exists with different tags")


def delete_topic(ctx: Context, request: Json) -> Json:
    """Deletes its subscriptions too; a topic that does not exist is deleted already."""
    try:
        topic = topic_of(ctx, request["TopicArn"])
    except AwsError as error:
        if error.code != "NotFoundException":
            raise
        return {}
    for subscription in list(topic.subscriptions):
        ctx.store.run(store.DELETE_SUBSCRIPTION, subscription)
        state(ctx).refresh_subscription(subscription)
    ctx.store.run(store.FORGET_TOPIC, topic.arn)
    ctx.store.run(store.DELETE_TOPIC, topic.arn)
    state(ctx).refresh_topic(topic.arn)
    return {}


def get_topic_attributes(ctx: Context, request: Json) -> Json:
    topic = topic_of(ctx, request["TopicArn"])
    pending = len(topic.pending)
    confirmed = len(topic.subscriptions) - pending
    deleted = topic.document["deleted"]
    return {"Attributes": shown(topic.arn, topic.account, topic.attributes, pending, confirmed, deleted)}


def set_topic_attributes(ctx: Context, request: Json) -> Json:
    topic = topic_of(ctx, request["TopicArn"])
    name, value = request["AttributeName"], request.get("AttributeValue") or ""
    if name == "FifoTopic":
        raise invalid("AttributeName")
    if name == "Policy" and not value:
        value = default_policy(topic.arn, topic.account)
    attributes = topic.attributes | checked({name: value}, topic.fifo)
    attributes = {name: value for name, value in attributes.items() if value or name not in REMOVABLE}
    put_topic(ctx, topic.arn, topic.document | {"attributes": attributes})
    return {}


def list_topics(ctx: Context, request: Json) -> Json:
    """Those of the caller's account and region, 100 a page."""
    prefix = arn("sns", ctx.region, ctx.account, "")
    arns, token = pages.page(ctx, store.TOPIC_ARNS, prefix, request.get("NextToken"))
    return {"Topics": [{"TopicArn": found} for found in arns], **token}

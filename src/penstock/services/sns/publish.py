"""Publishing: to a topic, to a phone number, in batches.

A message is accepted, and put into the subscribed queues, in one transaction; what cannot be delivered in it is kept in
it to be delivered later.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sns import contents, deliveries, push, sms, store
from penstock.services.sns.endpoints import is_phone_number
from penstock.services.sns.envelope import Message
from penstock.services.sns.errors import invalid
from penstock.services.sns.state import Topic, state, topic_of
from penstock.wire.model import Json

DEDUPLICATION_INTERVAL = 300
MAX_ENTRIES = 10

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]+")
_NOTHING: Mapping[str, str] = {}


def publish(ctx: Context, request: Json) -> Json:
    contents.check_subject(request.get("Subject"))
    text = request["Message"]
    if not text:
        raise invalid("Empty message")
    phone_number = request.get("PhoneNumber")
    if phone_number is not None and not is_phone_number(phone_number):
        raise invalid("PhoneNumber", f"{phone_number} is not valid to publish to")
    attributes = request.get("MessageAttributes") or {}
    if attributes:
        contents.check_attributes(attributes)
    if contents.size_of(text, attributes) > contents.MAX_SIZE:
        raise invalid("Message too long")
    if phone_number is not None:
        return sms.send(ctx, phone_number, text)
    if ":endpoint/" in (request.get("TargetArn") or "") and not request.get("TopicArn"):
        return push.send(ctx, request["TargetArn"], text)
    topic = _topic(ctx, request)
    _check_order(topic, request)
    return _accept(ctx, topic, request)


def _topic(ctx: Context, request: Json) -> Topic:
    """The topic that TopicArn or TargetArn names."""
    if request.get("TopicArn") is not None:
        return topic_of(ctx, request["TopicArn"])
    target = request.get("TargetArn")
    if target is None:
        raise invalid("TopicArn or TargetArn", "no value for required parameter")
    return topic_of(ctx, target, "TargetArn")


def _check_order(topic: Topic, entry: Json) -> None:
    group_id, deduplication_id = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    if topic.fifo:
        if not group_id:
            raise invalid("The MessageGroupId parameter is required for FIFO topics")
        if not deduplication_id and topic.attributes["ContentBasedDeduplication"] == "false":
            raise invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            )
    elif deduplication_id is not None:
        raise _not_for_this_topic("MessageDeduplicationId")
    contents.check_id("MessageGroupId", group_id)
    contents.check_id("MessageDeduplicationId", deduplication_id)


def _not_for_this_topic(name: str) -> AwsError:
    return invalid(name, f"The request includes {name} parameter that is not valid for this topic type")


def _texts(entry: Json) -> tuple[str, Mapping[str, str]]:
    """The message for everybody, and those for single protocols."""
    structure, text = entry.get("MessageStructure"), entry["Message"]
    if structure is None:
        return text, _NOTHING
    if structure != "json":
        raise invalid("MessageStructure")
    try:
        document: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(document, dict):
        raise invalid("Message Structure - JSON message body failed to parse")
    texts = {name: value for name, value in document.items() if isinstance(value, str)}
    if "default" not in texts:
        raise invalid("Message Structure - No default entry in JSON message body")
    return texts["default"], texts


def _accept(ctx: Context, topic: Topic, entry: Json) -> Json:
    """Takes a message that was checked, and gives it to the subscribers."""
    text, texts = _texts(entry)
    message = Message(
        ids.uuid(),
        text,
        texts,
        entry.get("Subject"),
        entry.get("MessageAttributes") or {},
        entry.get("MessageGroupId"),
        None,
        "",
        ctx.clock.now(),
    )
    if topic.fifo:
        return _accept_in_order(ctx, topic, entry, message)
    deliveries.fan_out(ctx, topic, message)
    return {"MessageId": message.message_id}


def _accept_in_order(ctx: Context, topic: Topic, entry: Json, message: Message) -> Json:
    """A duplicate is accepted, and delivered no second time."""
    given = entry.get("MessageDeduplicationId") or hashlib.sha256(entry["Message"].encode()).hexdigest()
    by_group = topic.attributes.get("FifoThroughputScope") == "MessageGroup"
    key = f"{given} {message.group_id}" if by_group else given
    now = message.accepted_at
    earlier = ctx.store.one(store.DUPLICATE, topic.arn, key, now)
    if earlier is not None:
        return {"MessageId": earlier[0], "SequenceNumber": earlier[1]}
    number = str(next(state(ctx).sequence))
    ctx.store.run(store.FORGET_EXPIRED, now)
    ctx.store.run(store.REMEMBER, topic.arn, key, message.message_id, number, now + DEDUPLICATION_INTERVAL)
    deliveries.fan_out(ctx, topic, message._replace(deduplication_id=given, sequence_number=number))
    return {"MessageId": message.message_id, "SequenceNumber": number}


# -- batches -----------------------------------------------------------------------------------------------


def publish_batch(ctx: Context, request: Json) -> Json:
    """What is wrong with a message's contents refuses the batch; what its topic does not take fails that entry."""
    entries = request["PublishBatchRequestEntries"]
    if len(entries) > MAX_ENTRIES:
        raise AwsError(
            "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible."
        )
    topic = topic_of(ctx, request["TopicArn"])
    _check_ids(entries)
    _check_contents(entries)
    if topic.fifo:
        for entry in entries:
            _check_order(topic, entry)
    successful: list[Json] = []
    failed: list[Json] = []
    for entry in entries:
        try:
            contents.check_subject(entry.get("Subject"))
            _check_order(topic, entry)
            successful.append({"Id": entry["Id"], **_accept(ctx, topic, entry)})
        except AwsError as error:
            failed.append(_failure(entry["Id"], error))
    return {"Successful": successful, "Failed": failed}


def _check_ids(entries: list[Json]) -> None:
    if not entries:
        raise AwsError("EmptyBatchRequestException", "The batch request doesn't contain any entries.")
    seen = [entry["Id"] for entry in entries]
    if len(set(seen)) < len(seen):
        text = "Two or more batch entries in the request have the same Id."
        raise AwsError("BatchEntryIdsNotDistinctException", text)
    for id in seen:
        about = "The Id of a batch entry in the batch request"
        if len(id) > 80:
            raise AwsError("InvalidBatchEntryIdException", f"{about} is too long: {id}")
        if not _ENTRY_ID.fullmatch(id):
            raise AwsError("InvalidBatchEntryIdException", f"{about} contains an impermissible character: {id}")


def _check_contents(entries: list[Json]) -> None:
    size = 0
    for entry in entries:
        attributes = entry.get("MessageAttributes") or {}
        contents.check_attributes(attributes)
        if not entry["Message"]:
            raise invalid("Empty message")
        _texts(entry)
        size += contents.size_of(entry["Message"], attributes)
    if size > contents.MAX_SIZE:
        text = "The length of all the messages put together is more than the limit."
        raise AwsError("BatchRequestTooLongException", text)


def _failure(id: str, error: AwsError) -> Json:
    return {"Id": id, "Code": "InvalidParameter", "Message": error.message, "SenderFault": True}

"""From a message to its subscribers: which of them get it, and as what.

Each subscriber's delivery is its own: one that fails is tried again by itself, and keeps nobody else waiting.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.delivery.targets import Delivery
from penstock.services.sns import contents, filters
from penstock.services.sns.delivery_policy import effective
from penstock.services.sns.envelope import Message, Renderer
from penstock.services.sns.state import Subscription, Topic, state
from penstock.wire.model import Json


class Fanout(NamedTuple):
    """One message on its way to all subscribers."""

    ctx: Context
    topic: Topic
    message: Message
    renderer: Renderer
    trace: str


def fan_out(ctx: Context, topic: Topic, message: Message) -> None:
    if not topic.subscriptions:
        return
    renderer = Renderer(topic, message, state(ctx).signer, ctx.config.endpoint)
    fanout = Fanout(ctx, topic, message, renderer, ctx.trace.header if ctx.traced else "")
    for subscription in recipients(topic, message):
        _SENDERS[subscription.protocol](fanout, subscription)


def recipients(topic: Topic, message: Message) -> list[Subscription]:
    """The confirmed subscriptions whose filters let the message through."""
    found = list(topic.unfiltered.values())
    if len(topic.by_attributes):
        arns = topic.by_attributes.match(filters.attributes_event(message.attributes))
        found += [topic.subscriptions[arn] for arn in arns]
    if len(topic.by_body):
        found += _by_body(topic, message)
    return found


def _by_body(topic: Topic, message: Message) -> Iterator[Subscription]:
    """A filter looks at the text that its own subscriber would get."""
    protocols = [*message.texts, "default"] if message.texts else ["default"]
    for protocol in protocols:
        event = filters.body_event(message.text_for(protocol))
        for arn in topic.by_body.match(event) if event is not None else ():
            subscription = topic.subscriptions[arn]
            own = subscription.protocol if subscription.protocol in message.texts else "default"
            if own == protocol:
                yield subscription


# -- by protocol -------------------------------------------------------------------------------------------


def _to_queue(fanout: Fanout, subscription: Subscription) -> None:
    message, fifo = fanout.message, subscription.endpoint.endswith(".fifo")
    body = message.text_for("sqs") if subscription.raw else fanout.renderer.envelope(subscription)
    members = _letter(fanout, subscription)
    if fifo:
        members |= {"MessageGroupId": message.group_id, "MessageDeduplicationId": message.deduplication_id}
    elif message.group_id and not fanout.topic.fifo:
        members["MessageGroupId"] = message.group_id
    if fanout.trace:
        header = {"DataType": "String", "StringValue": fanout.trace}
        members["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    lane = f"{subscription.arn} {message.group_id}" if fifo else ""
    _deliver(fanout, subscription, body, {"Members": members}, lane=lane)


def _to_function(fanout: Fanout, subscription: Subscription) -> None:
    letter = fanout.renderer.envelope(subscription) if subscription.dead_letter_arn else ""
    _deliver(fanout, subscription, fanout.renderer.record(subscription), {}, event=letter)


def _letter(fanout: Fanout, subscription: Subscription) -> Json:
    """The members of SendMessage that carry attributes which no envelope does."""
    attributes = fanout.message.attributes
    return {"MessageAttributes": contents.packed(attributes)} if subscription.raw and attributes else {}


def _deliver(
    fanout: Fanout, subscription: Subscription, text: str, parameters: Json, event: str = "", lane: str = ""
) -> None:
    delivery = Delivery(
        subscription.arn,
        subscription.endpoint,
        text,
        fanout.message.accepted_at,
        parameters,
        event,
        subscription.dead_letter_arn,
        trace=fanout.trace,
        lane=lane,
    )
    state(fanout.ctx).outbox.deliver(delivery)


def _to_endpoint(fanout: Fanout, subscription: Subscription) -> None:
    text = fanout.message.text_for(subscription.protocol)
    text = text if subscription.raw else fanout.renderer.envelope(subscription)
    parameters = http_parameters(fanout.topic, subscription, fanout.message.message_id, "Notification")
    _deliver(fanout, subscription, text, parameters | {"Letter": _letter(fanout, subscription)})


def http_parameters(topic: Topic, subscription: Subscription, message_id: str, kind: str) -> Json:
    """The headers of a POST to an endpoint, `kind` being the message's type, and the policy of its retries."""
    own = subscription.attributes.get("DeliveryPolicy", "")
    policy = effective(topic.attributes.get("DeliveryPolicy", ""), own)
    headers = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": topic.arn,
        "Content-Type": policy["requestPolicy"]["headerContentType"],
        "User-Agent": "Amazon Simple Notification Service Agent",
        "Accept-Encoding": "gzip,deflate",
    }
    if kind != "SubscriptionConfirmation":
        headers["x-amz-sns-subscription-arn"] = subscription.arn
    if kind == "Notification" and subscription.raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    return {"Headers": headers, "Policy": policy}


def _to_nobody(fanout: Fanout, subscription: Subscription) -> None:
    """Mail, SMS and mobile push do not leave this machine: the log says what would have."""
    text = f"{subscription.protocol} to {subscription.endpoint} is not sent from this machine: "
    text += fanout.message.text_for(subscription.protocol)
    fanout.ctx.telemetry.log(LogLine(fanout.message.accepted_at, "WARNING", fanout.topic.arn, text))


_SENDERS: dict[str, Callable[[Fanout, Subscription], None]] = {
    "application": _to_nobody,
    "email": _to_nobody,
    "email-json": _to_nobody,
    "http": _to_endpoint,
    "https": _to_endpoint,
    "lambda": _to_function,
    "sms": _to_nobody,
    "sqs": _to_queue,
}

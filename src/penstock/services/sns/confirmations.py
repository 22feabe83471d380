"""Confirmation of subscriptions: tokens, and who is told.

An HTTP endpoint is sent its token. Nobody is sent mail from this machine: a mail subscription's token goes to the log.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-confirmation-message-format.html (subtopics of
https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html)
"""

from urllib.parse import quote

from penstock.base import ids
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.delivery.targets import Delivery
from penstock.services.sns import deliveries, envelope
from penstock.services.sns.signing import ORDINARY
from penstock.services.sns.state import Subscription, Topic, state
from penstock.wire.model import Json

TOKEN_LIFETIME = 2 * 86_400.0
_TOKEN_LENGTH = 288
_DIGITS = frozenset("0123456789abcdef")
_SEPARATOR = "2f"  # a slash behind the region

_SUBSCRIBE = (
    "You have chosen to subscribe to the topic {topic}.\n"
    "To confirm the subscription, visit the SubscribeURL included in this message."
)
_UNSUBSCRIBE = (
    "You have chosen to deactivate subscription {subscription}.\n"
    "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
)


def new_token(region: str) -> str:
    """Hexadecimal digits that say in which region they are good."""
    head = region.encode().hex() + _SEPARATOR
    return head + ids.hex_id(_TOKEN_LENGTH - len(head))


def region_of(token: str) -> str | None:
    """The region that a token names; None for what is no token."""
    head, slash, _ = token.partition(_SEPARATOR)
    try:
        return bytes.fromhex(head).decode("ascii") if slash else None
    except ValueError:
        return None


def is_hex(token: str) -> bool:
    return set(token) <= _DIGITS


def ask(ctx: Context, topic: Topic, subscription: Subscription) -> None:
    """Tells a new subscriber how to confirm."""
    token = subscription.document["token"]
    url = _subscribe_url(ctx, topic, token)
    if subscription.protocol in ("http", "https"):
        _send(ctx, topic, subscription, "SubscriptionConfirmation", _SUBSCRIBE, token)
    else:
        text = f"no mail is sent to {subscription.endpoint}; its subscription is confirmed by GET {url}"
        ctx.telemetry.log(LogLine(ctx.clock.now(), "WARNING", topic.arn, text))


def tell_unsubscribed(ctx: Context, topic: Topic, subscription: Subscription) -> None:
    """An HTTP endpoint is told that its subscription has ended."""
    if subscription.protocol in ("http", "https"):
        _send(ctx, topic, subscription, "UnsubscribeConfirmation", _UNSUBSCRIBE, new_token(ctx.region))


def _subscribe_url(ctx: Context, topic: Topic, token: str) -> str:
    return f"{ctx.config.endpoint}/?Action=ConfirmSubscription&TopicArn={quote(topic.arn, safe=':')}&Token={token}"


def _send(ctx: Context, topic: Topic, subscription: Subscription, kind: str, text: str, token: str) -> None:
    document: Json = {
        "Type": kind,
        "MessageId": ids.uuid(),
        "Token": token,
        "TopicArn": topic.arn,
        "Message": text.format(topic=topic.arn, subscription=subscription.arn),
        "SubscribeURL": _subscribe_url(ctx, topic, token),
        "Timestamp": envelope.timestamp(ctx.clock.now()),
    }
    version = topic.attributes.get("SignatureVersion", "1")
    signature, certificate = state(ctx).signer.sign(envelope.canonical(document), version, ORDINARY)
    signed = {"SignatureVersion": version, "Signature": signature, "SigningCertURL": certificate}
    parameters = deliveries.http_parameters(topic, subscription, document["MessageId"], kind)
    text = envelope.pretty(document | signed)
    delivery = Delivery(subscription.arn, subscription.endpoint, text, ctx.clock.now(), parameters)
    state(ctx).outbox.deliver(delivery)

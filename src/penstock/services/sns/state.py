"""SNS's memory: topics with their subscriptions and the filters of these compiled, a mirror of their rows.

An operation writes a row and then calls `refresh_topic` or `refresh_subscription`, which reads it back; where the
transaction is undone it is read again. So memory and rows cannot disagree, and a restart is nothing special.
"""

import itertools
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.base.store import Row
from penstock.call import Context, Kernel
from penstock.delivery.outbox import Outbox
from penstock.delivery.patterns import Index
from penstock.services.sns import filters, store
from penstock.services.sns.errors import invalid, no_subscription, no_topic
from penstock.services.sns.sender import TopicSender
from penstock.services.sns.signing import Signer
from penstock.wire.model import Json

_FIRST_SEQUENCE_NUMBER = 10**19


class Subscription:
    """`document`: protocol, endpoint, owner, principal, attributes, confirmed, token and when it was made."""

    __slots__ = ("arn", "attributes", "confirmed", "dead_letter_arn", "document", "endpoint", "protocol", "raw",
                 "topic_arn")  # fmt: skip

    def __init__(self, row: Row) -> None:
        """`row` as SUBSCRIPTIONS has it."""
        self.arn: str = row[0]
        self.topic_arn: str = row[1]
        self.document: Json = orjson.loads(row[2])
        self.protocol: str = self.document["protocol"]
        self.endpoint: str = self.document["endpoint"]
        self.confirmed: bool = self.document["confirmed"]
        self.attributes: dict[str, str] = self.document["attributes"]
        self.raw = self.attributes.get("RawMessageDelivery") == "true"
        redrive = orjson.loads(self.attributes.get("RedrivePolicy") or "{}")
        self.dead_letter_arn: str = redrive.get("deadLetterTargetArn", "")

    @property
    def scope(self) -> str:
        return self.attributes.get("FilterPolicyScope", filters.ATTRIBUTES)


class Topic:
    """`document`: attributes, tags, and how many subscriptions were deleted."""

    __slots__ = ("account", "arn", "attributes", "by_attributes", "by_body", "document", "endpoints", "fifo", "pending",
                 "region", "subscriptions", "unfiltered")  # fmt: skip

    def __init__(self, row: Row) -> None:
        """`row` as TOPICS has it."""
        self.arn: str = row[0]
        parsed = Arn.parse(self.arn)
        self.region, self.account = parsed.region, parsed.account
        self.subscriptions: dict[str, Subscription] = {}
        self.endpoints: dict[tuple[str, str], Subscription] = {}  # by protocol and endpoint
        self.pending: set[str] = set()
        self.unfiltered: dict[str, Subscription] = {}
        self.by_attributes: Index[str] = Index()
        self.by_body: Index[str] = Index()
        self.apply(row)

    def apply(self, row: Row) -> None:
        self.document: Json = orjson.loads(row[1])
        self.attributes: dict[str, str] = self.document["attributes"]
        self.fifo = self.attributes.get("FifoTopic") == "true"

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    def add(self, subscription: Subscription) -> None:
        self.subscriptions[subscription.arn] = subscription
        self.endpoints[subscription.protocol, subscription.endpoint] = subscription
        if not subscription.confirmed:
            self.pending.add(subscription.arn)
            return
        pattern = filters.compile_policy(subscription.attributes.get("FilterPolicy", ""), subscription.scope)
        if pattern is None:
            self.unfiltered[subscription.arn] = subscription
        else:
            index = self.by_body if subscription.scope == filters.BODY else self.by_attributes
            index.add(subscription.arn, pattern)

    def remove(self, arn: str) -> None:
        known = self.subscriptions.pop(arn, None)
        if known is None:
            return
        self.endpoints.pop((known.protocol, known.endpoint), None)
        self.pending.discard(arn)
        self.unfiltered.pop(arn, None)
        self.by_attributes.remove(arn)
        self.by_body.remove(arn)


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.signer = Signer(kernel)
        self.outbox = Outbox(kernel, store.DELIVERIES, TopicSender("sns.amazonaws.com"))
        # Numbers begin with the time, so that they grow across a restart.
        self.sequence = itertools.count(_FIRST_SEQUENCE_NUMBER + int(kernel.clock.now() * 1e6))
        self.topics = {row[0]: Topic(row) for row in kernel.store.all(store.TOPICS)}
        self.subscriptions: dict[str, Subscription] = {}
        self.tokens: dict[str, str] = {}  # of confirmations -> the subscription's ARN
        for row in kernel.store.all(store.SUBSCRIPTIONS):
            self._add(row)

    def refresh_topic(self, arn: str) -> None:
        self.kernel.store.after_rollback(lambda: self._load_topic(arn))
        self._load_topic(arn)

    def refresh_subscription(self, arn: str) -> None:
        self.kernel.store.after_rollback(lambda: self._load_subscription(arn))
        self._load_subscription(arn)

    def _load_topic(self, arn: str) -> None:
        row, known = self.kernel.store.one(store.TOPIC, arn), self.topics.get(arn)
        if row is None:
            self.topics.pop(arn, None)
        elif known is not None:
            known.apply(row)
        else:
            self.topics[arn] = Topic(row)
            for each in self.kernel.store.all(store.SUBSCRIPTION_ARNS, f"{arn}:", f"{arn};", -1):
                self._load_subscription(each[0])

    def _load_subscription(self, arn: str) -> None:
        known, row = self.subscriptions.pop(arn, None), self.kernel.store.one(store.SUBSCRIPTION, arn)
        if known is not None:
            self.tokens.pop(known.document["token"], None)
            if topic := self.topics.get(known.topic_arn):
                topic.remove(arn)
        if row is not None:
            self._add(row)

    def _add(self, row: Row) -> None:
        subscription = self.subscriptions[row[0]] = Subscription(row)
        self.tokens[subscription.document["token"]] = subscription.arn
        if topic := self.topics.get(subscription.topic_arn):
            topic.add(subscription)


def state(ctx: Context) -> State:
    found: State = ctx.state("sns")
    return found


def topic_of(ctx: Context, arn: str, member: str = "TopicArn") -> Topic:
    """The topic of a request, whose `member` names it. Raises AwsError."""
    found = state(ctx).topics.get(arn)
    if found is not None and found.region == ctx.region:
        return found
    raise _unknown(ctx, arn, member)


def _unknown(ctx: Context, arn: str, member: str) -> AwsError:
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn":
        return invalid(member, f"An ARN must have at least 6 elements, not {len(parts)}")
    return no_topic() if parts[2:4] == ["sns", ctx.region] else invalid(member)


def subscription_of(ctx: Context, arn: str) -> Subscription:
    """The subscription of a request. Raises AwsError."""
    found = state(ctx).subscriptions.get(arn)
    if found is None:
        check_subscription_arn(arn)
        raise no_subscription()
    return found


def check_subscription_arn(arn: str) -> None:
    """Raises AwsError for what cannot be the ARN of a subscription."""
    count = len(arn.split(":"))
    if count < 6 or not arn.startswith("arn:"):
        raise invalid("SubscriptionArn", f"An ARN must have at least 6 elements, not {count}")
    if count == 6:
        raise invalid("SubscriptionId")


def put_topic(ctx: Context, arn: str, document: Json) -> None:
    ctx.store.run(store.PUT_TOPIC, arn, _text(document))
    state(ctx).refresh_topic(arn)


def put_subscription(ctx: Context, arn: str, topic_arn: str, document: Json) -> None:
    ctx.store.run(store.PUT_SUBSCRIPTION, arn, topic_arn, _text(document))
    state(ctx).refresh_subscription(arn)


def _text(document: Any) -> str:
    return orjson.dumps(document).decode()

"""Subscription attributes: which there are and what they may hold. Pure.

In Subscribe AWS's messages have `Attributes Reason: ` before the reason; `prefix` is that, or empty.
Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from collections.abc import Callable

import orjson

from penstock.base.arn import Arn
from penstock.services.sns.delivery_policy import checked_subscription_policy
from penstock.services.sns.errors import invalid, unsupported
from penstock.services.sns.filters import ATTRIBUTES, BODY, compile_policy

Attributes = dict[str, str]

IN_SUBSCRIBE = "Attributes Reason: "
_UNSUPPORTED = frozenset({"ReplayPolicy", "SubscriptionRoleArn"})
_RAW = frozenset({"sqs", "http", "https", "firehose"})


class Endpoint:
    """What the checks need to know of the subscription."""

    def __init__(self, topic_arn: str, protocol: str, endpoint: str) -> None:
        self.protocol = protocol
        self.ordered = topic_arn.endswith(".fifo") and endpoint.endswith(".fifo")


def checked(given: Attributes, current: Attributes, endpoint: Endpoint, prefix: str = "") -> Attributes:
    """`current` with what is given; raises AwsError for unknown names and wrong values."""
    result = dict(current)
    for name, value in given.items():
        if name in _UNSUPPORTED:
            raise unsupported(f"the subscription attribute {name}")
        if name not in _CHECKS:
            raise invalid(f"{prefix}AttributeName")
        result[name] = _CHECKS[name](value or "", endpoint, prefix)
    compile_policy(result.get("FilterPolicy", ""), result.get("FilterPolicyScope", ATTRIBUTES), prefix)
    return {name: value for name, value in result.items() if value not in ("", "{}")}


def _raw(value: str, endpoint: Endpoint, prefix: str) -> str:
    if value.lower() not in ("true", "false"):
        raise invalid(f"{prefix}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if value.lower() == "true" and endpoint.protocol not in _RAW:
        raise invalid(f"{prefix}Delivery protocol [{endpoint.protocol}] does not support raw message delivery.")
    return value.lower()


def _scope(value: str, endpoint: Endpoint, prefix: str) -> str:
    if value not in (ATTRIBUTES, BODY):
        choices = f"Please use either {BODY} or {ATTRIBUTES}"
        raise invalid(f"{prefix}FilterPolicyScope: Invalid value [{value}]. {choices}")
    return value


def _redrive(value: str, endpoint: Endpoint, prefix: str) -> str:
    if not value:
        return value
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise invalid(f"{prefix}RedrivePolicy: failed to parse JSON.") from None
    target = document.get("deadLetterTargetArn") if isinstance(document, dict) else None
    try:
        arn = Arn.parse(str(target))
    except ValueError:
        raise invalid(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn") from None
    if arn.service != "sqs":
        raise invalid(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if endpoint.ordered and not arn.resource.endswith(".fifo"):
        raise invalid(f"{prefix}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
    return value


def _delivery(value: str, endpoint: Endpoint, prefix: str) -> str:
    if value and endpoint.protocol not in ("http", "https"):
        raise invalid(f"{prefix}Delivery protocol [{endpoint.protocol}] does not support delivery policies.")
    return checked_subscription_policy(value, prefix) if value else value


def _as_it_is(value: str, endpoint: Endpoint, prefix: str) -> str:
    return value


_CHECKS: dict[str, Callable[[str, Endpoint, str], str]] = {
    "DeliveryPolicy": _delivery,
    "FilterPolicy": _as_it_is,
    "FilterPolicyScope": _scope,
    "RawMessageDelivery": _raw,
    "RedrivePolicy": _redrive,
}

"""Delivery policies: how often, and when, a message that an endpoint did not take is sent again. Pure.

A policy has four phases: retries without delay, retries at the minimum delay, retries whose delay grows from the
minimum to the maximum, and retries at the maximum. AWS names the functions by which it grows, but does not say
what they are; here each goes from the minimum to the maximum, and each stays low for longer than the one before.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.delivery.retry import Random, RetryPolicy
from penstock.services.sns.errors import invalid

Json = dict[str, Any]

HTTP: Json = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
# What SNS does for endpoints of AWS itself (queues, functions): 100,015 retries in 23 days.
MANAGED: Json = {
    "minDelayTarget": 1,
    "maxDelayTarget": 20,
    "numRetries": 100_015,
    "numMaxDelayRetries": 100_000,
    "numNoDelayRetries": 3,
    "numMinDelayRetries": 2,
    "backoffFunction": "exponential",
}
_AGES = {"http": 3_600.0, "managed": 24 * 86_400.0}
_CONTENT_TYPE = "text/plain; charset=UTF-8"
_MAX_DELAY, _MAX_RETRIES = 3_600, 100

# How far (0..1) from the minimum to the maximum after `x` (0..1) of the phase.
_GROWTH: dict[str, Callable[[float], float]] = {
    "linear": lambda x: x,
    "arithmetic": lambda x: x * (1 + x) / 2,
    "geometric": lambda x: x**3,
    "exponential": lambda x: (2 ** (10 * x) - 1) / 1023,
}


def delay(policy: Mapping[str, Any], retries: int) -> float:
    """Seconds until the next attempt after `retries` retries."""
    low, high = float(policy["minDelayTarget"]), float(policy["maxDelayTarget"])
    place = retries - policy["numNoDelayRetries"]
    if place < 0:
        return 0.0
    if place < policy["numMinDelayRetries"]:
        return low
    place -= policy["numMinDelayRetries"]
    growing = growing_retries(policy)
    if place >= growing:
        return high
    share = place / (growing - 1) if growing > 1 else 0.0
    return low + (high - low) * _GROWTH[policy["backoffFunction"]](share)


def growing_retries(policy: Mapping[str, Any]) -> int:
    """How many retries are in the phase in which the delay grows."""
    others = ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    return int(policy["numRetries"]) - sum(int(policy[name]) for name in others)


def retries(policy: Mapping[str, Any] | None) -> RetryPolicy:
    """The retry policy of a delivery: that of an HTTP endpoint, or what SNS does for AWS's own endpoints."""
    wanted = policy or MANAGED
    age = _AGES["http" if policy else "managed"]
    return RetryPolicy(wanted["numRetries"], age, lambda number, random: _backoff(wanted, number, random))


def _backoff(policy: Mapping[str, Any], number: int, random: Random) -> float:
    return delay(policy, number)


# -- what is in force --------------------------------------------------------------------------------------------


def effective_for_topic(text: str) -> Json:
    """A topic's policy with what it does not say: `{"http": {"defaultHealthyRetryPolicy": ..., ...}}`."""
    given = (orjson.loads(text) if text else {}).get("http") or {}
    return {
        "http": {
            "defaultHealthyRetryPolicy": HTTP | (given.get("defaultHealthyRetryPolicy") or {}),
            "disableSubscriptionOverrides": bool(given.get("disableSubscriptionOverrides", False)),
            **({"defaultThrottlePolicy": given["defaultThrottlePolicy"]} if given.get("defaultThrottlePolicy") else {}),
            "defaultRequestPolicy": {"headerContentType": _CONTENT_TYPE} | (given.get("defaultRequestPolicy") or {}),
        }
    }


def effective(topic_policy: str, own: str) -> Json:
    """An HTTP subscription's: `{"healthyRetryPolicy": ..., "throttlePolicy": ..., "requestPolicy": ...}`."""
    topic = effective_for_topic(topic_policy)["http"]
    given = {} if topic["disableSubscriptionOverrides"] or not own else orjson.loads(own)
    return {
        "healthyRetryPolicy": topic["defaultHealthyRetryPolicy"] | (given.get("healthyRetryPolicy") or {}),
        "sicklyRetryPolicy": None,
        "throttlePolicy": given.get("throttlePolicy") or topic.get("defaultThrottlePolicy"),
        "requestPolicy": topic["defaultRequestPolicy"] | (given.get("requestPolicy") or {}),
        "guaranteed": False,
    }


# -- checks ------------------------------------------------------------------------------------------------------

_TOPIC_MEMBERS = ("defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultThrottlePolicy",
                  "defaultRequestPolicy")  # fmt: skip
_SUBSCRIPTION_MEMBERS = ("healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy",
                         "guaranteed")  # fmt: skip
_SWITCHES = frozenset({"disableSubscriptionOverrides", "guaranteed"})


def checked_topic_policy(text: str) -> str:
    """The policy as AWS shows it: without what is null, and with the switch that every topic has."""
    document = _document(text, "")
    http = document.get("http")
    if not isinstance(http, dict) or len(document) > 1:
        raise invalid("DeliveryPolicy", 'the policy must be an object "http"')
    _check_members(http, _TOPIC_MEMBERS, "")
    _check(HTTP, http.get("defaultHealthyRetryPolicy"), http.get("defaultThrottlePolicy"), "")
    overridden = http.get("disableSubscriptionOverrides") in (True, "true")
    complete = {**http, "disableSubscriptionOverrides": overridden}
    return _text({"http": {name: complete[name] for name in _TOPIC_MEMBERS if complete.get(name) is not None}})


def checked_subscription_policy(text: str, prefix: str) -> str:
    """The policy as AWS shows it: all members, retries with all of theirs. `prefix` stands before the reason in AWS's
    messages."""
    document = _document(text, prefix)
    _check_members(document, _SUBSCRIPTION_MEMBERS, prefix)
    retry = document.get("healthyRetryPolicy")
    _check(HTTP, retry, document.get("throttlePolicy"), prefix)
    complete = {**document, "healthyRetryPolicy": HTTP | retry if retry else None, "guaranteed": False}
    return _text({name: complete.get(name) for name in _SUBSCRIPTION_MEMBERS})


def _check_members(document: Json, known: tuple[str, ...], prefix: str) -> None:
    """Each is one of these, and an object or null but for the switches."""
    if unknown := document.keys() - known:
        raise invalid(f"{prefix}DeliveryPolicy: Unexpected JSON member: {min(unknown)}")
    for name, value in document.items():
        if name not in _SWITCHES and not isinstance(value, dict | None):
            raise invalid(f"{prefix}DeliveryPolicy: {name} must be an object")
        content_type = value.get("headerContentType", "") if isinstance(value, dict) else ""
        if not isinstance(content_type, str):
            raise invalid(f"{prefix}DeliveryPolicy: headerContentType must be a string")


def _text(document: Json) -> str:
    return orjson.dumps(document).decode()


def _document(text: str, prefix: str) -> Json:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise invalid(f"{prefix}DeliveryPolicy: failed to parse JSON.")
    return document


def _check(defaults: Json, retry: Any, throttle: Any, prefix: str) -> None:
    policy = defaults | (retry or {})
    for name, value in policy.items():
        if name not in defaults:
            raise invalid(f"{prefix}DeliveryPolicy: Unexpected JSON member: {name}")
        _check_member(name, value, prefix)
    if policy["maxDelayTarget"] < policy["minDelayTarget"]:
        raise invalid(f"{prefix}DeliveryPolicy: maxDelayTarget must be greater than or equal to minDelayTarget")
    if growing_retries(policy) < 0:
        raise invalid(
            f"{prefix}DeliveryPolicy: numRetries must be greater than or equal to "
            "total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries"
        )
    rate = (throttle or {}).get("maxReceivesPerSecond")
    if rate is not None and not _is_count(rate, 1, 1_000_000):
        raise invalid(f"{prefix}DeliveryPolicy: maxReceivesPerSecond must be greater than or equal to 1")


_LIMITS = {"minDelayTarget": (1, _MAX_DELAY), "maxDelayTarget": (1, _MAX_DELAY)}


def _check_member(name: str, value: Any, prefix: str) -> None:
    if name == "backoffFunction":
        if value not in _GROWTH:
            raise invalid(f"{prefix}DeliveryPolicy: backoffFunction must be one of {', '.join(_GROWTH)}")
        return
    low, high = _LIMITS.get(name, (0, _MAX_RETRIES))
    if not _is_count(value, low, high):
        raise invalid(f"{prefix}DeliveryPolicy: {name} must be between {low} and {high}")


def _is_count(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

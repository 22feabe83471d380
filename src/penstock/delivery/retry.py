"""When a failed delivery is tried again, and what its dead-letter queue is told when it is not.

EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html and eb-rule-dlq.html
Lambda: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.base.errors import AwsError

Random = Callable[[], float]  # uniform in [0, 1)
Backoff = Callable[[int, Random], float]  # (how many retries there were, random) -> seconds until the next


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` retries, none later than `age` seconds after the event was accepted."""

    attempts: int
    age: float
    backoff: Backoff

    def next_try(self, accepted: float, retries: int, now: float, random: Random, wait: float = 0.0) -> float | str:
        """When to try again, after `wait` seconds at least, or which limit (under AWS's name) forbids it."""
        if retries >= self.attempts:
            return "MaximumRetryAttempts"
        when = now + max(wait, self.backoff(retries, random))
        return when if when <= accepted + self.age else "MaximumEventAgeInSeconds"


def exponential(base: float, cap: float) -> Backoff:
    """`base`, twice that, ... up to `cap`, each shortened at random by up to a half."""
    return lambda retries, random: min(cap, base * 2.0 ** min(retries, 30)) * (1 - random() / 2)


# 185 retries take about the 24 hours that are their other limit.
EVENTBRIDGE = RetryPolicy(185, 86_400.0, exponential(1.0, 600.0))
LAMBDA = RetryPolicy(2, 21_600.0, lambda retries, random: (60.0, 120.0)[min(retries, 1)])
# A throttled or failed invocation that no function has seen is retried until the event is too old.
LAMBDA_THROTTLED = RetryPolicy(1_000_000, 21_600.0, exponential(1.0, 300.0))


def configured(policy: RetryPolicy, settings: Mapping[str, Any] | None) -> RetryPolicy:
    """`policy` with a target's RetryPolicy or a function's EventInvokeConfig (both use the same names)."""
    if not settings:
        return policy
    attempts = settings.get("MaximumRetryAttempts", policy.attempts)
    return RetryPolicy(attempts, settings.get("MaximumEventAgeInSeconds", policy.age), policy.backoff)


# -- failures --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a delivery failed: `code` is one of the ERROR_CODEs of EventBridge's dead-letter messages.

    `wait` are the seconds that the target asked for until it is tried again, `original` is the target's own code.
    """

    code: str
    message: str
    retriable: bool
    wait: float = 0.0
    original: str = ""


_NO_RESOURCE = ("NO_RESOURCE", False)
_NO_PERMISSIONS = ("NO_PERMISSIONS", False)
_INVALID_PARAMETER = ("INVALID_PARAMETER", False)
_THROTTLING = ("THROTTLING", True)
_UNSUPPORTED = ("SDK_CLIENT_ERROR", False)
_BY_CODE: dict[str, tuple[str, bool]] = {
    "ResourceNotFoundException": _NO_RESOURCE,
    "AWS.SimpleQueueService.NonExistentQueue": _NO_RESOURCE,
    "QueueDoesNotExist": _NO_RESOURCE,
    "ClusterNotFoundException": _NO_RESOURCE,
    "StateMachineDoesNotExist": _NO_RESOURCE,
    "AccessDenied": _NO_PERMISSIONS,
    "AccessDeniedException": _NO_PERMISSIONS,
    "InvalidRequestContentException": ("INVALID_JSON", False),
    "ValidationException": _INVALID_PARAMETER,
    "InvalidParameterValue": _INVALID_PARAMETER,
    "InvalidParameterException": _INVALID_PARAMETER,
    "InvalidParameterValueException": _INVALID_PARAMETER,
    "InvalidMessageContents": _INVALID_PARAMETER,
    "MissingParameter": _INVALID_PARAMETER,
    "NotImplemented": _UNSUPPORTED,
    "UnknownOperationException": _UNSUPPORTED,
    "TooManyRequestsException": _THROTTLING,
    "ThrottlingException": _THROTTLING,
    "RequestThrottled": _THROTTLING,
    # Endpoints' errors have these codes already.
    "THROTTLING": _THROTTLING,
    "TIMEOUT": ("TIMEOUT", True),
    "CONNECTION_FAILURE": ("CONNECTION_FAILURE", True),
    "SDK_CLIENT_ERROR": _UNSUPPORTED,
}


def failure(error: AwsError) -> Failure:
    """What EventBridge makes of a target's error: what cannot get better is not retried."""
    code, retriable = _BY_CODE.get(error.code, ("ERROR_FROM_TARGET", (error.status or 400) >= 500))
    wait = error.fields.get("retry_after", 0.0)  # a negative one asks not to be tried again
    return Failure(code, error.message, retriable and wait >= 0, wait, error.code)


def dead_letter_attributes(
    rule_arn: str, target_arn: str, failed: Failure, exhausted: str = "", retries: int = 0
) -> dict[str, dict[str, str]]:
    """The message attributes of an event in a rule target's dead-letter queue."""
    attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target_arn,
        "ERROR_CODE": failed.code,
        "ERROR_MESSAGE": failed.message or failed.code,
        **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
    }
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    if exhausted:
        typed["RETRY_ATTEMPTS"] = {"DataType": "Number", "StringValue": str(retries)}
    return typed

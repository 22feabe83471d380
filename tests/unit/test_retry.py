"""Retry limits, back-off and dead-letter attributes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.delivery.retry import (
    EVENTBRIDGE,
    LAMBDA,
    LAMBDA_THROTTLED,
    Failure,
    RetryPolicy,
    configured,
    dead_letter_attributes,
    failure,
)


def tries(policy: RetryPolicy, source: random.Random) -> tuple[list[float], str]:
    """The moments of all retries of an event accepted at 0 whose target answers at once, and why they end."""
    now, moments = 0.0, list[float]()
    while not isinstance(when := policy.next_try(0.0, len(moments), now, source.random), str):
        now = when
        moments.append(when)
    return moments, when


@given(st.integers())
def test_eventbridge_gives_up_within_a_day_and_185_retries(seed: int) -> None:
    moments, reason = tries(EVENTBRIDGE, random.Random(seed))
    assert 100 < len(moments) <= 185
    assert moments == sorted(moments)
    assert moments[-1] <= 86_400
    assert reason in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


def test_back_off_is_determined_by_the_random_source() -> None:
    assert tries(EVENTBRIDGE, random.Random(7)) == tries(EVENTBRIDGE, random.Random(7))
    assert tries(EVENTBRIDGE, random.Random(7)) != tries(EVENTBRIDGE, random.Random(8))


def test_first_waits_double() -> None:
    assert [EVENTBRIDGE.backoff(retries, lambda: 0.0) for retries in range(4)] == [1.0, 2.0, 4.0, 8.0]
    assert EVENTBRIDGE.backoff(184, lambda: 0.0) == 600.0


def test_lambda_retries_after_one_and_two_minutes() -> None:
    assert tries(LAMBDA, random.Random(0)) == ([60.0, 180.0], "MaximumRetryAttempts")
    moments, reason = tries(LAMBDA_THROTTLED, random.Random(0))
    assert moments[-1] <= 21_600
    assert reason == "MaximumEventAgeInSeconds"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (None, ([60.0, 180.0], "MaximumRetryAttempts")),
        ({"MaximumRetryAttempts": 0}, ([], "MaximumRetryAttempts")),
        ({"MaximumRetryAttempts": 1}, ([60.0], "MaximumRetryAttempts")),
        ({"MaximumEventAgeInSeconds": 60}, ([60.0], "MaximumEventAgeInSeconds")),
    ],
)
def test_configured(settings: dict[str, int] | None, expected: tuple[list[float], str]) -> None:
    assert tries(configured(LAMBDA, settings), random.Random(0)) == expected


@pytest.mark.parametrize(
    ("error", "code", "retriable"),
    [
        (AwsError("QueueDoesNotExist", "gone", status=400), "NO_RESOURCE", False),
        (AwsError("AccessDeniedException", "no", status=403), "NO_PERMISSIONS", False),
        (AwsError("TooManyRequestsException", "slow", status=429), "THROTTLING", True),
        (AwsError("InvalidRequestContentException", "bad", status=400), "INVALID_JSON", False),
        (AwsError("SomethingNew", "x", status=400), "ERROR_FROM_TARGET", False),
        (AwsError("ClientException", "TaskDefinition not found."), "ERROR_FROM_TARGET", False),
        (AwsError("ServiceException", "x", status=500), "ERROR_FROM_TARGET", True),
    ],
)
def test_failures(error: AwsError, code: str, retriable: bool) -> None:
    assert failure(error) == Failure(code, error.message, retriable, original=error.code)


def test_dead_letter_attributes() -> None:
    failed = Failure("THROTTLING", "slow down", True)
    attributes = dead_letter_attributes("rule", "target", failed, "MaximumRetryAttempts", 3)
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "RULE_ARN": "rule",
        "TARGET_ARN": "target",
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "slow down",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "3",
    }
    assert "RETRY_ATTEMPTS" not in dead_letter_attributes("rule", "target", failed)

"""What becomes of a batch whose attempt failed: tried again, split, or given up. Pure.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"
_PAUSE = (1.0, 60.0)  # seconds before the first retry, twice that before the next, up to the last


class Aged(Protocol):
    @property
    def arrived(self) -> float: ...


T = TypeVar("T", bound=Aged)


@dataclass(frozen=True, slots=True)
class Policy:
    """AWS's MaximumRetryAttempts and MaximumRecordAgeInSeconds (-1: no limit), and whether to split what failed."""

    retries: int = -1
    age: float = -1
    bisect: bool = False

    def allows(self, failures: int) -> bool:
        """Whether there is another attempt after so many that failed."""
        return self.retries < 0 or failures <= self.retries


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Records in order, with the attempts that failed for all of them."""

    records: Sequence[T]
    failures: int = 0


class Outcome(NamedTuple, Generic[T]):
    """Of an attempt that failed: what is done all the same, what is to be tried again in which order, what is given up.

    Only `patiently` after a pause: a part of what failed is tried at once, since splitting is no retry.
    """

    done: Sequence[T]
    again: list[Batch[T]]
    given_up: Batch[T] | None
    patiently: bool


def after_failure(batch: Batch[T], first: int, policy: Policy) -> Outcome[T]:
    """`first` is the place of the first record that failed: all from there on are tried again."""
    done, rest = batch.records[:first], batch.records[first:]
    if policy.bisect and len(batch.records) > 1:
        parts = [rest] if done else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        return Outcome(done, [Batch(part, batch.failures) for part in parts], None, patiently=False)
    failed = Batch(rest, batch.failures + 1)
    if policy.allows(failed.failures):
        return Outcome(done, [failed], None, patiently=True)
    return Outcome(done, [], failed, patiently=False)


def fresh_from(records: Sequence[T], now: float, age: float) -> int:
    """The place of the first record that is not older than `age` seconds; records arrived in order."""
    return bisect_left(records, now - age, key=lambda record: record.arrived)


def pause(failures: int) -> float:
    """Seconds before the attempt that follows so many failures."""
    first, last = _PAUSE
    return min(first * 2.0 ** min(failures - 1, 30), last)

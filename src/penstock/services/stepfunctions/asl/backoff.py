"""When a failed state is tried again. Source: docs "Retrying after an error" (concepts-error-handling)."""

from collections.abc import Callable, Sequence

from penstock.services.stepfunctions.asl.errors import matches
from penstock.services.stepfunctions.asl.model import Catcher, Retrier


def retry_of(retriers: Sequence[Retrier], counts: list[int], error: str) -> int | None:
    """The index of the retrier that still has attempts for this error; the first that means it decides."""
    for index, retrier in enumerate(retriers):
        if matches(retrier.errors, error):
            return index if counts[index] < retrier.attempts else None
    return None


def delay(retrier: Retrier, count: int, random: Callable[[], float]) -> float:
    """Seconds before retry number `count` (from 0). With full jitter it is anything up to that."""
    try:
        seconds = retrier.interval * retrier.rate**count
    except OverflowError:
        seconds = float("inf")
    if retrier.longest is not None:
        seconds = min(seconds, retrier.longest)
    seconds = min(seconds, 99_999_999.0)
    return seconds * random() if retrier.jitter else seconds


def catcher_of(catchers: Sequence[Catcher], error: str) -> Catcher | None:
    return next((catcher for catcher in catchers if matches(catcher.errors, error)), None)

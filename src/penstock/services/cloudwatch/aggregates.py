"""Statistics by their names: what is made of the data of one period. Pure."""

import re
from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.services.cloudwatch.store import Datum

Statistic = Callable[[list[Datum]], float]

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")

_STATISTICS: dict[str, Statistic] = {
    "SampleCount": lambda data: sum(datum.sample_count for datum in data),
    "Sum": lambda data: sum(datum.sum for datum in data),
    "Average": lambda data: sum(datum.sum for datum in data) / sum(datum.sample_count for datum in data),
    "Minimum": lambda data: min(datum.minimum for datum in data),
    "Maximum": lambda data: max(datum.maximum for datum in data),
}


def statistic(name: str) -> Statistic:
    """A statistic by its name. Raises InvalidParameterValueException."""
    if name in _STATISTICS:
        return _STATISTICS[name]
    share = percentile_of(name)
    if share is None:
        raise AwsError("InvalidParameterValueException", f"The value {name} for parameter Stat is not supported.")
    return lambda data: _percentile(data, share)


def percentile_of(name: str) -> float | None:
    """The share that `p99.9` stands for."""
    match = _PERCENTILE.fullmatch(name)
    return float(match[1]) / 100 if match else None


def _percentile(data: list[Datum], share: float) -> float:
    """By the nearest rank; a set of statistics counts with its average."""
    ordered = sorted((datum.sum / datum.sample_count, datum.sample_count) for datum in data)
    rank, seen = share * sum(count for _, count in ordered), 0.0
    for value, count in ordered:
        seen += count
        if seen >= rank:
            return value
    return ordered[-1][0]

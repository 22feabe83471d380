"""What other services measured becomes data of metrics, under every set of dimensions that AWS reports it under.

Values are kept in buckets a few percent wide, each with its exact sum, minimum and maximum: averages are exact, and
percentiles about as exact as AWS's.
"""

import math
from collections.abc import Iterable, Iterator

import orjson

from penstock.base.meters import Counts, Report
from penstock.base.store import Store
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.series import MetricKey

Bucket = list[float]  # count, sum, minimum, maximum


def record(db: Store, reports: Iterable[Report]) -> set[MetricKey]:
    """The metrics that have new data."""
    found: set[MetricKey] = set()
    for report in reports:
        units = report.meter.kind.units
        for metric, counts in report.counts.items():
            for key, metric_id in _metrics(db, report, metric):
                rows = [(metric_id, report.minute, units[metric], *bucket) for bucket in _buckets(counts)]
                db.many(store.INSERT_DATUM, rows)
                found.add(key)
        for metric, level in report.levels.items():
            for key, metric_id in _metrics(db, report, metric):
                shown = (level.offset, level.slope) if level else (None, 0.0)
                db.run(store.PUT_LEVEL, metric_id, report.minute, *shown, units[metric])
                found.add(key)
    return found


def _metrics(db: Store, report: Report, metric: str) -> Iterator[tuple[MetricKey, int]]:
    meter = report.meter
    for names in meter.kind.sets:
        named = {name: meter.dimensions[name] for name in names if name in meter.dimensions}
        if len(named) == len(names):
            text = orjson.dumps(named, option=orjson.OPT_SORT_KEYS).decode()
            key = (":".join(meter.place), meter.kind.namespace, metric, text)
            row = db.one(store.METRIC, *key)
            yield key, row[0] if row else db.insert(store.INSERT_METRIC, *key)


def _buckets(counts: Counts) -> Iterable[Bucket]:
    found: dict[float, Bucket] = {}
    for value, count in counts.items():
        bucket = found.setdefault(_bucket(value), [0.0, 0.0, value, value])
        bucket[0] += count
        bucket[1] += value * count
        bucket[2], bucket[3] = min(bucket[2], value), max(bucket[3], value)
    return found.values()


def _bucket(value: float) -> float:
    """The value with two significant digits."""
    return round(value, 1 - math.floor(math.log10(abs(value)))) if value else 0.0

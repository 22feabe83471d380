"""The datapoints that a metric alarm looks at: statistics of its last periods, or what an expression makes of them."""

import math
from collections.abc import Iterator

from penstock.base.store import Store
from penstock.services.cloudwatch import series
from penstock.services.cloudwatch.aggregates import Statistic, percentile_of, statistic
from penstock.services.cloudwatch.evaluation import LOOK_BACK, Point, period_of
from penstock.services.cloudwatch.expressions import Series, evaluate
from penstock.services.cloudwatch.series import MetricKey, dimension_key
from penstock.services.cloudwatch.store import Datum
from penstock.wire.model import Json


def watched(scope: str, settings: Json) -> Iterator[MetricKey]:
    """The metrics that an alarm looks at."""
    for query in settings.get("Metrics", [{"MetricStat": {"Metric": settings}}]):
        if "MetricStat" in query:
            yield _key(scope, query["MetricStat"]["Metric"])


def _key(scope: str, metric: Json) -> MetricKey:
    return scope, metric["Namespace"], metric["MetricName"], dimension_key(metric.get("Dimensions", []))


def points_of(db: Store, scope: str, settings: Json, end: float, now: float) -> list[Point]:
    """Of all periods that are looked at, in order; the last one ends at `end`."""
    period, count = period_of(settings), settings["EvaluationPeriods"] + LOOK_BACK
    starts = [end - period * back for back in range(count, 0, -1)]
    if "Metrics" not in settings:
        name = settings.get("Statistic") or settings["ExtendedStatistic"]
        found = _by_period(db, _key(scope, settings), settings.get("Unit"), starts, period, now)
        few = _too_few(settings, name)
        compute = statistic(name)
        return [_point(at, found.get(at, []), compute, few) for at in starts]
    return _expressed(db, scope, settings, starts, period, now)


def _point(at: float, data: list[Datum], compute: Statistic, few: float) -> Point:
    samples = sum(datum.sample_count for datum in data)
    return Point(at, compute(data), samples) if samples and samples >= few else Point(at)


def _too_few(settings: Json, name: str) -> float:
    """How many samples a percentile needs at least, where it is ignored with fewer."""
    share = percentile_of(name)
    if share is None or settings.get("EvaluateLowSampleCountPercentile") != "ignore":
        return 0.0
    rare = min(share, 1 - share)
    return 10 / rare if rare else math.inf


def _expressed(db: Store, scope: str, settings: Json, starts: list[float], period: int, now: float) -> list[Point]:
    known: dict[str, Series] = {}
    queries = settings["Metrics"]
    for query in queries:
        if "MetricStat" in query:
            stat = query["MetricStat"]
            found = _by_period(db, _key(scope, stat["Metric"]), stat.get("Unit"), starts, period, now)
            compute = statistic(stat["Stat"])
            known[query["Id"]] = {at: compute(data) for at, data in found.items()}
    for query in in_order(queries):
        known[query["Id"]] = evaluate(query["Expression"], known, period, starts)
    [shown] = [query["Id"] for query in queries if query.get("ReturnData", True)]
    return [Point(at, known[shown].get(at)) for at in starts]


def in_order(queries: list[Json]) -> list[Json]:
    """Expressions, each after those that it names."""
    waiting = {query["Id"]: query for query in queries if "Expression" in query}
    done: list[Json] = []
    while waiting:
        ready = [
            query
            for query in waiting.values()
            if not any(id in query["Expression"] and id != query["Id"] for id in waiting)
        ] or list(waiting.values())
        done += ready
        for query in ready:
            del waiting[query["Id"]]
    return done


def _by_period(
    db: Store, key: MetricKey, unit: str | None, starts: list[float], period: int, now: float
) -> dict[float, list[Datum]]:
    found: dict[float, list[Datum]] = {}
    first = starts[0]
    for datum in series.read(db, key, first, starts[-1] + period, now):
        if unit in (None, datum.unit):
            found.setdefault(starts[int((datum.timestamp - first) // period)], []).append(datum)
    return found

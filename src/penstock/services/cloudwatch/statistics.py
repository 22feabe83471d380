"""Statistics of metrics over periods.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html and
API_GetMetricData.html
"""

import re
from collections.abc import Callable, Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.expressions import Series, evaluate
from penstock.services.cloudwatch.metrics import dimension_key, scope_of
from penstock.services.cloudwatch.store import Datum
from penstock.wire.model import Json

_MOST_POINTS = 1440
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")

# By name: what is made of the data of one period.
_STATISTICS: dict[str, Callable[[list[Datum]], float]] = {
    "SampleCount": lambda data: sum(datum.sample_count for datum in data),
    "Sum": lambda data: sum(datum.sum for datum in data),
    "Average": lambda data: sum(datum.sum for datum in data) / sum(datum.sample_count for datum in data),
    "Minimum": lambda data: min(datum.minimum for datum in data),
    "Maximum": lambda data: max(datum.maximum for datum in data),
}


def get_metric_statistics(ctx: Context, request: Json) -> Json:
    _check(request)
    start, end, period = request["StartTime"], request["EndTime"], request["Period"]
    data = _data(ctx, request, start, end, request.get("Unit"))
    points = []
    for unit in sorted({datum.unit for datum in data}):
        of_unit = [datum for datum in data if datum.unit == unit]
        points += [
            {"Timestamp": at, "Unit": unit, **_point(request, found)}
            for at, found in _by_period(of_unit, start - start % min(period, 60), period)
        ]
    points.sort(key=lambda point: point["Timestamp"])
    return {"Label": request["MetricName"], "Datapoints": points}


def _check(request: Json) -> None:
    start, end, period = request["StartTime"], request["EndTime"], request["Period"]
    if start >= end:
        message = "The parameter StartTime must be less than the parameter EndTime."
        raise AwsError("InvalidParameterValueException", message)
    if not request.get("Statistics") and not request.get("ExtendedStatistics"):
        message = "Must specify either Statistics or ExtendedStatistics"
        raise AwsError("InvalidParameterCombinationException", message)
    if period not in (1, 5, 10, 20, 30) and period % 60:
        message = "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        raise AwsError("InvalidParameterValueException", message)
    points = int((end - start) // period)
    if points > _MOST_POINTS:
        raise AwsError(
            "InvalidParameterCombinationException",
            f"You have requested up to {points:,} datapoints, which exceeds the limit of {_MOST_POINTS:,}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )


def _point(request: Json, data: list[Datum]) -> Json:
    point: Json = {name: _STATISTICS[name](data) for name in request.get("Statistics", ())}
    if extended := request.get("ExtendedStatistics"):
        point["ExtendedStatistics"] = {name: statistic(name)(data) for name in extended}
    return point


def get_metric_data(ctx: Context, request: Json) -> Json:
    start, end = request["StartTime"], request["EndTime"]
    if start >= end:
        same = "The parameter StartTime must not equal parameter EndTime."
        message = same if start == end else "The parameter EndTime must be greater than StartTime."
        raise AwsError("ValidationError", message, status=400)
    queries = request["MetricDataQueries"]
    series: dict[str, Series] = {
        query["Id"]: _queried(ctx, query["MetricStat"], start, end) for query in queries if "MetricStat" in query
    }
    for query in queries:
        if "Expression" in query:
            series[query["Id"]] = evaluate(query["Expression"], series)
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    shown = [
        _result(query, series[query["Id"]], newest_first)
        for query in queries
        if query.get("ReturnData", True) and query["Id"] in series
    ]
    return {"MetricDataResults": shown, "Messages": []}


def _queried(ctx: Context, wanted: Json, start: float, end: float) -> Series:
    period, compute = wanted["Period"], statistic(wanted["Stat"])
    data = _data(ctx, wanted["Metric"], start - start % period, end, wanted.get("Unit"))
    return {at: compute(found) for at, found in _by_period(data, 0.0, period)}


def _result(query: Json, series: Series, newest_first: bool) -> Json:
    stamps = sorted(series, reverse=newest_first)
    metric = query.get("MetricStat", {}).get("Metric", {})
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric.get("MetricName") or query["Id"],
        "Timestamps": stamps,
        "Values": [series[at] for at in stamps],
        "StatusCode": "Complete",
    }


def statistic(name: str) -> Callable[[list[Datum]], float]:
    """A statistic by its name. Raises InvalidParameterValueException."""
    if name in _STATISTICS:
        return _STATISTICS[name]
    match = _PERCENTILE.fullmatch(name)
    if match is None:
        raise AwsError("InvalidParameterValueException", f"The value {name} for parameter Stat is not supported.")
    share = float(match[1]) / 100
    return lambda data: _percentile(data, share)


def _percentile(data: list[Datum], share: float) -> float:
    """By the nearest rank; a set of statistics counts with its average."""
    ordered = sorted((datum.sum / datum.sample_count, datum.sample_count) for datum in data)
    rank, seen = share * sum(count for _, count in ordered), 0.0
    for value, count in ordered:
        seen += count
        if seen >= rank:
            return value
    return ordered[-1][0]


def _data(ctx: Context, metric: Json, start: float, end: float, unit: str | None) -> list[Datum]:
    key = (metric["Namespace"], metric["MetricName"], dimension_key(metric.get("Dimensions", ())))
    row = ctx.store.one(store.METRIC, scope_of(ctx), *key)
    if row is None:
        return []
    data = map(Datum._make, ctx.store.all(store.DATA, row[0], start, end))
    return [datum for datum in data if unit in (None, datum.unit)]


def _by_period(data: Iterable[Datum], origin: float, period: int) -> list[tuple[float, list[Datum]]]:
    """The data of each period that has any; periods are counted from `origin`."""
    found: dict[float, list[Datum]] = {}
    for datum in data:
        found.setdefault(origin + (datum.timestamp - origin) // period * period, []).append(datum)
    return list(found.items())

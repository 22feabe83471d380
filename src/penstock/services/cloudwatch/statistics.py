"""Statistics of metrics over periods.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html and
API_GetMetricData.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.cloudwatch.aggregates import statistic
from penstock.services.cloudwatch.expressions import Series, evaluate
from penstock.services.cloudwatch.points import in_order
from penstock.services.cloudwatch.series import dimension_key, read, scope_of
from penstock.services.cloudwatch.store import Datum
from penstock.services.cloudwatch.watch import watch
from penstock.wire.model import Json

_MOST_POINTS = 1440


def get_metric_statistics(ctx: Context, request: Json) -> Json:
    _check(request)
    watch(ctx).take(ctx.clock.now())
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
    point: Json = {name: statistic(name)(data) for name in request.get("Statistics", ())}
    if extended := request.get("ExtendedStatistics"):
        point["ExtendedStatistics"] = {name: statistic(name)(data) for name in extended}
    return point


def get_metric_data(ctx: Context, request: Json) -> Json:
    start, end = request["StartTime"], request["EndTime"]
    if start >= end:
        same = "The parameter StartTime must not equal parameter EndTime."
        message = same if start == end else "The parameter EndTime must be greater than StartTime."
        raise AwsError("ValidationError", message, status=400)
    watch(ctx).take(ctx.clock.now())
    queries = request["MetricDataQueries"]
    series: dict[str, Series] = {
        query["Id"]: _queried(ctx, query["MetricStat"], start, end) for query in queries if "MetricStat" in query
    }
    for query in in_order(queries):
        period = query.get("Period") or _shortest(queries)
        stamps = range(int(start // period) * period, int(-(-end // period)) * period, period)
        series[query["Id"]] = evaluate(query["Expression"], series, period, stamps)
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    shown = [
        _result(query, series[query["Id"]], newest_first)
        for query in queries
        if query.get("ReturnData", True) and query["Id"] in series
    ]
    return {"MetricDataResults": shown, "Messages": []}


def _shortest(queries: list[Json]) -> int:
    return min((query["MetricStat"]["Period"] for query in queries if "MetricStat" in query), default=60)


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


def _data(ctx: Context, metric: Json, start: float, end: float, unit: str | None) -> list[Datum]:
    key = (scope_of(ctx), metric["Namespace"], metric["MetricName"], dimension_key(metric.get("Dimensions", ())))
    data = read(ctx.store, key, start, end, ctx.clock.now())
    return [datum for datum in data if unit in (None, datum.unit)]


def _by_period(data: Iterable[Datum], origin: float, period: int) -> list[tuple[float, list[Datum]]]:
    """The data of each period that has any; periods are counted from `origin`."""
    found: dict[float, list[Datum]] = {}
    for datum in data:
        found.setdefault(origin + (datum.timestamp - origin) // period * period, []).append(datum)
    return list(found.items())

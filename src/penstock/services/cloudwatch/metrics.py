"""Metrics: put and list.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html and API_ListMetrics.html
"""

import math
from collections.abc import Iterator

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.series import MetricKey, dimension_key, scope_of
from penstock.services.cloudwatch.watch import watch
from penstock.wire.model import Json

_PAGE = 500
_ACTIVE = 3 * 3600.0
_AFTER_ALL = "\U0010ffff"


# -- put ---------------------------------------------------------------------------------------------


def put_metric_data(ctx: Context, request: Json) -> Json:
    data = list(request.get("MetricData", ()))
    for entity in request.get("EntityMetricData", ()):
        data += entity.get("MetricData", ())
    for number, datum in enumerate(data, 1):
        _check(f"MetricData.member.{number}", datum)
    rows: list[Row] = []
    keys = {_key(ctx, request["Namespace"], datum) for datum in data}
    ids = {key: _metric_id(ctx, key) for key in keys}
    for datum in data:
        metric_id = ids[_key(ctx, request["Namespace"], datum)]
        timestamp, unit = datum.get("Timestamp", ctx.clock.now()), datum.get("Unit", "None")
        rows += [(metric_id, timestamp, unit, *measured) for measured in _measured(datum)]
    ctx.store.many(store.INSERT_DATUM, rows)
    watch(ctx).measured(keys)
    watch(ctx).retention.trim(ctx.store, ctx.clock.now())
    return {}


def _check(where: str, datum: Json) -> None:
    given = [member for member in ("Value", "Values", "StatisticValues") if member in datum]
    if len(given) > 1:
        raise AwsError(
            "InvalidParameterCombinationException" if "StatisticValues" in given else "InvalidParameterValueException",
            f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive and you have specified "
            "both.",
        )
    if not given:
        message = (
            f"At least one of the parameters {where}.Value, {where}.Values and {where}.StatisticValues is required."
        )
        raise AwsError("MissingRequiredParameterException", message)
    values = datum.get("Values", [datum.get("Value", 0)])
    if "Counts" in datum and len(datum["Counts"]) != len(values):
        message = f"The parameters {where}.Values and {where}.Counts must be of the same size."
        raise AwsError("InvalidParameterValueException", message)
    for value in values:
        if not math.isfinite(value):
            shown = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            message = f"The value {shown} for parameter {where}.{given[0]} is invalid."
            raise AwsError("InvalidParameterValueException", message)


def _measured(datum: Json) -> list[tuple[float, float, float, float]]:
    """(sample count, sum, minimum, maximum) of each value or of the one set of statistics."""
    if "StatisticValues" in datum:
        found = datum["StatisticValues"]
        return [(found["SampleCount"], found["Sum"], found["Minimum"], found["Maximum"])]
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(values)
    return [(count, value * count, value, value) for value, count in zip(values, counts, strict=True)]


def _metric_id(ctx: Context, key: MetricKey) -> int:
    row = ctx.store.one(store.METRIC, *key)
    return row[0] if row else ctx.store.insert(store.INSERT_METRIC, *key)


def _key(ctx: Context, namespace: str, datum: Json) -> MetricKey:
    return scope_of(ctx), namespace, datum["MetricName"], dimension_key(datum.get("Dimensions", []))


# -- list --------------------------------------------------------------------------------------------


def list_metrics(ctx: Context, request: Json) -> Json:
    after = 0
    watch(ctx).take(ctx.clock.now())
    if "NextToken" in request:
        try:
            [after] = page_key(request["NextToken"], int)
        except ValueError:
            message = "Request parameter NextToken is invalid"
            raise AwsError("InvalidParameterValueException", message) from None
    found: list[Json] = []
    for metric_id, namespace, name, dimensions in _matching(ctx, request, after):
        if len(found) == _PAGE:
            return {"Metrics": found, "NextToken": page_token(after)}
        listed = [{"Name": key, "Value": value} for key, value in orjson.loads(dimensions).items()]
        found.append({"Namespace": namespace, "MetricName": name, "Dimensions": listed})
        after = metric_id
    return {"Metrics": found}


def _matching(ctx: Context, request: Json, after: int) -> Iterator[Row]:
    namespace = request.get("Namespace")
    bounds = (namespace, namespace) if namespace else ("", _AFTER_ALL)
    since = ctx.clock.now() - _ACTIVE if "RecentlyActive" in request else 0.0
    for row in ctx.store.all(store.METRICS, scope_of(ctx), *bounds, after):
        if request.get("MetricName", row[2]) == row[2] and _has(row[3], request.get("Dimensions", ())):
            latest = ctx.store.one(store.LATEST, row[0]) if since else None
            if latest is None or (latest[0] or 0.0) >= since:
                yield row


def _has(dimensions: str, wanted: list[Json]) -> bool:
    """All dimensions that are asked for, with any value where none is named."""
    known = orjson.loads(dimensions)
    return all(
        item["Name"] in known and item.get("Value", known[item["Name"]]) == known[item["Name"]] for item in wanted
    )

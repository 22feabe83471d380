"""Metrics that are written as log lines: CloudWatch's embedded metric format, which Powertools' `Metrics` prints.

Pure. What is not in that format is a log line and no more.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.wire.model import Json

MARK = '"_aws"'
_MOST_VALUES = 100


def metrics_of(message: str) -> Iterator[tuple[str, Json]]:
    """(namespace, datum as PutMetricData takes it) of each metric and set of dimensions of a line."""
    try:
        document = orjson.loads(message)
        metadata = document["_aws"]
        for directive in metadata["CloudWatchMetrics"]:
            for datum in _data(document, directive):
                yield directive["Namespace"], {**datum, "Timestamp": metadata["Timestamp"] / 1000}
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return


def _data(document: Json, directive: Json) -> Iterator[Json]:
    for metric in directive["Metrics"]:
        values = _values(document.get(metric["Name"]))
        if not values:
            continue
        for names in directive.get("Dimensions") or [[]]:
            yield {
                "MetricName": metric["Name"],
                "Values": values,
                "Unit": metric.get("Unit", "None"),
                "Dimensions": [{"Name": name, "Value": str(document[name])} for name in names],
            }


def _values(given: Any) -> list[float]:
    values = given if isinstance(given, list) else [given]
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return numbers[:_MOST_VALUES] if len(numbers) == len(values) else []

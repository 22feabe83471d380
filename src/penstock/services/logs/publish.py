"""What a batch of events sets off: metrics of metric filters, deliveries of subscription filters.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

import base64
import gzip
from typing import NamedTuple

import orjson

from penstock.base.arn import Arn
from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.logs import store
from penstock.services.logs.embedded import metrics_of
from penstock.services.logs.filter_pattern import compile_pattern, select
from penstock.services.logs.store import Filter, Group
from penstock.wire.model import Json

_DATA_PER_CALL = 1000
_LONGEST_RUN = 900.0  # seconds


class Written(NamedTuple):
    """An event that was just stored."""

    event_id: str
    timestamp: int
    message: str


def publish(ctx: Context, group: Group, stream_name: str, written: list[Written]) -> None:
    for row in ctx.store.all(store.FILTERS_OF_GROUP, group.id):
        found = Filter(*row)
        if found.kind == "metric":
            _metrics(ctx, group, found, written)
        else:
            _deliver(ctx, group, stream_name, found, written)


# -- metrics -----------------------------------------------------------------------------------------


def publish_embedded(ctx: Context, group: Group, messages: list[str]) -> None:
    """The metrics that are embedded in log lines, by namespace."""
    found: dict[str, list[Json]] = {}
    for message in messages:
        for namespace, datum in metrics_of(message):
            datum["Timestamp"] = _virtual(ctx.clock, datum["Timestamp"])
            found.setdefault(namespace, []).append(datum)
    for namespace, data in found.items():
        _measure(ctx, group, namespace, data)


def _virtual(clock: Clock, timestamp: float) -> float:
    """A function reads the machine's clock: what it stamped in its last run there is told by the virtual clock."""
    age = clock.now() - clock.offset - timestamp
    return timestamp + clock.offset if 0 <= age < _LONGEST_RUN else timestamp


def _measure(ctx: Context, group: Group, namespace: str, data: list[Json]) -> None:
    for first in range(0, len(data), _DATA_PER_CALL):
        batch = {"Namespace": namespace, "MetricData": data[first : first + _DATA_PER_CALL]}
        _send(ctx, group, "cloudwatch", "PutMetricData", batch)


def _metrics(ctx: Context, group: Group, found: Filter, written: list[Written]) -> None:
    [transformation] = orjson.loads(found.settings)["metricTransformations"]
    match = compile_pattern(found.filter_pattern)
    data = []
    for event in written:
        if (values := match(event.message)) is not None:
            data += _datum(transformation, values, event)
    if not data and "defaultValue" in transformation:
        data = [_measured(transformation, transformation["defaultValue"], written[-1].timestamp)]
    if data:
        _measure(ctx, group, transformation["metricNamespace"], data)


def _datum(transformation: Json, values: dict[str, str], event: Written) -> list[Json]:
    """One measurement, or none where the event has no number where the filter looks for it."""
    number = _looked_up(transformation["metricValue"], values, event.message)
    try:
        datum = _measured(transformation, float(number or ""), event.timestamp)
    except ValueError:
        return []
    named = {
        name: _looked_up(source, values, event.message) for name, source in transformation.get("dimensions", {}).items()
    }
    if any(value is None for value in named.values()):
        return []
    if named:
        datum["Dimensions"] = [{"Name": name, "Value": value} for name, value in named.items()]
    return [datum]


def _looked_up(source: str, values: dict[str, str], message: str) -> str | None:
    """A metric's value or dimension: literal, a JSON selector (`$.latency`) or a field's name (`$size`)."""
    if not source.startswith("$"):
        return source
    return values.get(source) or select(message, source)


def _measured(transformation: Json, value: float, timestamp: int) -> Json:
    return {
        "MetricName": transformation["metricName"],
        "Value": value,
        "Timestamp": timestamp / 1000,
        "Unit": transformation.get("unit", "None"),
    }


# -- deliveries --------------------------------------------------------------------------------------


def _deliver(ctx: Context, group: Group, stream_name: str, found: Filter, written: list[Written]) -> None:
    """In the transaction that stores the events, so that neither is there without the other."""
    match = compile_pattern(found.filter_pattern)
    matched = [event for event in written if match(event.message) is not None]
    if not matched:
        return
    target = orjson.loads(found.settings)["destinationArn"]
    _send(ctx, group, *_call(target, stream_name, _payload(ctx, group, stream_name, found, matched)))


def _payload(ctx: Context, group: Group, stream_name: str, found: Filter, matched: list[Written]) -> bytes:
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": ctx.account,
        "logGroup": group.name,
        "logStream": stream_name,
        "subscriptionFilters": [found.filter_name],
        "logEvents": [{"id": e.event_id, "timestamp": e.timestamp, "message": e.message} for e in matched],
    }
    return gzip.compress(orjson.dumps(message))


def _call(target: str, stream_name: str, payload: bytes) -> tuple[str, str, Json]:
    """(service, operation, request) that brings the payload to its target."""
    if Arn.parse(target).service == "lambda":
        event = orjson.dumps({"awslogs": {"data": base64.b64encode(payload).decode()}})
        return "lambda", "Invoke", {"FunctionName": target, "InvocationType": "Event", "Payload": event}
    return "kinesis", "PutRecord", {"StreamARN": target, "PartitionKey": stream_name[:256], "Data": payload}


def _send(ctx: Context, group: Group, service: str, operation: str, request: Json) -> None:
    """A failure is noted and no more: the events are stored whatever becomes of them elsewhere."""
    caller = Principal.service("logs.amazonaws.com", ctx.account, f"{group.arn}:*")
    try:
        ctx.call_now(service, operation, request, principal=caller)
    except AwsError as error:
        ctx.telemetry.log(LogLine(ctx.clock.now(), "ERROR", f"logs to {service}", str(error), ctx.request_id))

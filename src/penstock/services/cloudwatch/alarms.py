"""Alarms: recorded, described, set by hand. Their metrics are not watched.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html and its siblings.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.metrics import dimension_key, scope_of
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json

_METRIC, _COMPOSITE = "MetricAlarm", "CompositeAlarm"
_PAGE = 100
_AFTER_ALL = "\U0010ffff"
_MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")
_LOW_SAMPLES = ("evaluate", "ignore")
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


# -- put and delete ----------------------------------------------------------------------------------


def put_metric_alarm(ctx: Context, request: Json) -> Json:
    _check_option("TreatMissingData", request, _MISSING_DATA)
    _check_option("EvaluateLowSampleCountPercentile", request, _LOW_SAMPLES)
    if "MetricName" in request and "Metrics" in request:
        message = "Must specify only one of MetricName and Metrics."
        raise AwsError("ValidationError", message, status=400)
    if not any(member in request for member in ("MetricName", "Metrics", "EvaluationCriteria")):
        raise AwsError("ValidationError", "Must specify either MetricName or Metrics.", status=400)
    dimensions = {} if "Metrics" in request else {"Dimensions": request.get("Dimensions", [])}
    return _put(ctx, _METRIC, request, dimensions)


def put_composite_alarm(ctx: Context, request: Json) -> Json:
    return _put(ctx, _COMPOSITE, request, {})


def _check_option(member: str, request: Json, options: tuple[str, ...]) -> None:
    if request.get(member, options[0]) not in options:
        raise AwsError(
            "ValidationError",
            f"Option {request[member]} is not supported. Supported options for parameter {member} are "
            f"[{', '.join(options)}].",
            status=400,
        )


def _put(ctx: Context, kind: str, request: Json, defaults: Json) -> Json:
    """An alarm that was there keeps its state and its tags."""
    name, now = request["AlarmName"], ctx.clock.now()
    row = ctx.store.one(store.ALARM, scope_of(ctx), name)
    known = Alarm(*row) if row else None
    settings = {"ActionsEnabled": True, **{member: [] for member in _LISTS}, **defaults, **request}
    settings = {member: value for member, value in settings.items() if member not in ("AlarmName", "Tags")}
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    fresh = Alarm(
        arn=arn("cloudwatch", ctx.region, ctx.account, f"alarm:{name}"),
        scope=scope_of(ctx),
        name=name,
        type=kind,
        settings=_text(settings),
        configured_at=now,
        state_value="INSUFFICIENT_DATA",
        state_reason="Unchecked: Initial alarm creation",
        state_reason_data=None,
        state_updated_at=now,
        state_transitioned_at=now,
        tags=_text(tags),
    )
    alarm = known._replace(type=kind, settings=fresh.settings, configured_at=now) if known else fresh
    ctx.store.run(store.PUT_ALARM, *alarm)
    verb = "updated" if known else "created"
    _note(ctx, alarm, "ConfigurationUpdate", f'Alarm "{name}" {verb}', {"version": "1.0", "type": verb.title()[:-1]})
    return {}


def delete_alarms(ctx: Context, request: Json) -> Json:
    for alarm in [_alarm(ctx, name) for name in request["AlarmNames"]]:
        ctx.store.run(store.DELETE_ALARM, alarm.arn)
        _note(ctx, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', {"version": "1.0", "type": "Delete"})
    return {}


# -- change ------------------------------------------------------------------------------------------


def set_alarm_state(ctx: Context, request: Json) -> Json:
    alarm, state, now = _alarm(ctx, request["AlarmName"]), request["StateValue"], ctx.clock.now()
    data = request.get("StateReasonData")
    if data is not None:
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            raise AwsError("InvalidFormatFault", "StateReasonData is not valid JSON.") from None
    moved = alarm.state_transitioned_at if state == alarm.state_value else now
    ctx.store.run(store.SET_STATE, state, request["StateReason"], data, now, moved, alarm.arn)
    if state != alarm.state_value:
        change = {
            "version": "1.0",
            "oldState": {"stateValue": alarm.state_value, "stateReason": alarm.state_reason},
            "newState": {"stateValue": state, "stateReason": request["StateReason"]},
        }
        _note(ctx, alarm, "StateUpdate", f"Alarm updated from {alarm.state_value} to {state}", change)
    return {}


def enable_alarm_actions(ctx: Context, request: Json) -> Json:
    return _switch(ctx, request, True)


def disable_alarm_actions(ctx: Context, request: Json) -> Json:
    return _switch(ctx, request, False)


def _switch(ctx: Context, request: Json, enabled: bool) -> Json:
    """Names of no alarm are passed over, as AWS does."""
    for name in request["AlarmNames"]:
        row = ctx.store.one(store.ALARM, scope_of(ctx), name)
        if row is not None:
            settings = orjson.loads(Alarm(*row).settings) | {"ActionsEnabled": enabled}
            ctx.store.run(store.SET_SETTINGS, _text(settings), row[0])
    return {}


# -- describe ----------------------------------------------------------------------------------------


def describe_alarms(ctx: Context, request: Json) -> Json:
    limit, token = request.get("MaxRecords", _PAGE), {}
    found: list[Alarm] = []
    for alarm in _matching(ctx, request):
        if len(found) == limit:
            token = {"NextToken": page_token(found[-1].name)}
            break
        found.append(alarm)
    shown: dict[str, list[Json]] = {_METRIC: [], _COMPOSITE: []}
    for alarm in found:
        shown[alarm.type].append(_described(alarm))
    return {"MetricAlarms": shown[_METRIC], "CompositeAlarms": shown[_COMPOSITE], **token}


def describe_alarms_for_metric(ctx: Context, request: Json) -> Json:
    alarms = map(Alarm._make, ctx.store.all(store.ALARMS, scope_of(ctx), "", _AFTER_ALL))
    return {"MetricAlarms": [_described(alarm) for alarm in alarms if _watches(orjson.loads(alarm.settings), request)]}


def _watches(settings: Json, request: Json) -> bool:
    """The metric of the request; without dimensions only a metric without any."""
    if dimension_key(settings.get("Dimensions", ())) != dimension_key(request.get("Dimensions", ())):
        return False
    members = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
    return all(settings.get(member) == request[member] for member in members if member in request)


def _matching(ctx: Context, request: Json) -> Iterator[Alarm]:
    after = ""
    if "NextToken" in request:
        try:
            after = page_key(request["NextToken"], str)[0] + "\0"
        except ValueError:
            raise AwsError("InvalidNextToken", "The next token specified is invalid.") from None
    prefix, names = request.get("AlarmNamePrefix", ""), request.get("AlarmNames")
    if names and prefix:
        message = "AlarmNamePrefix and AlarmNames cannot both be specified."
        raise AwsError("ValidationError", message, status=400)
    kinds = request.get("AlarmTypes", [_METRIC])
    for alarm in map(Alarm._make, ctx.store.all(store.ALARMS, scope_of(ctx), max(prefix, after), prefix + _AFTER_ALL)):
        named = alarm.name in names if names else alarm.type in kinds
        if named and request.get("StateValue", alarm.state_value) == alarm.state_value and _acts(alarm, request):
            yield alarm


def _acts(alarm: Alarm, request: Json) -> bool:
    prefix, settings = request.get("ActionPrefix"), orjson.loads(alarm.settings)
    return prefix is None or any(action.startswith(prefix) for member in _LISTS for action in settings[member])


def _described(alarm: Alarm) -> Json:
    shown: dict[str, Any] = {
        **orjson.loads(alarm.settings),
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "StateValue": alarm.state_value,
        "StateReason": alarm.state_reason,
        "StateUpdatedTimestamp": alarm.state_updated_at,
        "StateTransitionedTimestamp": alarm.state_transitioned_at,
    }
    return shown | ({"StateReasonData": alarm.state_reason_data} if alarm.state_reason_data else {})


def describe_alarm_history(ctx: Context, request: Json) -> Json:
    bounds = (request.get("StartDate", 0.0), request.get("EndDate", ctx.clock.now()))
    items = [
        {
            "AlarmName": name,
            "AlarmType": kind,
            "HistoryItemType": item,
            "Timestamp": at,
            "HistorySummary": summary,
            "HistoryData": data,
        }
        for name, kind, item, at, summary, data in ctx.store.all(store.HISTORY, scope_of(ctx), *bounds)
        if request.get("AlarmName", name) == name and request.get("HistoryItemType", item) == item
    ]
    if request.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        items.reverse()
    return {"AlarmHistoryItems": items[: request.get("MaxRecords", _PAGE)]}


def _note(ctx: Context, alarm: Alarm, item: str, summary: str, data: Json) -> None:
    now = ctx.clock.now()
    ctx.store.run(store.INSERT_HISTORY, alarm.scope, alarm.name, alarm.type, item, now, summary, _text(data))


def _alarm(ctx: Context, name: str) -> Alarm:
    row = ctx.store.one(store.ALARM, scope_of(ctx), name)
    if row is None:
        raise AwsError("ResourceNotFound", f"Alarm {name} does not exist")
    return Alarm(*row)


# -- tags --------------------------------------------------------------------------------------------


def tag_resource(ctx: Context, request: Json) -> Json:
    alarm = _tagged(ctx, request)
    tags = orjson.loads(alarm.tags) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    ctx.store.run(store.SET_TAGS, _text(tags), alarm.arn)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    alarm = _tagged(ctx, request)
    kept = {key: value for key, value in orjson.loads(alarm.tags).items() if key not in request["TagKeys"]}
    ctx.store.run(store.SET_TAGS, _text(kept), alarm.arn)
    return {}


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    tags = orjson.loads(_tagged(ctx, request).tags)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tagged(ctx: Context, request: Json) -> Alarm:
    row = ctx.store.one(store.ALARM_BY_ARN, request["ResourceARN"])
    if row is None:
        raise AwsError("ResourceNotFoundException", "Unknown")
    return Alarm(*row)


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()

"""Alarms: put, described, set by hand, deleted. `watch` evaluates those of metrics, `composites` the others.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html and its siblings.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.cloudwatch import alarm_checks, composites, history, store, suppression
from penstock.services.cloudwatch.series import dimension_key, scope_of
from penstock.services.cloudwatch.store import Alarm
from penstock.services.cloudwatch.watch import watch
from penstock.wire.model import Json

_METRIC, _COMPOSITE = "MetricAlarm", "CompositeAlarm"
_KINDS = (_METRIC, _COMPOSITE)
_PAGE = 100
_AFTER_ALL = "\U0010ffff"
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


# -- put and delete ----------------------------------------------------------------------------------


def put_metric_alarm(ctx: Context, request: Json) -> Json:
    alarm_checks.check_metric_alarm(request)
    dimensions = {} if "Metrics" in request else {"Dimensions": request.get("Dimensions", [])}
    threshold = {"Threshold": float(request["Threshold"])} if "Threshold" in request else {}  # "the threshold (1.0)"
    _put(ctx, _METRIC, request | threshold, dimensions)
    return {}


def put_composite_alarm(ctx: Context, request: Json) -> Json:
    """An alarm that names others can be put only where these are."""
    rule = alarm_checks.checked_rule(request["AlarmRule"])
    beside = _arn(ctx, request["AlarmName"])
    known = {name: ctx.store.one(store.ALARM_BY_ARN, composites.arn_of(beside, name)) for name in rule.names}
    if missing := [name for name, row in known.items() if row is None]:
        message = f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        raise AwsError("ValidationError", message, status=400)
    composites.evaluate(ctx, _put(ctx, _COMPOSITE, request, {}))
    return {}


def _put(ctx: Context, kind: str, request: Json, defaults: Json) -> Alarm:
    """An alarm that was there keeps its state and its tags."""
    name, now = request["AlarmName"], ctx.clock.now()
    row = ctx.store.one(store.ALARM, scope_of(ctx), name)
    known = Alarm(*row) if row else None
    settings = {"ActionsEnabled": True, **{member: [] for member in _LISTS}, **defaults, **request}
    settings = {member: value for member, value in settings.items() if member not in ("AlarmName", "Tags")}
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    fresh = Alarm(
        arn=_arn(ctx, name),
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
    _mirror(ctx, known, alarm)
    verb = "updated" if known else "created"
    data = {"version": "1.0", "type": verb.title()[:-1]}
    history.note(ctx, alarm, "ConfigurationUpdate", f'Alarm "{name}" {verb}', data)
    return alarm


def delete_alarms(ctx: Context, request: Json) -> Json:
    """All of them, or none where one does not exist or another alarm is about it."""
    alarms = [_alarm(ctx, name) for name in request["AlarmNames"]]
    gone, known = {alarm.arn for alarm in alarms}, watch(ctx).composites
    if held := [alarm.name for alarm in alarms if not gone.issuperset(known.parents(alarm.arn))]:
        message = f"Cannot delete {','.join(held)} as there are composite alarm(s) depending on them."
        raise AwsError("ValidationError", message, status=400)
    for alarm in alarms:
        ctx.store.run(store.DELETE_ALARM, alarm.arn)
        ctx.store.run(store.RELEASE, alarm.arn)
        _mirror(ctx, alarm, None)
        data = {"version": "1.0", "type": "Delete"}
        history.note(ctx, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', data)
    return {}


def _mirror(ctx: Context, before: Alarm | None, after: Alarm | None) -> None:
    """Has the watch know what is stored now, and what was where this is undone."""
    known = watch(ctx)

    def be(alarm: Alarm | None) -> None:
        if alarm is not None:
            known.know(alarm)
        elif (gone := before or after) is not None:
            known.forget(gone.arn)

    ctx.store.after_rollback(lambda: be(before))
    be(after)


# -- change ------------------------------------------------------------------------------------------


def set_alarm_state(ctx: Context, request: Json) -> Json:
    alarm, data = _alarm(ctx, request["AlarmName"]), request.get("StateReasonData")
    if data is not None:
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            raise AwsError("InvalidFormatFault", "StateReasonData is not valid JSON.") from None
    composites.set_state(ctx, alarm, request["StateValue"], request["StateReason"], data)
    watch(ctx).woken(alarm.arn)
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
        shown[alarm.type].append(_described(ctx, alarm))
    return {"MetricAlarms": shown[_METRIC], "CompositeAlarms": shown[_COMPOSITE], **token}


def describe_alarms_for_metric(ctx: Context, request: Json) -> Json:
    alarms = map(Alarm._make, ctx.store.all(store.ALARMS, scope_of(ctx), "", _AFTER_ALL))
    return {
        "MetricAlarms": [_described(ctx, alarm) for alarm in alarms if _watches(orjson.loads(alarm.settings), request)]
    }


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
    chosen = _chosen(ctx, request)
    for alarm in map(Alarm._make, ctx.store.all(store.ALARMS, scope_of(ctx), max(prefix, after), prefix + _AFTER_ALL)):
        state = request.get("StateValue", alarm.state_value)
        if chosen(alarm) and state == alarm.state_value and _acts(alarm, request):
            yield alarm


def _chosen(ctx: Context, request: Json) -> Callable[[Alarm], bool]:
    """By name, by relation, or by kind: metric alarms unless others are asked for."""
    known = watch(ctx).composites
    for member, related in (("ChildrenOfAlarmName", known.children), ("ParentsOfAlarmName", known.parents)):
        if member in request:
            arns = related(_alarm(ctx, request[member]).arn)
            return lambda alarm: alarm.arn in arns
    names, kinds = request.get("AlarmNames"), request.get("AlarmTypes")
    if names:
        return lambda alarm: alarm.name in names and alarm.type in (kinds or _KINDS)
    return lambda alarm: alarm.type in (kinds or (_METRIC,))


def _acts(alarm: Alarm, request: Json) -> bool:
    prefix, settings = request.get("ActionPrefix"), orjson.loads(alarm.settings)
    return prefix is None or any(action.startswith(prefix) for member in _LISTS for action in settings[member])


def _described(ctx: Context, alarm: Alarm) -> Json:
    settings = orjson.loads(alarm.settings)
    problem = alarm_checks.not_evaluated(settings) if alarm.type == _METRIC else ""
    shown: dict[str, Any] = {
        **settings,
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "StateValue": alarm.state_value,
        "StateReason": problem or alarm.state_reason,
        "StateUpdatedTimestamp": alarm.state_updated_at,
        "StateTransitionedTimestamp": alarm.state_transitioned_at,
    }
    if problem:
        shown["EvaluationState"] = "EVALUATION_ERROR"
    if alarm.state_reason_data:
        shown["StateReasonData"] = alarm.state_reason_data
    return shown | suppression.shown(ctx, alarm, settings)


def _alarm(ctx: Context, name: str) -> Alarm:
    row = ctx.store.one(store.ALARM, scope_of(ctx), name)
    if row is None:
        raise AwsError("ResourceNotFound", f"Alarm {name} does not exist")
    return Alarm(*row)


def _arn(ctx: Context, name: str) -> str:
    return arn("cloudwatch", ctx.region, ctx.account, f"alarm:{name}")


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()

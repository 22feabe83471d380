"""How a change of an alarm's state is told: as SNS, Lambda and EventBridge get it. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html,
alarms-and-actions-Lambda.html and, of SNS, messages as AWS sends them.
"""

from typing import NamedTuple

import orjson

from penstock.base import ids
from penstock.services.cloudwatch.evaluation import instant
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json

# https://docs.aws.amazon.com/general/latest/gr/rande.html
_REGIONS = {
    "af-south-1": "Africa (Cape Town)",
    "ap-east-1": "Asia Pacific (Hong Kong)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-northeast-3": "Asia Pacific (Osaka)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ca-central-1": "Canada (Central)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-central-2": "Europe (Zurich)",
    "eu-north-1": "EU (Stockholm)",
    "eu-south-1": "EU (Milan)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "me-south-1": "Middle East (Bahrain)",
    "sa-east-1": "South America (Sao Paulo)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}


class Change(NamedTuple):
    """An alarm before and after; both rows have the settings of now."""

    before: Alarm
    after: Alarm
    settings: Json

    @property
    def place(self) -> tuple[str, str]:
        account, _, region = self.after.scope.partition(":")
        return account, region


# -- SNS ---------------------------------------------------------------------------------------------


def subject(change: Change) -> str:
    """At most 100 characters, which is what SNS takes."""
    region = change.place[1]
    return f'{change.after.state_value}: "{change.after.name}" in {_REGIONS.get(region, region)}'[:100]


def message(change: Change) -> Json:
    alarm, settings = change.after, change.settings
    account, region = change.place
    composite = alarm.type == "CompositeAlarm"
    rest = {"AlarmRule": settings["AlarmRule"], **_children(alarm)} if composite else {"Trigger": _trigger(settings)}
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": instant(alarm.configured_at),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": instant(alarm.state_updated_at),
        "Region": _REGIONS.get(region, region),
        "AlarmArn": alarm.arn,
        "OldStateValue": change.before.state_value,
        **{member: settings[member] for member in ("OKActions", "AlarmActions", "InsufficientDataActions")},
        **rest,
    }


def _children(alarm: Alarm) -> Json:
    data = orjson.loads(alarm.state_reason_data or "{}")
    found = [
        {"Arn": child["arn"], "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]}}
        for child in data.get("triggeringAlarms", ())
    ]
    return {"TriggeringChildren": found} if found else {}


def _trigger(settings: Json) -> Json:
    members = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold")
    return {
        **_watched(settings),
        **{member: settings[member] for member in members if member in settings},
        "TreatMissingData": settings.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": settings.get("EvaluateLowSampleCountPercentile", ""),
    }


def _watched(settings: Json) -> Json:
    if "Metrics" in settings:
        return {"Metrics": [_query(query) for query in settings["Metrics"]]}
    extended = settings.get("ExtendedStatistic")
    kind = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
    plain = {"StatisticType": "Statistic", "Statistic": settings.get("Statistic", "").upper()}
    return {
        "MetricName": settings["MetricName"],
        "Namespace": settings["Namespace"],
        **(kind if extended else plain),
        "Unit": settings.get("Unit"),
        "Dimensions": _pairs(settings["Dimensions"]),
    }


def _query(query: Json) -> Json:
    shown = {"ReturnData": True, **query}
    if "MetricStat" in query:
        metric = query["MetricStat"]["Metric"]
        shown["MetricStat"] = {
            **query["MetricStat"],
            "Metric": {**metric, "Dimensions": _pairs(metric.get("Dimensions", []))},
        }
    return shown


def _pairs(dimensions: list[Json]) -> list[Json]:
    return [{"value": dimension["Value"], "name": dimension["Name"]} for dimension in dimensions]


# -- EventBridge and Lambda --------------------------------------------------------------------------


def detail(change: Change) -> Json:
    """Of the event `CloudWatch Alarm State Change`."""
    return {
        "alarmName": change.after.name,
        "state": _state(change.after),
        "previousState": _state(change.before),
        "configuration": _configuration(change),
    }


def event(change: Change) -> Json:
    """What a function gets."""
    account, region = change.place
    return {
        "source": "aws.cloudwatch",
        "alarmArn": change.after.arn,
        "accountId": account,
        "time": instant(change.after.state_updated_at),
        "region": region,
        "alarmData": detail(change),
    }


def _state(alarm: Alarm) -> Json:
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        **({"reasonData": alarm.state_reason_data} if alarm.state_reason_data else {}),
        "timestamp": instant(alarm.state_updated_at),
    }


def _configuration(change: Change) -> Json:
    settings = change.settings
    described = {"description": settings["AlarmDescription"]} if "AlarmDescription" in settings else {}
    if change.after.type == "CompositeAlarm":
        suppressed = {
            member[0].lower() + member[1:]: value
            for member, value in settings.items()
            if member.startswith("ActionsSuppressor")
        }
        return {**described, "alarmRule": settings["AlarmRule"], **suppressed}
    if "Metrics" in settings:
        return {**described, "metrics": [_event_query(query) for query in settings["Metrics"]]}
    stat = settings.get("Statistic") or settings.get("ExtendedStatistic")
    metric = {"Metric": settings, "Period": settings["Period"], "Stat": stat}
    if "Unit" in settings:
        metric["Unit"] = settings["Unit"]
    return {**described, "metrics": [_event_query({"Id": ids.uuid(), "MetricStat": metric})]}


def _event_query(query: Json) -> Json:
    shown: Json = {"id": query["Id"]}
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions", ())}
        shown["metricStat"] = {
            "metric": {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": dimensions},
            "period": stat["Period"],
            "stat": stat["Stat"],
            **({"unit": stat["Unit"]} if "Unit" in stat else {}),
        }
    shown |= {
        name: query[member] for member, name in (("Expression", "expression"), ("Label", "label")) if member in query
    }
    return {**shown, "returnData": query.get("ReturnData", True)}

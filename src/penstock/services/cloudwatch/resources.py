"""CloudFormation types of CloudWatch.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from collections.abc import Iterator

from penstock.services.cloudwatch.alarm_checks import not_evaluated
from penstock.services.cloudwatch.transitions import not_carried_out
from penstock.template.provider import Problems, Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_COMMON = {"ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "InsufficientDataActions", "OKActions"}
_METRIC = {
    "ComparisonOperator", "DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods",
    "ExtendedStatistic", "MetricName", "Metrics", "Namespace", "Period", "Statistic", "Tags", "Threshold",
    "ThresholdMetricId", "TreatMissingData", "Unit",
}  # fmt: skip
_COMPOSITE = {
    "AlarmRule",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
    "Tags",
}


_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


def _metric_alarm_problems(given: Properties) -> Iterator[tuple[str, str]]:
    """What is put, but not evaluated or carried out here."""
    yield from _action_problems(given)
    try:
        reason = not_evaluated(dict(given))
    except (TypeError, LookupError):  # something in it is not known before it is made
        return
    if reason:
        yield "ThresholdMetricId" if "ThresholdMetricId" in given else "Metrics", reason


def _action_problems(given: Properties) -> Iterator[tuple[str, str]]:
    for member in _ACTIONS:
        for action in given.get(member, ()):
            if isinstance(action, str) and (reason := not_carried_out(action)):
                yield member, reason


def _alarm_type(name: str, operation: str, properties: set[str], problems: Problems | None = None) -> ResourceType:
    async def put(rc: ResourceContext, given: Properties, alarm_name: str) -> Resource:
        request: Json = {**given, "AlarmName": alarm_name, "Tags": rc.tag_list(given)}
        await rc.call("cloudwatch", operation, request)
        return Resource(alarm_name, {"Arn": f"arn:aws:cloudwatch:{rc.region}:{rc.account}:alarm:{alarm_name}"})

    async def create(rc: ResourceContext, given: Properties) -> Resource:
        return await put(rc, given, given.get("AlarmName") or rc.physical_name(255))

    async def update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
        made = await put(rc, given, resource.physical_id)
        which, wanted = {"ResourceARN": made.attributes["Arn"]}, rc.tag_map(given)
        known = (await rc.call("cloudwatch", "ListTagsForResource", which))["Tags"]
        if gone := [tag["Key"] for tag in known if tag["Key"] not in wanted]:
            await rc.call("cloudwatch", "UntagResource", {**which, "TagKeys": gone})
        if wanted:
            await rc.call("cloudwatch", "TagResource", {**which, "Tags": rc.tag_list(given)})
        return made

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [resource.physical_id]})

    return ResourceType(
        name=name,
        create=create,
        update=update,
        delete=delete,
        properties=frozenset(_COMMON | properties),
        problems=problems,
        replace_on=frozenset({"AlarmName"}),
    )


_DASHBOARD = one_call(
    "AWS::CloudWatch::Dashboard",
    "cloudwatch",
    create="PutDashboard",
    update="PutDashboard",
    delete="DeleteDashboards",
    properties={"DashboardName"},
    named=("DashboardName", 255),
    made=lambda request, response: Resource(request["DashboardName"]),
    key=lambda resource: {"DashboardName": resource.physical_id, "DashboardNames": [resource.physical_id]},
    inert={"DashboardBody": "the dashboard is stored but not drawn"},
)

TABLE = (
    _alarm_type("AWS::CloudWatch::Alarm", "PutMetricAlarm", _METRIC, _metric_alarm_problems),
    _alarm_type("AWS::CloudWatch::CompositeAlarm", "PutCompositeAlarm", _COMPOSITE, _action_problems),
    _DASHBOARD,
)

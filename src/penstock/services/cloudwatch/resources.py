"""CloudFormation types of CloudWatch.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_NOT_WATCHED = "the alarm is recorded but not evaluated; SetAlarmState sets it"

_COMMON = {"ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "InsufficientDataActions", "OKActions"}
_METRIC = {
    "DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic",
    "MetricName", "Metrics", "Namespace", "Period", "Statistic", "Tags", "Threshold", "ThresholdMetricId",
    "TreatMissingData", "Unit",
}  # fmt: skip
_COMPOSITE = {"ActionsSuppressor", "ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod", "Tags"}


def _alarm_type(name: str, operation: str, properties: set[str], watched: str) -> ResourceType:
    """`watched` is the property that would decide the alarm's state."""

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
        inert={watched: _NOT_WATCHED},
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
    _alarm_type("AWS::CloudWatch::Alarm", "PutMetricAlarm", _METRIC, "ComparisonOperator"),
    _alarm_type("AWS::CloudWatch::CompositeAlarm", "PutCompositeAlarm", _COMPOSITE, "AlarmRule"),
    _DASHBOARD,
)

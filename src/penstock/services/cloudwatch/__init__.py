"""Amazon CloudWatch: metrics, alarms, dashboards.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
"""

from penstock.call import Context, Service
from penstock.services.cloudwatch import (
    alarm_tags,
    alarms,
    dashboards,
    history,
    metrics,
    resources,
    statistics,
    store,
    watch,
)
from penstock.wire.model import Json


def _resource(ctx: Context, operation: str, request: Json) -> str:
    if "AlarmName" in request:
        return f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:alarm:{request['AlarmName']}"
    if "DashboardName" in request:
        return f"arn:aws:cloudwatch::{ctx.account}:dashboard/{request['DashboardName']}"
    return "*"


SERVICE = Service(
    name="cloudwatch",
    signing_name="monitoring",
    iam_prefix="cloudwatch",
    operations=(metrics, statistics, alarms, history, alarm_tags, dashboards),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    state=watch.Watch,
    start=watch.start,
    validation_code="ValidationError",
)

"""Alarms on what should not happen: silence is good news."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct


def alarm(
    scope: Construct, id: str, metric: cloudwatch.Metric, description: str, *, threshold: float = 1, minutes: int = 1
) -> cloudwatch.Alarm:
    """Goes off when a metric of one-minute periods has reached `threshold` for `minutes` in a row."""
    return metric.create_alarm(
        scope,
        id,
        alarm_description=description,
        threshold=threshold,
        evaluation_periods=minutes,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )

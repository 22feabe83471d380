"""What an alarm must be like, beyond what AWS's model says; and which alarms are kept though not evaluated here."""

from typing import NoReturn

from penstock.base.errors import AwsError
from penstock.services.cloudwatch.aggregates import statistic
from penstock.services.cloudwatch.evaluation import COMPARISONS, period_of
from penstock.services.cloudwatch.expressions import evaluate
from penstock.services.cloudwatch.rules import Rule, RuleError, parse
from penstock.wire.model import Json

_OPTIONS = {
    "TreatMissingData": ("breaching", "notBreaching", "ignore", "missing"),
    "EvaluateLowSampleCountPercentile": ("evaluate", "ignore"),
}
_HIGH_RESOLUTION = (10, 20, 30)
_DAY, _WEEK = 86_400, 604_800
_NOT_HERE = ("EvaluationCriteria", "EvaluationWindow", "WarmUpConfiguration", "EvaluationInterval", "ThresholdMetricId")


def check_metric_alarm(request: Json) -> None:
    """Raises ValidationError."""
    for member, options in _OPTIONS.items():
        _check_option(member, request, options)
    if "MetricName" in request and "Metrics" in request:
        _refuse("Must specify only one of MetricName and Metrics.")
    if not any(member in request for member in ("MetricName", "Metrics", "EvaluationCriteria")):
        _refuse("Must specify either MetricName or Metrics.")
    if "MetricName" in request:
        _check_metric(request)
    elif "Metrics" in request and sum(query.get("ReturnData", True) for query in request["Metrics"]) != 1:
        _refuse("Exactly one element of the metrics list should return data.")
    if "EvaluationPeriods" in request:
        _check_span(request)


def _check_metric(request: Json) -> None:
    if "Statistic" in request and "ExtendedStatistic" in request:
        _refuse("Must specify only one of Statistic and ExtendedStatistic.")
    if "Statistic" not in request and "ExtendedStatistic" not in request:
        _refuse("Must specify either Statistic or ExtendedStatistic.")
    for member in ("Namespace", "Period", "EvaluationPeriods"):
        if member not in request:
            _refuse(f"The parameter {member} is required.")
    if "Threshold" not in request and "ThresholdMetricId" not in request:
        _refuse("The parameter Threshold is required.")
    if request["Period"] not in _HIGH_RESOLUTION and request["Period"] % 60:
        _refuse("Period must be 10, 20, 30 or a multiple of 60")


def _check_span(request: Json) -> None:
    periods, period = request["EvaluationPeriods"], period_of(request)
    if request.get("DatapointsToAlarm", 1) > periods:
        _refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    most, shown = (_WEEK, "seven days") if period >= 3600 else (_DAY, "a day")
    if periods * period > most:
        _refuse(f"Metrics cannot be checked across more than {shown} (EvaluationPeriods * Period must be <= {most}).")


def _check_option(member: str, request: Json, options: tuple[str, ...]) -> None:
    if request.get(member, options[0]) not in options:
        _refuse(
            f"Option {request[member]} is not supported. Supported options for parameter {member} are "
            f"[{', '.join(options)}]."
        )


def checked_rule(text: str) -> Rule:
    """Raises ValidationError."""
    try:
        return parse(text)
    except RuleError as error:
        _refuse(f"Error in AlarmRule [{error}]")


def not_evaluated(settings: Json) -> str:
    """Why an alarm stays as it is whatever is measured; empty for one that is evaluated."""
    used = [member for member in _NOT_HERE if member in settings]
    if used or settings["ComparisonOperator"] not in COMPARISONS:
        return f"Penstock does not evaluate alarms with {used[0] if used else settings['ComparisonOperator']}."
    try:
        _try(settings)
    except AwsError as error:
        return error.message
    return ""


def _try(settings: Json) -> None:
    """Raises for a statistic or an expression that is not known here."""
    if "Metrics" not in settings:
        statistic(settings.get("Statistic") or settings["ExtendedStatistic"])
        return
    queries = settings["Metrics"]
    for query in queries:
        if "MetricStat" in query:
            statistic(query["MetricStat"]["Stat"])
        else:
            evaluate(query["Expression"], {other["Id"]: {0.0: 1.0} for other in queries})


def _refuse(message: str) -> NoReturn:
    raise AwsError("ValidationError", message, status=400)

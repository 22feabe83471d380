"""What a metric alarm's state is, by its settings and its last datapoints. Pure.

CloudWatch looks at more datapoints than `EvaluationPeriods`, so that a few that are missing need not be guessed: those
that are there count, the newest first, and only what is then still missing is treated as `TreatMissingData` says.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from penstock.wire.model import Json

LOOK_BACK = 2  # datapoints beyond the evaluation periods, as in AWS's examples

Comparison = Callable[[float, float], bool]
_COMPARISONS: dict[str, tuple[Comparison, str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
COMPARISONS = frozenset(_COMPARISONS)
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching", "ignore": "Ignore", "missing": "Missing"}
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"


class Point(NamedTuple):
    """The statistic of the period that begins at `at`; a value of None: nothing was measured."""

    at: float
    value: float | None = None
    sample_count: float = 0.0


class Verdict(NamedTuple):
    """`evaluated` are the datapoints that decided it, in order; `missing` how many of them were not there."""

    state: str
    evaluated: tuple[Point, ...]
    missing: int


def evaluate(settings: Json, points: list[Point]) -> Verdict | None:
    """`points` in order, `EvaluationPeriods + LOOK_BACK` of them; None where the alarm is to stay as it is."""
    periods: int = settings["EvaluationPeriods"]
    wanted: int = settings.get("DatapointsToAlarm", periods)
    breaches, _ = _COMPARISONS[settings["ComparisonOperator"]]
    real = [point for point in points if point.value is not None][-periods:]
    missing = periods - len(real)
    breaching = [point for point in real if point.value is not None and breaches(point.value, settings["Threshold"])]
    state = _state(settings, points, real, breaching, missing, wanted)
    if state is None:
        return None
    absent = [point for point in points if point.value is None]
    return Verdict(state, tuple(sorted([*real, *absent[len(absent) - missing :]])), missing)


def _state(
    settings: Json, points: list[Point], real: list[Point], breaching: list[Point], missing: int, wanted: int
) -> str | None:
    treatment = settings.get("TreatMissingData", "missing")
    worst = len(breaching) + (missing if treatment == "breaching" else 0)
    if worst >= wanted:
        return ALARM
    if not missing or treatment in ("breaching", "notBreaching") or len(real) > len(breaching):
        return OK
    if treatment == "ignore":
        return None
    return _with_too_few(settings, points, breaching, wanted)


def _with_too_few(settings: Json, points: list[Point], breaching: list[Point], wanted: int) -> str | None:
    """Nothing but breaching datapoints, fewer than are wanted: an alarm only where the first is old enough, so that one
    that is just beginning to be measured does not go off too soon."""
    if not breaching:
        return INSUFFICIENT
    first = next(index for index, point in enumerate(reversed(points), 1) if point.at <= breaching[0].at)
    return ALARM if first >= wanted else None


# -- what is said of it ------------------------------------------------------------------------------


def reason(settings: Json, verdict: Verdict) -> str:
    """In AWS's words."""
    if verdict.state == INSUFFICIENT:
        return f"Insufficient Data: {_many(verdict.missing, 'datapoint', 'was', 'were')} unknown."
    treated = ""
    if verdict.missing:
        treatment = _TREATED[settings.get("TreatMissingData", "missing")]
        treated = f"{_many(verdict.missing, 'missing datapoint', 'was', 'were')} treated as [{treatment}]"
    real = [point for point in verdict.evaluated if point.value is not None]
    if not real:
        nothing = f"no datapoints were received for {_many(verdict.missing, 'period')}"
        return f"Threshold Crossed: {nothing} and {treated}."
    return f"Threshold Crossed: {_compared(settings, verdict, real)}{f' and {treated}' if treated else ''}."


def _compared(settings: Json, verdict: Verdict, real: list[Point]) -> str:
    """The datapoints that speak for the state, the newest first."""
    breaches, words = _COMPARISONS[settings["ComparisonOperator"]]
    alarm, threshold = verdict.state == ALARM, settings["Threshold"]
    telling = [p for p in real if p.value is not None and breaches(p.value, threshold) is alarm] or real
    shown = ", ".join(f"{point.value} ({_day(point.at)})" for point in reversed(telling))
    periods, wanted = settings["EvaluationPeriods"], settings.get("DatapointsToAlarm")
    many = len(telling) > 1
    verb = ("were " if many else "was ") + ("" if alarm else "not ") + words
    if wanted is None:
        return f"{_many(len(telling), 'datapoint')} [{shown}] {verb} the threshold ({threshold})"
    least = wanted if alarm else periods - wanted + 1
    way = "OK -> ALARM" if alarm else "ALARM -> OK"
    return (
        f"{len(telling)} out of the last {_many(len(verdict.evaluated), 'datapoint')} [{shown}] {verb} the threshold "
        f"({threshold}) (minimum {_many(least, 'datapoint')} for {way} transition)"
    )


def reason_data(settings: Json, verdict: Verdict, now: float) -> Json:
    real = [point for point in verdict.evaluated if point.value is not None]
    named = {"unit": "Unit", "statistic": "Statistic"}
    if "Statistic" not in settings and "ExtendedStatistic" in settings:
        named["statistic"] = "ExtendedStatistic"
    return {
        "version": "1.0",
        "queryDate": instant(now),
        **({"startDate": instant(real[0].at)} if real else {}),
        **{name: settings[member] for name, member in named.items() if member in settings},
        "period": settings.get("Period", 0) or period_of(settings),
        "recentDatapoints": [point.value for point in real],
        "threshold": settings["Threshold"],
        "evaluatedDatapoints": [_evaluated(point) for point in reversed(verdict.evaluated)],
    }


def _evaluated(point: Point) -> Json:
    if point.value is None:
        return {"timestamp": instant(point.at)}
    return {"timestamp": instant(point.at), "sampleCount": point.sample_count, "value": point.value}


def period_of(settings: Json) -> int:
    """Of the metric, or of those that an expression is made of."""
    if "Metrics" not in settings:
        return int(settings["Period"])
    periods = [query["MetricStat"]["Period"] for query in settings["Metrics"] if "MetricStat" in query]
    return int(max([*periods, *(query["Period"] for query in settings["Metrics"] if "Period" in query)], default=60))


def _many(count: int, noun: str, one: str = "", more: str = "") -> str:
    verb = one if count == 1 else more
    return f"{count} {noun}{'' if count == 1 else 's'}{f' {verb}' if verb else ''}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def instant(at: float) -> str:
    """As CloudWatch writes times in JSON: 2026-11-21T11:00:00.000+0000"""
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")

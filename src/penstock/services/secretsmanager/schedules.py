"""When a secret is rotated: rules as RotateSecret takes them. Pure.

A number of days counts from midnight to midnight (UTC); the window of such a rotation is the whole day.
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from penstock.base.errors import AwsError
from penstock.delivery.schedule import ScheduleError, parse
from penstock.wire.model import Json

_DAY = 86_400.0
_HOUR = 3600.0


def checked(rules: Json) -> Json:
    """Raises InvalidParameterException."""
    expression = rules.get("ScheduleExpression")
    if expression is not None and "AutomaticallyAfterDays" in rules:
        message = "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules."
        raise AwsError("InvalidParameterException", message)
    if expression is not None:
        try:
            parse(expression)
        except ScheduleError:
            message = f"Invalid ScheduleExpression: {expression}"
            raise AwsError("InvalidParameterException", message) from None
    return rules


def next_start(rules: Json, now: float) -> float | None:
    """When the next window begins; None without a schedule."""
    if "ScheduleExpression" in rules:
        return parse(rules["ScheduleExpression"]).next_after(now)
    if "AutomaticallyAfterDays" in rules:
        return now - now % _DAY + float(rules["AutomaticallyAfterDays"]) * _DAY
    return None


def end_of_window(rules: Json, start: float) -> float:
    """What AWS calls the date of the next rotation: it will have been by then."""
    if "Duration" in rules:
        return start + int(rules["Duration"].removesuffix("h")) * _HOUR
    return start - start % _DAY + _DAY - 1

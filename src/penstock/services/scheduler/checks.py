"""What the model cannot say of a schedule, in AWS's words where they are known. Pure.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html and API_Target.html
"""

import re

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.delivery.schedule import At, Schedule, ScheduleError, parse, zone_of
from penstock.delivery.sdk import service_of
from penstock.delivery.targets import TARGETS
from penstock.services.scheduler.names import invalid
from penstock.wire.model import Json

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\w*:.+", re.DOTALL)
_UNIVERSAL = re.compile(r"aws-sdk:([a-z0-9]+):([A-Za-z][A-Za-z0-9]*)")
_REQUIRED = {"ecs": "EcsParameters", "events": "EventBridgeParameters", "kinesis": "KinesisParameters"}
_JSON = frozenset({"events", "lambda", "scheduler", "states"})
TEMPLATED = frozenset({"ecs", "events", "kinesis", "lambda", "sns", "sqs", "states"})  # those that Penstock has
_READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup",
            "discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList",
            "testMigration", "retrieve", "testConnection", "translateDocument", "isAuthorized",
            "invokeModel")  # fmt: skip
_EARLIEST = 300.0  # seconds that a StartDate may lie back


def check(schedule: Json, now: float, known: Json) -> None:
    """Raises ValidationException. `known` is the schedule as it was, or empty."""
    beat = _expression(schedule)
    if not isinstance(beat, At):
        _dates(schedule, now, known)
    window = schedule["FlexibleTimeWindow"]
    if window["Mode"] == "FLEXIBLE" and "MaximumWindowInMinutes" not in window:
        raise invalid("MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.")
    _target(schedule["Target"])


def _expression(schedule: Json) -> Schedule:
    expression, timezone = schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]
    try:
        zone_of(timezone)
    except ScheduleError:
        raise invalid(f"Invalid Schedule Expression Timezone {timezone}.") from None
    try:
        return parse(expression, timezone, agreeing=False)
    except ScheduleError:
        raise invalid(f"Invalid Schedule Expression {expression}.") from None


def _dates(schedule: Json, now: float, known: Json) -> None:
    start, end = schedule.get("StartDate"), schedule.get("EndDate")
    if start is not None and start != known.get("StartDate") and start < now - _EARLIEST:
        raise invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if start is not None and end is not None and start >= end:
        raise invalid("The StartDate you specify must come before the EndDate.")


def _target(target: Json) -> None:
    text = target["Arn"]
    if not _ARN.fullmatch(text):
        raise invalid("Provided Arn is not in correct format.")
    arn = Arn.parse(text)
    if arn.service == "scheduler":
        _universal(arn, text)
    elif unsupported(text):
        raise AwsError("NotImplemented", f"Penstock's schedules have no targets of {arn.service} ({text}).", status=501)
    required = _REQUIRED.get(arn.service)
    if required and required not in target:
        raise invalid(f"{required} must be provided for the target {text}.")
    if arn.service == "sqs" and text.endswith(".fifo") and "MessageGroupId" not in target.get("SqsParameters", {}):
        raise invalid(f"SqsParameters must have a MessageGroupId for the target {text}.")
    if arn.service in _JSON and "Input" in target:
        _input(target["Input"])


def unsupported(arn: str) -> bool:
    """Whether the target of a well-formed ARN is one that AWS may have and Penstock has not."""
    service = Arn.parse(arn).service
    return service != "scheduler" and (service not in TEMPLATED or service not in TARGETS)


def _universal(arn: Arn, text: str) -> None:
    match = _UNIVERSAL.fullmatch(arn.resource)
    if match is None or not service_of(match[1]):
        raise invalid("Provided Arn is not in correct format.")
    if match[2].startswith(_READING):
        raise invalid(f"The target {text} is a read-only operation, which is not supported.")


def _input(text: str) -> None:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"Invalid RequestJson provided. Reason {error}") from None

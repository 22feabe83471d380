"""What a pipe says of its executions: one record for each step, in its CloudWatch Logs log group.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html, eb-pipes-logs-schema.html
"""

import logging
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.log_delivery import deliver
from penstock.compute.log_event import LogEvent
from penstock.services.pipes.names import PRINCIPAL
from penstock.wire.model import Json

log = logging.getLogger("penstock")

LEVELS = {"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3}
# The step's last word(s) -> the least level at which it is told.
_TOLD_AT = {
    "FAILED": "ERROR",
    "EXECUTION_STARTED": "INFO",
    "EXECUTION_SUCCEEDED": "INFO",
    "STAGE_ENTERED": "INFO",
    "STAGE_SUCCEEDED": "INFO",
    "STAGE_SKIPPED": "TRACE",
    "INVOCATION_SKIPPED": "TRACE",
    "INVOCATION_STARTED": "TRACE",
    "INVOCATION_SUCCEEDED": "TRACE",
    "TRANSFORMATION_STARTED": "TRACE",
    "TRANSFORMATION_SUCCEEDED": "TRACE",
}
_LARGEST = 256 * 1024 - 26  # bytes of a log event
_CUT_FIRST = ("awsRequest", "awsResponse", "payload")
_LONGEST_PART = 60_000


class Log:
    """The log of one execution, kept until `write`."""

    def __init__(self, ctx: Context, arn: str, settings: Json | None) -> None:
        given = settings or {}
        destination = given.get("CloudwatchLogsLogDestination") or {}
        self._ctx = ctx.as_service(PRINCIPAL)
        self._arn = arn
        self._group: str = destination.get("LogGroupArn", "").partition(":log-group:")[2].removesuffix(":*")
        self._level = LEVELS[given.get("Level", "OFF")] if self._group else 0
        self._data = "ALL" in (given.get("IncludeExecutionData") or ())
        self._execution = ids.uuid()
        self._events: list[LogEvent] = []

    def step(self, kind: str, error: AwsError | Exception | None = None, **data: Any) -> None:
        """`kind` is the message type; `data` are payload, awsRequest and awsResponse, shown if the pipe says so."""
        level = _TOLD_AT[_step(kind)]
        if self._level < LEVELS[level]:
            return
        now = self._ctx.clock.now()
        record: Json = {
            "resourceArn": self._arn,
            "timestamp": int(now * 1000),
            "executionId": self._execution,
            "messageType": kind,
            "logLevel": level,
        }
        if self._data:
            record |= {name: _text(value) for name, value in data.items()}
        if error is not None:
            record["error"] = _error(error)
        self._events.append(LogEvent(now, _fitting(record)))

    def write(self) -> None:
        if not self._events:
            return
        events, self._events = self._events, []
        try:
            with self._ctx.store.savepoint():
                deliver(self._ctx, self._group, self._arn.rpartition("/")[2], events)
        except AwsError as error:
            log.warning("The log of %s could not be stored: %s", self._arn, error)


def _step(kind: str) -> str:
    if kind.endswith("FAILED"):
        return "FAILED"
    return kind if kind.startswith("EXECUTION") else kind.partition("_")[2]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=_bytes).decode()


def _bytes(value: Any) -> str:
    return bytes(value).decode(errors="replace")


def _error(error: Exception) -> Json:
    if isinstance(error, AwsError):
        return {"httpStatusCode": error.status or 400, "message": error.message, "details": error.code}
    return {"message": str(error), "details": ""}


def _fitting(record: Json) -> str:
    text = orjson.dumps(record)
    if len(text) > _LARGEST:
        cut = [name for name in _CUT_FIRST if len(record.get(name, "")) > _LONGEST_PART]
        text = orjson.dumps({**record, **{name: record[name][:_LONGEST_PART] for name in cut}, "truncatedFields": cut})
    return text.decode()

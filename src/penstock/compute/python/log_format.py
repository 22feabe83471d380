"""What a Python function's log looks like: AWS's text and JSON formats of the root logger, and of failures.

The environment's output is one pipe, split into events at newlines. A record that itself holds newlines is one event:
its inner newlines travel as U+001E and are put back by the reader.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import logging
import os
import sys
import time
import traceback
from datetime import datetime, timezone
from typing import Any, Protocol

NEWLINE = "\x1e"
request_id = ""  # of the invocation under way; the formats carry it

_SECOND = "%Y-%m-%dT%H:%M:%S"
_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
_NO_BREAK_SPACE = "\u00a0"
# The attributes that every record has; what else it has came in by `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime", "taskName"}


class _Failure(Protocol):
    @property
    def message(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def trace(self) -> list[str]: ...
    def document(self, request_id: str = "") -> dict[str, Any]: ...


class Sink:
    """Writes events to the environment's output."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def write(self, event: str) -> None:
        sys.stdout.write(event.rstrip("\n").replace("\n", NEWLINE) + "\n")

    def error(self, failure: _Failure, request_id: str) -> None:
        """An unhandled failure, as AWS's runtime logs it before it posts it."""
        if self._as_json:
            now = time.strftime(_SECOND + "Z", time.gmtime())
            self.write(_json({"timestamp": now, "level": "ERROR", **failure.document(request_id)}))
            return
        colon = ": " if failure.message else ""
        lines = [f"[ERROR] {failure.kind}{colon}{failure.message}", "Traceback (most recent call last):"]
        lines += [_indented(line) for frame in failure.trace for line in frame.splitlines()]
        self.write("\n".join(lines))


class LambdaLoggerHandler(logging.Handler):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self.log_sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = request_id
        self.log_sink.write(self.format(record))


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = min(50, max(0, record.levelno)) // 10 * 10
        moment = datetime.fromtimestamp(record.created, timezone.utc)  # noqa: UP017 (an image may have an older Python)
        document: dict[str, Any] = {
            "timestamp": moment.strftime(_SECOND + ".%f")[:-3] + "Z",
            "level": logging.getLevelName(level),
            "message": record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": request_id,
        }
        document.update({k: v for k, v in vars(record).items() if k not in _STANDARD and k not in document})
        return _json({key: value for key, value in document.items() if value is not None})


def _exception(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, tb = record.exc_info
    return {
        "stackTrace": traceback.format_tb(tb),
        "errorType": kind.__name__,
        "errorMessage": str(error),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


def set_up() -> Sink:
    """Gives the root logger AWS's handler, in the format and level that the function's LoggingConfig asks for."""
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    sink = Sink(as_json)
    handler = LambdaLoggerHandler(sink)
    logging.Formatter.converter = time.gmtime
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_TEXT, _SECOND))
    root = logging.getLogger()
    root.addHandler(handler)
    if level:
        root.setLevel(level if level != "FATAL" else "CRITICAL")
    return sink


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)


def _indented(line: str) -> str:
    """CloudWatch trims leading spaces; AWS's runtime writes no-break spaces instead."""
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text

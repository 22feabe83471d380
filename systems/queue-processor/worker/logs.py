"""Logs as JSON, one line each, that say which message they belong to.

What is known of the message goes into every line until the next one begins.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_message: ContextVar[dict[str, Any] | None] = ContextVar("message", default=None)
_NAMES = {"levelname": "level", "name": "logger", "exc_info": "exception"}


def begin(**known: Any) -> None:
    """A new message: what is known of it goes into each of its lines."""
    _message.set(known)


def configure(service: str) -> None:
    """Everything to standard output, from which Fargate takes it to CloudWatch."""
    line = _Line(
        "{levelname}{name}{message}",
        style="{",
        rename_fields=_NAMES,
        static_fields={"service": service},
        timestamp="time",
        json_ensure_ascii=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(line)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)


class _Line(JsonFormatter):
    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return log_data | (_message.get() or {})

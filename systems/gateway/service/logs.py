"""Logs as JSON, one line each, that say which request they belong to.

What is known of the request stands in a dictionary that all its code shares, threads included.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_request: ContextVar[dict[str, Any] | None] = ContextVar("request", default=None)
_NAMES = {"levelname": "level", "name": "logger", "exc_info": "exception"}


def begin(**known: Any) -> None:
    """A new request: what is known of it goes into each of its lines."""
    _request.set(known)


def bind(**known: Any) -> None:
    """More is known of the current request."""
    request = _request.get()
    if request is not None:
        request.update(known)


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
        return log_data | (_request.get() or {})

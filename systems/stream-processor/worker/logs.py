"""Logs as JSON, one line each, that say which record they belong to.

What is known of the record goes into every line until the next one begins.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_record: ContextVar[dict[str, Any] | None] = ContextVar("record", default=None)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def begin(**known: Any) -> None:
    """A new record: what is known of it goes into each of its lines."""
    _record.set(known)


def configure(service: str) -> None:
    """Everything to standard output, from which Fargate takes it to CloudWatch."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Json(service))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)


class _Json(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
            **(_record.get() or {}),
            **{name: value for name, value in record.__dict__.items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)

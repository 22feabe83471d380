"""Clients whose calls say which trace they belong to, as they do by themselves on Lambda.

Every call here may be repeated.
"""

from contextvars import ContextVar
from typing import Any

import boto3
from botocore.config import Config

_PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})

# X-Ray's header of the record that is being worked on.
trace: ContextVar[str] = ContextVar("trace", default="")


def client(service: str) -> Any:
    made = boto3.client(service, config=_PATIENCE)
    made.meta.events.register("before-sign", _say_trace)
    return made


def _say_trace(request: Any, **_: Any) -> None:
    if mine := trace.get():
        request.headers["X-Amzn-Trace-Id"] = mine

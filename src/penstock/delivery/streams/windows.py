"""Tumbling windows: spans of time whose records share a state. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.wire.model import Json

MAX_STATE_BYTES = 1024 * 1024


class Window(NamedTuple):
    """A window that began, and the state that its last invocation returned. Times in epoch seconds."""

    start: float
    end: float
    state: Any

    @classmethod
    def at(cls, arrived: float, seconds: int) -> "Window":
        """That in which a record arrived; windows follow each other from the epoch on."""
        start = arrived // seconds * seconds
        return cls(start, start + seconds, {})

    @classmethod
    def load(cls, text: str) -> "Window | None":
        return cls(*orjson.loads(text)) if text else None

    def dump(self) -> str:
        return orjson.dumps(list(self)).decode()

    def event(self, shard_id: str, source_arn: str, final: bool = False, early: bool = False) -> Json:
        """What an event has beside its records."""
        return {
            "window": {"start": _moment(self.start), "end": _moment(self.end)},
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": source_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": early,
        }

    @property
    def overfull(self) -> bool:
        """Too large a state ends a window early."""
        return len(orjson.dumps(self.state)) > MAX_STATE_BYTES


def dumped(window: Window | None) -> str:
    return window.dump() if window is not None else ""


def _moment(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""A client, and a group with one stream to write to."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime


@pytest.fixture(scope="session")
def logs(client: Callable[..., Any]) -> Any:
    return client("logs")


@pytest.fixture
def group(logs: Any, unique: str) -> str:
    """A log group of the test's own, with the stream `s`."""
    logs.create_log_group(logGroupName=unique)
    logs.create_log_stream(logGroupName=unique, logStreamName="s")
    return unique


@pytest.fixture
def now(penstock: TestRuntime) -> int:
    """Milliseconds since the epoch, on the runtime's clock."""
    return int(penstock.now() * 1000)


@pytest.fixture
def put(logs: Any, group: str, now: int) -> Callable[..., Any]:
    """`put("a", "b")`: one millisecond apart, the first a second ago."""

    def write(*messages: str, stream: str = "s", at: int = 0) -> Any:
        events = [{"timestamp": now - 1000 + at + i, "message": m} for i, m in enumerate(messages)]
        return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    return write

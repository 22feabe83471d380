"""CDK's patterns for Fargate, unmodified: a service behind an NLB, one that works on a queue, a scheduled task."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.testing import TestRuntime, running

APP = Path(__file__).parent / "apps" / "patterns"
DAY = 86_400


@pytest.fixture(scope="module")
def patterns() -> Iterator[TestRuntime]:
    with running() as runtime:
        yield runtime.up(APP)


def printed(patterns: TestRuntime, text: str) -> bool:
    """Whether some container has printed the line. Lines are handed on a moment after they were written."""
    logs = patterns.client("logs")
    for _ in range(300):
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        events = [event for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
        if text in {event["message"].strip() for event in events}:
            return True
        patterns.settle()
    return False


def test_a_service_behind_a_network_load_balancer(patterns: TestRuntime) -> None:
    with urllib.request.urlopen(f"{patterns.outputs['Patterns']['WebUrl']}/a?b=c", timeout=30) as answer:
        found = json.load(answer)
    assert (found["path"], found["GIVEN_COLOUR"], len(found["GIVEN_PASSWORD"])) == ("/a?b=c", "blue", 32)
    assert printed(patterns, "beside it")


def test_a_queue_is_worked_on(patterns: TestRuntime, unique: str) -> None:
    patterns.client("sqs").send_message(QueueUrl=patterns.outputs["Patterns"]["QueueUrl"], MessageBody=unique)
    assert printed(patterns, f"worked on {unique}")


def test_a_scheduled_task_runs_once_a_day(patterns: TestRuntime) -> None:
    patterns.advance(DAY)
    assert printed(patterns, "good night")

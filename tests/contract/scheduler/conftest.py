"""A scheduler, and queues and schedules of the test's own."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

Make = Callable[..., Any]
ROLE = "arn:aws:iam::000000000000:role/scheduler"


@pytest.fixture(scope="session")
def scheduler(client: Make) -> Any:
    return client("scheduler")


@pytest.fixture(scope="session")
def sqs(client: Make) -> Any:
    return client("sqs")


@pytest.fixture(scope="session")
def advance(penstock: TestRuntime) -> Make:
    """`advance(60)`: moves the virtual clock, letting everything that falls due on the way happen."""
    return penstock.advance


@pytest.fixture(scope="session")
def now(penstock: TestRuntime) -> Make:
    """`now()`: epoch seconds on the virtual clock."""
    return penstock.now


@pytest.fixture
def given(unique: str) -> Make:
    """`given("rate(1 hour)", Target={...})`: a request for a schedule of the test's own; its name ends in `name`."""

    def request(expression: str = "rate(1 hour)", arn: str = "", name: str = "s", **members: Any) -> dict[str, Any]:
        target = {"Arn": arn or "arn:aws:sqs:us-east-1:000000000000:none", "RoleArn": ROLE}
        return {
            "Name": f"{unique}-{name}",
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            **members,
            "Target": target | members.get("Target", {}),
        }

    return request


@pytest.fixture
def scheduled(scheduler: Any, given: Make, queue: Make) -> Make:
    """`scheduled("rate(1 hour)", Input="x")`: a schedule with a queue; the queue's URL."""

    def make(expression: str, input: str = "<aws.scheduler.scheduled-time>", **members: Any) -> str:
        url, arn = queue()
        scheduler.create_schedule(**given(expression, arn, **{**members, "Target": {"Input": input}}))
        return str(url)

    return make


@pytest.fixture
def received(sqs: Any) -> Make:
    """`received(url)`: all messages there, each shown once."""

    def read(url: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        options = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        while found := sqs.receive_message(QueueUrl=url, **options).get("Messages"):
            messages += found
        return messages

    return read


@pytest.fixture
def bodies(received: Make) -> Make:
    return lambda url: [message["Body"] for message in received(url)]


@pytest.fixture(scope="session")
def settle(penstock: TestRuntime) -> Make:
    return penstock.settle

"""Clients, and a bus, a rule and queues of the test's own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

Make = Callable[..., Any]


@pytest.fixture(scope="session")
def events(client: Make) -> Any:
    return client("events")


@pytest.fixture(scope="session")
def sqs(client: Make) -> Any:
    return client("sqs")


@pytest.fixture(scope="session")
def advance(penstock: TestRuntime) -> Make:
    """`advance(60)`: moves the virtual clock, letting everything that falls due on the way happen."""
    return lambda seconds: penstock.run(penstock.runtime.kernel.advance(seconds))


@pytest.fixture(scope="session")
def now(penstock: TestRuntime) -> Make:
    """`now()`: epoch seconds on the virtual clock."""
    return penstock.runtime.clock.now


@pytest.fixture
def bus(events: Any, unique: str) -> str:
    events.create_event_bus(Name=unique)
    return unique


@pytest.fixture
def rule(events: Any, bus: str) -> Make:
    """`rule({"Arn": ...}, name="r", pattern={...})`: a rule on the test's bus with these targets; its ARN."""

    def make(*targets: dict[str, Any], name: str = "r", pattern: Any = None, bus: str = bus) -> str:
        text = json.dumps(pattern or {"source": ["test"]})
        arn: str = events.put_rule(Name=name, EventBusName=bus, EventPattern=text)["RuleArn"]
        numbered = [{"Id": f"t{number}", **target} for number, target in enumerate(targets)]
        if numbered:
            events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)
        return arn

    return make


@pytest.fixture
def put(events: Any, bus: str) -> Make:
    """`put({"a": 1})`: an event on the test's bus; its id."""

    def send(detail: Any = None, source: str = "test", kind: str = "Happened", **members: Any) -> str:
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail or {}), "EventBusName": bus}
        response = events.put_events(Entries=[entry | members])
        assert response["FailedEntryCount"] == 0, response
        event_id: str = response["Entries"][0]["EventId"]
        return event_id

    return send


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
    """`bodies(url)`: what the messages say, as JSON."""
    return lambda url: [json.loads(message["Body"]) for message in received(url)]

"""Deliveries whose target has to be waited for: durable, retried on the virtual clock, given up into the DLQ."""

import asyncio
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.base.errors import AwsError
from penstock.call import Config, Service
from penstock.services import events, sqs
from penstock.testing import TestRuntime, running

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


class Functions:
    """A Lambda whose answers are scripted: errors to raise first, then success; `hang` never answers."""

    def __init__(self, *errors: AwsError, hang: bool = False) -> None:
        self.errors = list(errors)
        self.hang = hang
        self.invoked: list[dict[str, Any]] = []

    def service(self) -> Service:
        async def invoke(ctx: Any, request: dict[str, Any]) -> dict[str, Any]:
            if self.hang:
                await asyncio.Event().wait()
            self.invoked.append(json.loads(request["Payload"]))
            if self.errors:
                raise self.errors.pop(0)
            return {"StatusCode": 202}

        module = types.ModuleType("functions")
        invoke.__module__ = module.__name__
        vars(module)["invoke"] = invoke
        return Service(name="lambda", operations=(module,))


def throttled() -> AwsError:
    return AwsError("TooManyRequestsException", "slow down", status=429)


def start(functions: Functions, config: Config | None = None) -> Any:
    services = (sqs.SERVICE, events.SERVICE, functions.service())
    return running(config or Config(port=0), services)


def rule_to_function(runtime: TestRuntime, **members: Any) -> str:
    client, queues = runtime.client("events"), runtime.client("sqs")
    url: str = queues.create_queue(QueueName="dead")["QueueUrl"]
    dead = {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:dead"}}
    client.put_rule(Name="r", EventPattern='{"source": ["test"]}')
    client.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": FUNCTION, **dead, **members}])
    return url


def put(runtime: TestRuntime, number: int) -> None:
    entry = {"Source": "test", "DetailType": "t", "Detail": json.dumps({"n": number})}
    assert runtime.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def advance(runtime: TestRuntime, seconds: float) -> None:
    runtime.run(runtime.runtime.kernel.advance(seconds))


def left(runtime: TestRuntime) -> int:
    """Deliveries that are still to be made."""
    row = runtime.runtime.store.one("SELECT count(*) FROM events_deliveries")
    assert row is not None
    return int(row[0])


def numbers(functions: Functions) -> list[int]:
    return [event["detail"]["n"] for event in functions.invoked]


def test_a_delivery_is_made_right_after_its_commit_and_forgotten() -> None:
    functions = Functions()
    with start(functions) as runtime:
        rule_to_function(runtime)
        put(runtime, 1)
        runtime.settle()
        assert (numbers(functions), runtime.run(counted(runtime))) == ([1], 0)


async def counted(runtime: TestRuntime) -> int:
    return left(runtime)


def test_a_throttled_delivery_is_tried_again_with_back_off() -> None:
    functions = Functions(throttled(), throttled())
    with start(functions) as runtime:
        rule_to_function(runtime)
        put(runtime, 1)
        runtime.settle()
        assert numbers(functions) == [1]
        advance(runtime, 10)
        assert (numbers(functions), runtime.run(counted(runtime))) == ([1, 1, 1], 0)


@pytest.mark.parametrize(
    ("errors", "policy", "expected"),
    [
        (
            [throttled() for _ in range(9)],
            {"MaximumRetryAttempts": 2},
            {"ERROR_CODE": "THROTTLING", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "RETRY_ATTEMPTS": "2"},
        ),
        (
            [throttled() for _ in range(99)],
            {"MaximumEventAgeInSeconds": 60},
            {"ERROR_CODE": "THROTTLING", "EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds"},
        ),
        ([AwsError("ResourceNotFoundException", "gone", status=404)], {}, {"ERROR_CODE": "NO_RESOURCE"}),
    ],
)
def test_it_ends_in_the_dead_letter_queue(
    errors: list[AwsError], policy: dict[str, int], expected: dict[str, str]
) -> None:
    functions = Functions(*errors)
    with start(functions) as runtime:
        url = rule_to_function(runtime, RetryPolicy=policy, InputPath="$.detail")
        put(runtime, 1)
        advance(runtime, 300)
        [message] = runtime.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        found = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert expected.items() <= found.items()
        assert found["TARGET_ARN"] == FUNCTION
        assert json.loads(message["Body"])["detail"] == {"n": 1}
        assert runtime.run(counted(runtime)) == 0


def test_what_was_not_delivered_is_delivered_after_a_restart(tmp_path: Path) -> None:
    hanging, working = Functions(hang=True), Functions()
    with start(hanging, Config(port=0, data=tmp_path)) as runtime:
        rule_to_function(runtime)
        for number in range(3):
            put(runtime, number)
    with start(working, Config(port=0, data=tmp_path)) as runtime:
        runtime.settle()
        assert sorted(numbers(working)) == [0, 1, 2]
        assert runtime.run(counted(runtime)) == 0
        put(runtime, 3)
        runtime.settle()
        assert numbers(working)[-1] == 3


def test_a_retry_survives_a_restart(tmp_path: Path) -> None:
    failing, working = Functions(*(throttled() for _ in range(99))), Functions()
    with start(failing, Config(port=0, data=tmp_path)) as runtime:
        rule_to_function(runtime)
        put(runtime, 1)
        advance(runtime, 30)
        tried = len(failing.invoked)
        assert tried > 2
    with start(working, Config(port=0, data=tmp_path)) as runtime:
        advance(runtime, 60)
        assert numbers(working) == [1]


def test_rules_and_targets_survive_a_restart(tmp_path: Path) -> None:
    config: Callable[[], Config] = lambda: Config(port=0, data=tmp_path)  # noqa: E731
    with start(Functions(), config()) as runtime:
        rule_to_function(runtime)
        before = runtime.client("events").list_targets_by_rule(Rule="r")["Targets"]
    functions = Functions()
    with start(functions, config()) as runtime:
        assert runtime.client("events").list_targets_by_rule(Rule="r")["Targets"] == before
        put(runtime, 1)
        runtime.settle()
        assert numbers(functions) == [1]


async def limit(runtime: TestRuntime, more: int) -> None:
    """Lets the database grow by `more` pages only, as on a disk that is nearly full."""
    store = runtime.runtime.store
    row = store.one("PRAGMA page_count")
    assert row is not None
    store.one(f"PRAGMA max_page_count = {row[0] + more}")


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # calls whose acceptance was undone
def test_on_a_full_disk_what_was_accepted_arrives_and_nothing_else() -> None:
    functions = Functions()
    with start(functions) as runtime:
        rule_to_function(runtime)
        url = runtime.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        queue = "arn:aws:sqs:us-east-1:000000000000:q"
        runtime.client("events").put_targets(Rule="r", Targets=[{"Id": "q", "Arn": queue}])
        runtime.run(limit(runtime, 40))
        entries = [
            {"Source": "test", "DetailType": "t", "Detail": json.dumps({"n": number, "pad": "x" * 9000})}
            for number in range(3)
        ]
        accepted = 0
        for _ in range(20):
            try:
                accepted += 3 - runtime.client("events").put_events(Entries=entries)["FailedEntryCount"]
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ServiceUnavailable"
        assert 0 < accepted < 60
        runtime.run(limit(runtime, 100_000))
        advance(runtime, 120)
        count = runtime.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert int(count["ApproximateNumberOfMessages"]) == accepted
        assert len(functions.invoked) >= accepted
        assert runtime.run(counted(runtime)) == 0

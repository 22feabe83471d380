"""A target that fails: attempts with their numbers, as the schedule's role, until it is a dead letter."""

import json
import types
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Config, Context, Service
from penstock.services import scheduler, sqs
from penstock.testing import running

ACCOUNT = "us-east-1:000000000000"


class Functions:
    """A Lambda that is throttled for the first `throttled` invocations."""

    def __init__(self, throttled: int) -> None:
        self.throttled = throttled
        self.events: list[Any] = []
        self.callers: set[str] = set()

    def service(self) -> Service:
        async def invoke(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
            self.events.append(json.loads(request["Payload"]))
            self.callers.add(ctx.principal.arn)
            if len(self.events) <= self.throttled:
                raise AwsError("TooManyRequestsException", "Rate exceeded", status=429)
            return {"StatusCode": 202}

        module = types.ModuleType("functions")
        invoke.__module__ = module.__name__
        vars(module)["invoke"] = invoke
        return Service(name="lambda", operations=(module,))


def fired(functions: Functions, attempts: int) -> list[dict[str, Any]]:
    """What is in the dead-letter queue after a schedule has fired once, with so many retries allowed."""
    with running(Config(port=0), (sqs.SERVICE, scheduler.SERVICE, functions.service())) as runtime:
        client = runtime.client("sqs")
        url = client.create_queue(QueueName="dead")["QueueUrl"]
        target = {
            "Arn": f"arn:aws:lambda:{ACCOUNT}:function:f",
            "RoleArn": "arn:aws:iam::000000000000:role/service-role/nightly",
            "Input": '{"attempt": "<aws.scheduler.attempt-number>", "id": "<aws.scheduler.execution-id>"}',
            "RetryPolicy": {"MaximumRetryAttempts": attempts},
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{ACCOUNT}:dead"},
        }
        window = {"Mode": "OFF"}
        runtime.client("scheduler").create_schedule(
            Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=window, Target=target
        )
        runtime.advance(3600)
        messages = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
    return list(messages)


def test_each_attempt_has_its_number_and_its_own_execution() -> None:
    functions = Functions(throttled=2)
    assert fired(functions, attempts=185) == []
    assert [event["attempt"] for event in functions.events] == ["1", "2", "3"]
    assert len({event["id"] for event in functions.events}) == 3
    assert functions.callers == {"arn:aws:sts::000000000000:assumed-role/nightly/scheduler"}


def test_after_the_last_retry_it_is_a_dead_letter() -> None:
    functions = Functions(throttled=9)
    [message] = fired(functions, attempts=2)
    assert len(functions.events) == 3
    assert json.loads(message["Body"]) == functions.events[-1]
    found = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert found["EXECUTION_ID"] == functions.events[-1]["id"]
    assert {name: found[name] for name in ("ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS")} == {
        "ERROR_CODE": "TooManyRequestsException",
        "ERROR_MESSAGE": "Rate exceeded",
        "RETRY_ATTEMPTS": "2",
    }
    assert found["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"

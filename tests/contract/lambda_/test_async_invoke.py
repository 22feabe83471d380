"""Invocations of type Event: retries, destinations, dead letters."""

import json
from typing import Any

import pytest

FAILS = "def handler(event, context):\n    print('try')\n    raise ValueError('no')"


@pytest.fixture
def queue(penstock: Any, unique: str) -> Any:
    """A queue of the test's own, with `arn` and `messages()`."""
    sqs = penstock.client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]

    class Queue:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{unique}"

        @staticmethod
        def messages() -> list[Any]:
            penstock.settle()
            return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
                "Messages", []
            )

    return Queue


def send(lam: Any, name: str, event: Any, **settings: Any) -> str:
    answer = lam.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **settings)
    assert answer["StatusCode"] == 202
    request_id: str = answer["ResponseMetadata"]["RequestId"]
    return request_id


def test_runs_once_when_it_succeeds(functions: Any, lam: Any, penstock: Any) -> None:
    name = functions.named("def handler(event, context): print(event['n'], context.aws_request_id)")
    request_id = send(lam, name, {"n": 7})
    penstock.advance(3600)
    assert functions.log(name) == [f"7 {request_id}"]


def test_is_retried_after_one_and_two_minutes(functions: Any, lam: Any, penstock: Any) -> None:
    name = functions.named(FAILS)
    send(lam, name, {})
    for seconds, tries in ((0, 1), (59, 1), (1, 2), (119, 2), (1, 3), (3600, 3)):
        penstock.advance(seconds)
        assert len(functions.log(name, "try")) == tries


def test_no_retries(functions: Any, lam: Any, penstock: Any) -> None:
    name = functions.named(FAILS)
    lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    send(lam, name, {})
    penstock.advance(3600)
    assert len(functions.log(name, "try")) == 1


def test_too_old_to_be_retried(functions: Any, lam: Any, penstock: Any, queue: Any) -> None:
    name = functions.named(FAILS)
    lam.put_function_event_invoke_config(
        FunctionName=name,
        MaximumEventAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )
    send(lam, name, {})
    penstock.advance(3600)
    assert len(functions.log(name, "try")) == 2
    (message,) = queue.messages()
    assert json.loads(message["Body"])["requestContext"]["condition"] == "EventAgeExceeded"


def test_failure_destination(functions: Any, lam: Any, penstock: Any, queue: Any) -> None:
    name = functions.named(FAILS)
    destination = {"OnFailure": {"Destination": queue.arn}}
    lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1, DestinationConfig=destination)
    request_id = send(lam, name, {"a": 1})
    penstock.advance(600)
    (message,) = queue.messages()
    record = json.loads(message["Body"])
    trace = record["responsePayload"].pop("stackTrace")
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no", "errorType": "ValueError", "requestId": request_id},
    }
    assert "raise ValueError('no')" in trace[0]


def test_success_destination_is_a_function(functions: Any, lam: Any) -> None:
    told = functions.named("def handler(event, context): print(event['responsePayload'])")
    name = functions.named("def handler(event, context): return 'done'")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{told}"
    lam.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}})
    send(lam, name, {})
    functions.penstock.settle()
    assert functions.log(told) == ["done"]


def test_success_destination_is_a_bus(functions: Any, lam: Any, penstock: Any, queue: Any, unique: str) -> None:
    events = penstock.client("events")
    bus = events.create_event_bus(Name=unique)["EventBusArn"]
    events.put_rule(Name=unique, EventBusName=unique, EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule=unique, EventBusName=unique, Targets=[{"Id": "q", "Arn": queue.arn}])
    name = functions.named("def handler(event, context): return 'done'")
    lam.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": bus}})
    send(lam, name, {})
    (message,) = queue.messages()
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["resources"] == [bus, f"arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST"]
    assert event["detail"]["responsePayload"] == "done"


def test_dead_letter_queue(functions: Any, lam: Any, penstock: Any, queue: Any) -> None:
    name = functions.named(FAILS, DeadLetterConfig={"TargetArn": queue.arn})
    request_id = send(lam, name, {"a": 1})
    penstock.advance(600)
    (message,) = queue.messages()
    assert json.loads(message["Body"]) == {"a": 1}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "no"}


def test_throttled_events_wait(functions: Any, lam: Any, penstock: Any) -> None:
    name = functions.named("def handler(event, context): print('ran')")
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    send(lam, name, {})
    penstock.advance(300)
    lam.delete_function_concurrency(FunctionName=name)
    penstock.advance(600)
    assert functions.log(name, "ran") == ["ran"]


def test_many_events_all_run(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): print('n', event)")
    for number in range(40):
        send(lam, name, number)
    assert sorted(int(line.split()[1]) for line in functions.log(name, "n")) == list(range(40))


def test_alias_has_its_own_settings(functions: Any, lam: Any, penstock: Any) -> None:
    name = functions.named(FAILS, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.put_function_event_invoke_config(FunctionName=name, Qualifier="live", MaximumRetryAttempts=0)
    send(lam, name, {}, Qualifier="live")
    penstock.advance(3600)
    assert len(functions.log(name, "try")) == 1


def test_invoke_async_is_the_older_form(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): print(event)")
    assert lam.invoke_async(FunctionName=name, InvokeArgs=b'"old"')["Status"] == 202
    assert functions.log(name) == ["old"]


def test_event_invoke_config(functions: Any, lam: Any, refused: Any, queue: Any, unique: str) -> None:
    name = functions.named()
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    missing = ("ResourceNotFoundException", f"The function {arn}:$LATEST doesn't have an EventInvokeConfig")
    assert refused(lam.get_function_event_invoke_config, FunctionName=name) == missing
    assert refused(lam.put_function_event_invoke_config, FunctionName=name) == (
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
    )
    put = lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    assert (put["FunctionArn"], put["DestinationConfig"]) == (f"{arn}:$LATEST", {"OnSuccess": {}, "OnFailure": {}})
    updated = lam.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    assert (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]) == (1, 60)
    own = {"OnFailure": {"Destination": arn}}
    assert refused(lam.put_function_event_invoke_config, FunctionName=name, DestinationConfig=own)[1] == (
        "You can't specify the function as a destination for itself."
    )
    (listed,) = lam.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    assert listed["MaximumRetryAttempts"] == 1
    lam.delete_function_event_invoke_config(FunctionName=name)
    assert refused(lam.delete_function_event_invoke_config, FunctionName=name) == missing

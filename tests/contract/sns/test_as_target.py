"""Topics as the targets of rules, pipes, and functions that fail."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.contract.sns.conftest import Queue

from penstock.testing import TestRuntime

Subscribe = Callable[..., str]
ROLE = "arn:aws:iam::000000000000:role/r"


def test_of_a_rule(client: Callable[..., Any], topic: str, queue: Queue, subscribe: Subscribe, unique: str) -> None:
    events = client("events")
    subscribe(topic, queue)
    events.put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    events.put_targets(Rule=unique, Targets=[{"Id": "1", "Arn": topic, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": unique, "DetailType": "t", "Detail": '{"order": 7}'}])
    assert [json.loads(text) for text in queue.texts] == [{"order": 7}]


def test_of_a_pipe(
    client: Callable[..., Any],
    topic: str,
    make_queue: Callable[..., Queue],
    subscribe: Subscribe,
    unique: str,
    penstock: TestRuntime,
) -> None:
    source, queue = make_queue("source"), make_queue("behind")
    subscribe(topic, queue)
    template = {"InputTemplate": '{"order": <$.body.id>}'}
    client("pipes").create_pipe(Name=unique, Source=source.arn, Target=topic, RoleArn=ROLE, TargetParameters=template)
    penstock.settle()
    source.client.send_message(QueueUrl=source.url, MessageBody='{"id": 7}')
    penstock.settle()
    assert [json.loads(text) for text in queue.texts] == [{"order": 7}]


def test_of_a_function_that_fails(
    client: Callable[..., Any],
    topic: str,
    queue: Queue,
    subscribe: Subscribe,
    unique: str,
    penstock: TestRuntime,
) -> None:
    """As its dead-letter queue the topic gets the event, as its destination a record of the failure."""
    functions = client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def handler(event, context):\n    raise ValueError('on purpose')\n")
    functions.create_function(
        FunctionName=unique,
        Runtime="python3.11",
        Handler="f.handler",
        Role=ROLE,
        Code={"ZipFile": code.getvalue()},
        DeadLetterConfig={"TargetArn": topic},
    )
    functions.put_function_event_invoke_config(
        FunctionName=unique, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": topic}}
    )
    subscribe(topic, queue)
    functions.invoke(FunctionName=unique, InvocationType="Event", Payload=b'{"order": 7}')
    penstock.settle()
    documents = [json.loads(body) for body in queue.bodies]
    letter, record = sorted(documents, key=lambda document: len(document["Message"]))
    assert json.loads(letter["Message"]) == {"order": 7}
    assert letter["MessageAttributes"].keys() == {"RequestID", "ErrorCode", "ErrorMessage"}
    assert letter["MessageAttributes"]["ErrorMessage"] == {"Type": "String", "Value": "on purpose"}
    assert json.loads(record["Message"])["requestContext"]["condition"] == "RetriesExhausted"

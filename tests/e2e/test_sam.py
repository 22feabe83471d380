"""A SAM template in which one function has every kind of event: each of them calls it."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

APP = Path(__file__).parent / "apps" / "sam" / "template.yaml"
HOUR = 3600


class Sam:
    def __init__(self, runtime: TestRuntime) -> None:
        self.runtime = runtime
        [self.outputs] = runtime.outputs.values()
        [stack] = runtime.outputs
        resources = runtime.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        self.physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    def __call__(self, service: str, operation: str, **request: Any) -> Any:
        return getattr(self.runtime.client(service), operation)(**request)

    def event(self, source: str) -> Any:
        """What the function got from this source."""
        self.runtime.settle()
        found = self("dynamodb", "get_item", TableName=self.physical["Seen"], Key={"id": {"S": source}})
        return json.loads(found["Item"]["event"]["S"])

    def put_event(self, source: str) -> None:
        self("events", "put_events", Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])


@pytest.fixture(scope="module")
def sam() -> Iterator[Sam]:
    with running() as runtime:
        runtime.up(APP)
        yield Sam(runtime)


def fetch(url: str, data: bytes | None = None) -> bytes:
    body: bytes = urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"})).read()
    return body


def log(sam: Sam) -> None:
    group = sam.physical["Group"]
    sam("logs", "create_log_stream", logGroupName=group, logStreamName="s")
    entries = [{"timestamp": int(sam.runtime.now() * 1000), "message": "ERROR: it is broken"}]
    sam("logs", "put_log_events", logGroupName=group, logStreamName="s", logEvents=entries)


def publish(sam: Sam) -> None:
    kinds = {"kind": {"DataType": "String", "StringValue": "wanted"}}
    sam("sns", "publish", TopicArn=sam.physical["Topic"], Message="m", MessageAttributes=kinds)


SOURCES: dict[str, Callable[[Sam], object]] = {
    "api": lambda sam: fetch(sam.outputs["RestUrl"] + "rest"),
    "http": lambda sam: fetch(sam.outputs["HttpUrl"] + "http"),
    "aws:s3": lambda sam: sam("s3", "put_object", Bucket=sam.physical["Bucket"], Key="k", Body=b"b"),
    "aws:sns": publish,
    "aws:sqs": lambda sam: sam("sqs", "send_message", QueueUrl=sam.physical["Queue"], MessageBody="m"),
    "aws:kinesis": lambda sam: sam(
        "kinesis", "put_record", StreamName=sam.physical["Stream"], Data=b"d", PartitionKey="p"
    ),
    "aws:dynamodb": lambda sam: sam("dynamodb", "put_item", TableName=sam.physical["Table"], Item={"id": {"S": "1"}}),
    "mine": lambda sam: sam.put_event("mine"),
    "logs": log,
    "schedule": lambda sam: sam.runtime.advance(HOUR),
    "schedule v2": lambda sam: sam.runtime.advance(HOUR),
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_event_calls_the_function(sam: Sam, source: str) -> None:
    SOURCES[source](sam)
    assert sam.event(source)


def test_a_function_url(sam: Sam) -> None:
    assert fetch(sam.outputs["FunctionUrl"]) == b"seen"


def test_what_an_asynchronous_call_returns_goes_to_its_destination(sam: Sam) -> None:
    call = {"FunctionName": f"{sam.physical['Everything']}:live", "InvocationType": "Event"}
    sam("lambda", "invoke", **call, Payload=b'{"kind": "a"}')
    sam.runtime.settle()
    [queue] = [
        sam("sqs", "get_queue_url", QueueName=name.rsplit("/")[-1])["QueueUrl"]
        for logical, name in sam.physical.items()
        if "OnSuccess" in logical
    ]
    found = sam("sqs", "receive_message", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert {"kind": "a"} in [json.loads(message["Body"])["requestPayload"] for message in found]


def test_a_state_machine_by_api_and_by_rule(sam: Sam) -> None:
    answer = json.loads(fetch(sam.outputs["RestUrl"] + "machine", b'{"kind": "started by an API"}'))
    assert answer["executionArn"]
    assert sam.event("started by an API")
    sam.put_event("machine")
    assert sam.event("machine")["detail-type"] == "t"

"""Streams as sources of pipes, and as their targets."""

import base64
import json
import textwrap
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE

BODY = {"InputTemplate": "<$.data.n>"}
# A function that fails for odd numbers, whole or in part.
FAILS = """
import base64, json
def handler(event, context):
    if any(json.loads(base64.b64decode(e["data"]))["n"] % 2 for e in event): raise ValueError("odd")
"""
NAMES = """
import base64, json
def handler(event, context):
    bad = [e["{name}"] for e in event if json.loads(base64.b64decode(e["data"]))["n"] % 2]
    return {{"batchItemFailures": [{{"itemIdentifier": name}} for name in bad]}}
"""


class Stream:
    """A stream that a pipe of the test's own reads."""

    def __init__(self, client: Any, name: str) -> None:
        self.kinesis, self.pipes = client("kinesis"), client("pipes")
        self.kinesis.create_stream(StreamName=name, ShardCount=1)
        self.name, self.arn = name, f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"

    def pipe(self, target: str, own: Any = None, criteria: Any = None, **settings: Any) -> str:
        parameters = {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON", **(own or {})}}
        if criteria:
            parameters["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(criteria)}]}
        request = {"Name": self.name, "Source": self.arn, "Target": target, "RoleArn": ROLE, **settings}
        self.pipes.create_pipe(SourceParameters=parameters, **request)
        return self.name

    def put(self, *numbers: int) -> list[str]:
        records = [{"Data": json.dumps({"n": n}).encode(), "PartitionKey": "k"} for n in numbers]
        answer = self.kinesis.put_records(StreamName=self.name, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]


@pytest.fixture
def stream(client: Any, unique: str) -> Stream:
    return Stream(client, unique)


def test_a_record_as_a_pipe_shows_it(stream, queue, settle, bodies):
    url, arn = queue("target")
    stream.pipe(arn)
    [sequence] = stream.put(1)
    settle()
    [body] = bodies(url)
    record = json.loads(body)
    assert isinstance(record.pop("approximateArrivalTimestamp"), float)
    assert record == {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "k",
        "sequenceNumber": sequence,
        "data": base64.b64encode(b'{"n": 1}').decode(),
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }


def test_filters_and_templates_see_the_data(stream, queue, settle, bodies):
    url, arn = queue("target")
    stream.pipe(arn, criteria={"data": {"n": [{"numeric": [">", 1]}]}}, TargetParameters=BODY)
    stream.put(1, 2, 3)
    settle()
    assert bodies(url) == ["2", "3"]


def test_a_batch_is_an_array(stream, function, queue, settle, bodies):
    url, _ = queue("target")
    source = f"""
    import boto3, json
    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(len(event)))
    """
    stream.put(*range(5))
    stream.pipe(function(source), {"BatchSize": 3})
    settle()
    assert sorted(bodies(url)) == ["2", "3"]


def test_what_fails_ends_with_the_dead_letters(stream, function, queue, advance, bodies):
    url, arn = queue("dead")
    sequences = stream.put(2, 1, 4)
    stream.pipe(
        function(textwrap.dedent(FAILS)),
        {
            "MaximumRetryAttempts": 1,
            "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
            "DeadLetterConfig": {"Arn": arn},
        },
    )
    advance(3)
    [body] = bodies(url)
    letter = json.loads(body)
    info = letter["KinesisBatchInfo"]
    assert letter["context"] == {
        "partnerResourceArn": f"arn:aws:pipes:us-east-1:000000000000:pipe/{stream.name}",
        "condition": "RetryAttemptsExhausted",
    }
    assert (letter["version"], info["shardId"], info["batchSize"]) == ("1.0", "shardId-000000000000", 1)
    assert (info["startSequenceNumber"], info["streamArn"]) == (sequences[1], stream.arn)


@pytest.mark.parametrize("name", ["eventID", "sequenceNumber"])
def test_named_failures_and_all_behind_them_are_tried_again(stream, function, queue, advance, bodies, name):
    url, arn = queue("dead")
    sequences = stream.put(2, 1, 4)
    own = {"MaximumRetryAttempts": 0, "DeadLetterConfig": {"Arn": arn}}
    stream.pipe(function(NAMES.format(name=name)), own)
    advance(3)
    [body] = bodies(url)
    info = json.loads(body)["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (sequences[1], sequences[2])


def test_stopped_and_started_it_goes_on_where_it_was(stream, queue, pipes, settle, bodies):
    url, arn = queue("target")
    stream.pipe(arn, {"StartingPosition": "LATEST"}, TargetParameters=BODY)
    stream.put(1)
    settle()
    pipes.stop_pipe(Name=stream.name)
    stream.put(2)
    settle()
    assert bodies(url) == ["1"]
    pipes.update_pipe(Name=stream.name, RoleArn=ROLE, SourceParameters={"KinesisStreamParameters": {"BatchSize": 5}})
    own = pipes.describe_pipe(Name=stream.name)["SourceParameters"]["KinesisStreamParameters"]
    assert own == {"BatchSize": 5, "StartingPosition": "LATEST"}
    pipes.start_pipe(Name=stream.name)
    settle()
    assert bodies(url) == ["2"]


def test_a_table(client, unique, queue, pipes, settle, bodies):
    url, arn = queue("target")
    made = client("dynamodb").create_table(
        TableName=unique,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    source = made["TableDescription"]["LatestStreamArn"]
    pipes.create_pipe(
        Name=unique,
        Source=source,
        Target=arn,
        RoleArn=ROLE,
        SourceParameters={
            "DynamoDBStreamParameters": {"StartingPosition": "LATEST"},
            "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        },
    )
    for kind in ("x", "y"):
        client("dynamodb").put_item(TableName=unique, Item={"id": {"S": "a"}, "kind": {"S": kind}})
    settle()
    [body] = bodies(url)
    record = json.loads(body)
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:dynamodb", source)
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "kind": {"S": "x"}}


def test_into_a_stream(stream, source, pipe, send, settle):
    pipe(stream.arn, TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.body.key"}})
    send({"key": "one"}, {"key": "two"})
    settle()
    iterator = stream.kinesis.get_shard_iterator(
        StreamName=stream.name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = stream.kinesis.get_records(ShardIterator=iterator)["Records"]
    assert sorted(record["PartitionKey"] for record in records) == ["one", "two"]
    assert {json.loads(record["Data"])["eventSource"] for record in records} == {"aws:sqs"}


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp is required"),
        ({"StartingPosition": "LATEST", "StartingPositionTimestamp": 1.0}, "StartingPositionTimestamp is required"),
        ({"BatchSize": 11}, "BatchSize 11 is greater than 10"),
        ({"MaximumRecordAgeInSeconds": 5}, "MaximumRecordAgeInSeconds must be -1 or at least 60."),
        ({"DeadLetterConfig": {"Arn": "arn:aws:s3:::bucket"}}, "is an SQS queue or an SNS topic"),
    ],
)
def test_refused(stream, queue, own, told):
    with pytest.raises(ClientError) as refused:
        stream.pipe(queue("target")[1], own)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert told in error["Message"]


def test_a_stream_needs_a_starting_position(stream, queue, pipes):
    with pytest.raises(ClientError) as refused:
        pipes.create_pipe(Name=stream.name, Source=stream.arn, Target=queue("target")[1], RoleArn=ROLE)
    assert "StartingPosition is required" in refused.value.response["Error"]["Message"]

"""Kinesis in CBOR, as Java's SDK speaks it: the same operations, bytes as they are, times in milliseconds."""

import http.client
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from tests.contract.kinesis.conftest import Kinesis

from penstock.wire import cbor

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0"
)


def post(kinesis: Kinesis, operation: str, request: dict[str, Any]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", kinesis.penstock.runtime.config.port, timeout=30)
    headers = {
        "Authorization": SIGNED,
        "Content-Type": "application/x-amz-cbor-1.1",
        "X-Amz-Target": f"Kinesis_20131202.{operation}",
    }
    connection.request("POST", "/", cbor.dumps(request), headers)
    return connection.getresponse()


def call(kinesis: Kinesis, operation: str, **request: Any) -> Any:
    response = post(kinesis, operation, request)
    body = response.read()
    assert response.status == 200, body
    assert response.headers["Content-Type"] == "application/x-amz-cbor-1.1"
    return cbor.loads(body) if body else None


def test_a_record_there_and_back(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    put = call(kinesis, "PutRecord", StreamName=name, Data=b"\x00\xff", PartitionKey="ü")
    iterator = call(kinesis, "GetShardIterator", StreamName=name, ShardId="0", ShardIteratorType="TRIM_HORIZON")
    [record] = call(kinesis, "GetRecords", ShardIterator=iterator["ShardIterator"])["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"\x00\xff", "ü")
    assert record["SequenceNumber"] == put["SequenceNumber"]
    [same] = kinesis.client.get_records(ShardIterator=kinesis.iterator(name))["Records"]
    milliseconds = round(same["ApproximateArrivalTimestamp"].timestamp() * 1000)
    assert record["ApproximateArrivalTimestamp"] == milliseconds


def test_times_are_given_in_milliseconds(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    kinesis.penstock.advance(10)
    now = cbor.Epoch(int(kinesis.penstock.now() * 1000))
    kinesis.put(name, b"2")
    iterator = call(
        kinesis, "GetShardIterator", StreamName=name, ShardId="0", ShardIteratorType="AT_TIMESTAMP", Timestamp=now
    )
    found = call(kinesis, "GetRecords", ShardIterator=iterator["ShardIterator"])
    assert [record["Data"] for record in found["Records"]] == [b"2"]


def test_what_has_no_result_has_no_body(kinesis: Kinesis, unique: str) -> None:
    assert call(kinesis, "CreateStream", StreamName=unique, ShardCount=1) is None
    described = call(kinesis, "DescribeStream", StreamName=unique)["StreamDescription"]
    assert abs(described["StreamCreationTimestamp"] / 1000 - kinesis.penstock.now()) < 60


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"StreamName": "nobodys", "Data": b"", "PartitionKey": "k"}, "ResourceNotFoundException"),
        ({"StreamName": 5}, "SerializationException"),
        ({"StreamName": "a b", "Data": b"", "PartitionKey": "k"}, "ValidationException"),
    ],
)
def test_an_error(kinesis: Kinesis, request_: dict[str, Any], code: str) -> None:
    response = post(kinesis, "PutRecord", request_)
    assert response.status == 400
    assert cbor.loads(response.read())["__type"] == code


def test_events(kinesis: Kinesis) -> None:
    name = kinesis.stream()
    kinesis.put(name, b"1")
    registered = kinesis.client.register_stream_consumer(StreamARN=kinesis.arn(name), ConsumerName="c")
    request = {"ConsumerARN": registered["Consumer"]["ConsumerARN"], "ShardId": "0"}
    response = post(kinesis, "SubscribeToShard", request | {"StartingPosition": {"Type": "TRIM_HORIZON"}})
    assert response.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    buffer = EventStreamBuffer()
    messages: list[Any] = []
    while len(messages) < 2:
        buffer.add_data(response.read1())
        messages += list(buffer)
    first, second = messages[:2]
    assert first.headers[":event-type"] == "initial-response"
    assert second.headers[":content-type"] == "application/x-amz-cbor-1.1"
    assert [record["Data"] for record in cbor.loads(second.payload)["Records"]] == [b"1"]
    response.close()

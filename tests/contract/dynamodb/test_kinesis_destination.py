"""Tables that write their changes to a Kinesis stream."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.dynamodb.conftest import create

STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "


class Data:
    """A Kinesis stream with one shard."""

    def __init__(self, kinesis: Any, name: str) -> None:
        self.kinesis = kinesis
        kinesis.create_stream(StreamName=name, ShardCount=1)
        self.arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def records(self) -> list[dict[str, Any]]:
        [shard] = self.kinesis.list_shards(StreamARN=self.arn)["Shards"]
        iterator = self.kinesis.get_shard_iterator(
            StreamARN=self.arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self.raw = self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [json.loads(record["Data"]) for record in self.raw]


@pytest.fixture
def data(client: Callable[..., Any], penstock: Any, unique: str) -> Data:
    kinesis = client("kinesis")
    made = Data(kinesis, f"{unique}-data")
    penstock.settle()
    return made


def described(dynamodb, table):
    return dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]


def test_changes_are_written(dynamodb, hash_table, data, put, penstock):
    answer = dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=data.arn)
    del answer["ResponseMetadata"]
    assert answer == {
        "TableName": hash_table,
        "StreamArn": data.arn,
        "DestinationStatus": "ENABLING",
        "EnableKinesisStreamingConfiguration": {},
    }
    assert described(dynamodb, hash_table) == [{"StreamArn": data.arn, "DestinationStatus": "ACTIVE"}]
    put(hash_table, pk="a", n=101)
    put(hash_table, pk="a", n=101)
    put(hash_table, pk="a", n=102)
    dynamodb.delete_item(TableName=hash_table, Key={"pk": {"S": "a"}})
    first, second, third = data.records()
    assert len(first.pop("eventID")) == 36
    assert abs(first["dynamodb"].pop("ApproximateCreationDateTime") - penstock.now() * 1000) < 10_000
    new = {"pk": {"S": "a"}, "n": {"N": "101"}}
    assert first == {
        "awsRegion": "us-east-1",
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": hash_table,
        "dynamodb": {"Keys": {"pk": {"S": "a"}}, "NewImage": new, "SizeBytes": 10},
        "eventSource": "aws:dynamodb",
    }
    assert second["eventName"] == "MODIFY"
    assert second["dynamodb"]["OldImage"] == new
    assert third["eventName"] == "REMOVE"
    assert "NewImage" not in third["dynamodb"]
    assert len({record["PartitionKey"] for record in data.raw}) == 1


def test_expiry_is_marked(dynamodb, hash_table, data, put, penstock):
    dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=data.arn)
    dynamodb.update_time_to_live(
        TableName=hash_table, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True}
    )
    put(hash_table, pk="a", ttl=int(penstock.now()) + 60)
    penstock.advance(61)
    assert data.records()[-1]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_binary_values_are_base64(dynamodb, hash_table, data):
    dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=data.arn)
    dynamodb.put_item(TableName=hash_table, Item={"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}})
    assert data.records()[0]["dynamodb"]["NewImage"]["b"] == {"B": "AP8="}


def test_precision(dynamodb, hash_table, data, put, refused, penstock):
    where = {"TableName": hash_table, "StreamArn": data.arn}
    dynamodb.enable_kinesis_streaming_destination(**where)
    micro = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    update = dynamodb.update_kinesis_streaming_destination
    answer = update(**where, UpdateKinesisStreamingConfiguration=micro)
    assert answer["DestinationStatus"] == "UPDATING"
    assert described(dynamodb, hash_table) == [{"StreamArn": data.arn, "DestinationStatus": "ACTIVE", **micro}]
    put(hash_table, pk="a")
    change = data.records()[0]["dynamodb"]
    assert change["ApproximateCreationDateTimePrecision"] == "MICROSECOND"
    assert abs(change["ApproximateCreationDateTime"] - penstock.now() * 1e6) < 1e7
    code, message = refused(update, **where, UpdateKinesisStreamingConfiguration=micro)
    assert code == "ValidationException"
    assert message.startswith("Invalid Request: Precision is already set to the desired value of MICROSECOND")
    assert refused(update, **where) == (
        "ValidationException",
        "Streaming destination cannot be updated with given parameters: "
        "UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
    )


def test_disabled_and_enabled_again(dynamodb, hash_table, data, put, refused):
    where = {"TableName": hash_table, "StreamArn": data.arn}
    dynamodb.enable_kinesis_streaming_destination(**where)
    assert refused(dynamodb.enable_kinesis_streaming_destination, **where) == (
        "ValidationException",
        f"{STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
    )
    assert dynamodb.disable_kinesis_streaming_destination(**where)["DestinationStatus"] == "DISABLING"
    put(hash_table, pk="unseen")
    assert described(dynamodb, hash_table) == [{"StreamArn": data.arn, "DestinationStatus": "DISABLED"}]
    assert refused(dynamodb.disable_kinesis_streaming_destination, **where) == (
        "ValidationException",
        f"{STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
    )
    dynamodb.enable_kinesis_streaming_destination(**where)
    put(hash_table, pk="seen")
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in data.records()] == ["seen"]


def test_a_stream_that_is_not_there(dynamodb, hash_table):
    missing = "arn:aws:kinesis:us-east-1:000000000000:stream/none-such"
    answer = dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=missing)
    assert answer["DestinationStatus"] == "ENABLING"
    [failed] = described(dynamodb, hash_table)
    assert failed["DestinationStatus"] == "ENABLE_FAILED"
    assert failed["DestinationStatusDescription"] == "User does not have a permission to use kinesis stream"


def test_a_deleted_stream_stops_no_write(dynamodb, hash_table, data, put):
    dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=data.arn)
    data.kinesis.delete_stream(StreamARN=data.arn)
    put(hash_table, pk="a")
    assert dynamodb.get_item(TableName=hash_table, Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}


def test_a_refused_transaction_writes_nothing(dynamodb, hash_table, data, put, refused):
    dynamodb.enable_kinesis_streaming_destination(TableName=hash_table, StreamArn=data.arn)
    made = {"Put": {"TableName": hash_table, "Item": {"pk": {"S": "b"}}}}
    check = {
        "ConditionCheck": {
            "TableName": hash_table,
            "Key": {"pk": {"S": "a"}},
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    refused(dynamodb.transact_write_items, TransactItems=[made, check])
    assert data.records() == []


def test_both_kinds_of_stream(dynamodb, unique, data, put, client):
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = create(dynamodb, unique, {"pk": "S"}, {}, StreamSpecification=stream)
    dynamodb.enable_kinesis_streaming_destination(TableName=table, StreamArn=data.arn)
    put(table, pk="a")
    assert len(data.records()) == 1
    streams = client("dynamodbstreams")
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    assert len(streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]) == 1


KEY = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
ATTRIBUTES = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}


def test_in_a_template(deploy, dynamodb, data, client, unique):
    other = Data(client("kinesis"), f"{unique}-other")

    def table(**properties):
        made = {"Type": "AWS::DynamoDB::Table", "Properties": {**KEY, **ATTRIBUTES, **properties}}
        return deploy({"Table": made}, Name={"Ref": "Table"})["Name"]

    def active():
        return [one for one in described(dynamodb, name) if one["DestinationStatus"] == "ACTIVE"]

    name = table(KinesisStreamSpecification={"StreamArn": data.arn})
    assert active() == [{"StreamArn": data.arn, "DestinationStatus": "ACTIVE"}]
    micro = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    table(KinesisStreamSpecification={"StreamArn": data.arn, **micro})
    assert active() == [{"StreamArn": data.arn, "DestinationStatus": "ACTIVE", **micro}]
    table(KinesisStreamSpecification={"StreamArn": other.arn})
    assert [one["StreamArn"] for one in active()] == [other.arn]
    table()
    assert active() == []


def test_a_global_tables_replica(deploy, dynamodb, data):
    replica = {"Region": {"Ref": "AWS::Region"}, "KinesisStreamSpecification": {"StreamArn": data.arn}}
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {**KEY, **ATTRIBUTES, "Replicas": [replica]}}
    outputs = deploy({"Table": table}, Name={"Ref": "Table"})
    [found] = described(dynamodb, outputs["Name"])
    assert found == {"StreamArn": data.arn, "DestinationStatus": "ACTIVE"}

"""A DynamoDB stream that a function consumes."""

import json
from typing import Any

import pytest

EVENT = """
import json
def handler(event, context):
    print("event", json.dumps(event))
    if any("bad" in r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]): raise ValueError("bad")
"""


class Table:
    """A table with a stream, and the function that consumes it."""

    def __init__(self, functions: Any, client: Any, unique: str) -> None:
        self.functions, self.penstock = functions, functions.penstock
        self.lam, self.dynamodb, self.sqs = client("lambda"), client("dynamodb"), client("sqs")
        self.name, self.function = unique, ""
        made = self.dynamodb.create_table(
            TableName=unique,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn: str = made["TableDescription"]["LatestStreamArn"]

    def consume(self, source: str = EVENT, **settings: Any) -> str:
        self.function = self.functions.named(source)
        request = {"StartingPosition": "TRIM_HORIZON", "EventSourceArn": self.arn, **settings}
        uuid: str = self.lam.create_event_source_mapping(FunctionName=self.function, **request)["UUID"]
        return uuid

    def put(self, id: str, **attributes: Any) -> None:
        self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": id}, **attributes})

    def events(self) -> list[Any]:
        return [json.loads(line.partition(" ")[2]) for line in self.functions.log(self.function, "event")]

    def ids(self) -> list[str]:
        return [record["dynamodb"]["Keys"]["id"]["S"] for event in self.events() for record in event["Records"]]


@pytest.fixture
def table(functions: Any, client: Any, unique: str) -> Table:
    return Table(functions, client, unique)


def test_records_as_lambda_shows_them(table: Table) -> None:
    table.consume(BatchSize=10)
    table.put("a", data={"B": b"foobar"})
    [event] = table.events()
    [record] = event["Records"]
    change = record["dynamodb"]
    assert change.pop("ApproximateCreationDateTime") == pytest.approx(table.penstock.now(), abs=5)
    assert change.pop("SequenceNumber").isdigit()
    assert change.pop("SizeBytes") > 0
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "data": {"B": "Zm9vYmFy"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": table.arn,
    }


def test_latest_and_the_trim_horizon(table: Table) -> None:
    table.put("early")
    table.consume(StartingPosition="LATEST")
    latest = table.function
    table.consume()
    table.put("later")
    assert table.ids() == ["early", "later"]
    table.function = latest
    assert table.ids() == ["later"]


def test_latest_is_where_the_mapping_began_however_long_nothing_came(table: Table) -> None:
    table.put("early")
    table.penstock.advance(2)  # records tell their time in seconds
    table.consume(StartingPosition="LATEST")
    table.penstock.advance(3600)  # the iterator has expired
    table.put("later")
    assert table.ids() == ["later"]


def test_filters_see_the_record(table: Table) -> None:
    patterns = [{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["x"]}}}}]
    table.consume(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]})
    table.put("a", kind={"S": "x"})
    table.put("b", kind={"S": "y"})
    table.put("a", kind={"S": "x"}, changed={"BOOL": True})
    table.penstock.settle()
    assert table.ids() == ["a"]


def test_what_is_given_up_is_told_to_the_second(table: Table) -> None:
    url = table.sqs.create_queue(QueueName=table.name)["QueueUrl"]
    destination = {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:000000000000:{table.name}"}}
    table.put("good")
    table.put("bad")
    table.consume(MaximumRetryAttempts=0, BisectBatchOnFunctionError=True, DestinationConfig=destination)
    table.penstock.settle()
    [message] = table.sqs.receive_message(QueueUrl=url)["Messages"]
    letter = json.loads(message["Body"])
    info = letter["DDBStreamBatchInfo"]
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert (info["streamArn"], info["batchSize"]) == (table.arn, 1)
    assert info["shardId"].startswith("shardId-")
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    assert len(info["approximateArrivalOfFirstRecord"]) == len("2019-11-14T00:13:19Z")


def test_shards_that_roll_are_followed(table: Table) -> None:
    table.consume()
    for id in ("first", "second", "third"):
        table.put(id)
        table.penstock.settle()
        table.penstock.advance(4 * 3600)
    table.put("last")
    assert table.ids() == ["first", "second", "third", "last"]


def test_items_that_expire_say_who_deleted_them(table: Table) -> None:
    table.dynamodb.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    criteria = {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}
    table.consume(FilterCriteria={"Filters": [{"Pattern": json.dumps(criteria)}]})
    table.put("a", until={"N": str(int(table.penstock.now()) + 10)})
    table.penstock.advance(3600)
    [event] = table.events()
    assert event["Records"][0]["eventName"] == "REMOVE"

"""Tables with streams, and what they hold."""

from collections.abc import Callable
from typing import Any

import pytest

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]
HOUR = 3600


class Streamed:
    """A table with the partition key `pk` (S) and a stream, read from its beginning."""

    def __init__(self, client: Callable[..., Any], name: str, view_type: str) -> None:
        self.dynamodb, self.streams = client("dynamodb"), client("dynamodbstreams")
        self.name = name
        made = self.dynamodb.create_table(
            TableName=name,
            KeySchema=KEYS,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view_type},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, pk: str, **attributes: str) -> None:
        item = {"pk": {"S": pk}, **{name: {"N": value} for name, value in attributes.items()}}
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def delete(self, pk: str) -> None:
        self.dynamodb.delete_item(TableName=self.name, Key={"pk": {"S": pk}})

    def shards(self) -> list[dict[str, Any]]:
        return self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = -1, **more: str) -> str:
        shard_id = self.shards()[shard]["ShardId"]
        return self.streams.get_shard_iterator(StreamArn=self.arn, ShardId=shard_id, ShardIteratorType=kind, **more)[
            "ShardIterator"
        ]

    def read(self, shard: int = -1) -> list[dict[str, Any]]:
        return self.streams.get_records(ShardIterator=self.iterator(shard=shard))["Records"]


@pytest.fixture
def make(client: Callable[..., Any], unique: str) -> Callable[..., Streamed]:
    """`make("KEYS_ONLY")`: a table whose stream shows that."""

    def table(view_type: str = "NEW_AND_OLD_IMAGES", suffix: str = "") -> Streamed:
        return Streamed(client, unique + suffix, view_type)

    return table


@pytest.fixture
def streamed(make: Callable[..., Streamed]) -> Streamed:
    return make()


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]

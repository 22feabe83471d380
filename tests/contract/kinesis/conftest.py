"""Streams to test with, and what tests ask of them again and again."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime


class Kinesis:
    """The client, with shorthands."""

    def __init__(self, penstock: TestRuntime, client: Any, prefix: str) -> None:
        self.client = client
        self.penstock = penstock
        self._prefix = prefix
        self._made = 0

    def stream(self, shards: int = 1, **given: Any) -> str:
        """The name of a new stream."""
        self._made += 1
        name = f"{self._prefix}-{self._made}"
        count = {} if "StreamModeDetails" in given else {"ShardCount": shards}
        self.client.create_stream(StreamName=name, **count, **given)
        return name

    def arn(self, name: str) -> str:
        return f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"

    def put(self, name: str, data: bytes | str = b"x", key: str = "k", **given: Any) -> dict[str, Any]:
        return self.client.put_record(StreamName=name, Data=data, PartitionKey=key, **given)

    def put_all(self, name: str, *data: bytes) -> list[dict[str, Any]]:
        records = [{"Data": item, "PartitionKey": "k"} for item in data]
        return self.client.put_records(StreamName=name, Records=records)["Records"]

    def iterator(self, name: str, kind: str = "TRIM_HORIZON", shard: str = "0", **given: Any) -> str:
        found = self.client.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **given)
        return found["ShardIterator"]

    def read(self, name: str, kind: str = "TRIM_HORIZON", shard: str = "0", **given: Any) -> list[bytes]:
        """The data of what one GetRecords gives from there on."""
        found = self.client.get_records(ShardIterator=self.iterator(name, kind, shard, **given))
        return [record["Data"] for record in found["Records"]]

    def shards(self, name: str, **given: Any) -> list[dict[str, Any]]:
        return self.client.list_shards(StreamName=name, **given)["Shards"]

    def summary(self, name: str) -> dict[str, Any]:
        return self.client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """The code and message with which an operation is refused."""
        with pytest.raises(ClientError) as refusal:
            getattr(self.client, operation)(**request)
        error = refusal.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture
def kinesis(penstock: TestRuntime, client: Callable[..., Any], unique: str) -> Kinesis:
    return Kinesis(penstock, client("kinesis"), unique)

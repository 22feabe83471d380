"""kill -9 in the middle of writes: an item and its stream records are there together, or neither is."""

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.conftest import Cli

TABLE, DATA = "survivor", "survivor-data"
WRITERS, KEYS = 4, 12
Items = dict[str, dict[str, Any]]


def clients(cli: Cli) -> Callable[[str], Any]:
    port = json.loads((cli.data / "runtime.json").read_text())["port"]
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return lambda service: session.client(service, endpoint_url=f"http://127.0.0.1:{port}", config=config)


class Burst:
    """Writers that write until nobody answers; `enough` is set after some writes, `acknowledged` what was answered."""

    def __init__(self) -> None:
        self.enough = threading.Event()
        self.acknowledged: dict[str, int] = {}
        self._left = random.randrange(50, 400)

    def write(self, client: Any, writer: int) -> None:
        """Pairs of items, of which each is always written with the number of the other."""
        for number in itertools.count(1):
            pk = f"{writer}-{random.randrange(KEYS)}"
            items = [{"pk": {"S": name}, "n": {"N": str(number)}} for name in (pk, f"{pk}+")]
            try:
                client.transact_write_items(
                    TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in items]
                )
            except (BotoCoreError, ClientError):
                return
            self.acknowledged[pk] = number
            self._left -= 1
            if self._left <= 0:
                self.enough.set()


def stream_records(streams: Any) -> Iterator[dict[str, Any]]:
    [stream] = streams.list_streams(TableName=TABLE)["Streams"]
    arn = stream["StreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        found = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator = found["ShardIterator"]
        while page := streams.get_records(ShardIterator=iterator):
            yield from page["Records"]
            if not page["Records"]:
                break
            iterator = page["NextShardIterator"]


def kinesis_records(kinesis: Any) -> Iterator[dict[str, Any]]:
    for shard in kinesis.list_shards(StreamName=DATA)["Shards"]:
        found = kinesis.get_shard_iterator(StreamName=DATA, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator = found["ShardIterator"]
        while page := kinesis.get_records(ShardIterator=iterator):
            yield from (json.loads(record["Data"]) for record in page["Records"])
            if not page["Records"]:
                break
            iterator = page["NextShardIterator"]


def replayed(records: Iterator[dict[str, Any]]) -> Items:
    """The table that the records lead to; each is held against what the ones before it left."""
    items: Items = {}
    for record in records:
        change = record["dynamodb"]
        pk = change["Keys"]["pk"]["S"]
        assert change.get("OldImage") == items.get(pk), record
        items[pk] = change["NewImage"]
    return items


def test_an_item_and_its_records_are_never_apart(cli: Cli, tmp_path: Path) -> None:
    template = tmp_path / "survivor.template.json"
    template.write_text(json.dumps({"Resources": {"Topic": {"Type": "AWS::SQS::Queue"}}}))
    cli("up", "--detach", "--port", "0", template)
    client = clients(cli)
    client("kinesis").create_stream(StreamName=DATA, ShardCount=2)
    arn = client("kinesis").describe_stream_summary(StreamName=DATA)["StreamDescriptionSummary"]["StreamARN"]
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.enable_kinesis_streaming_destination(TableName=TABLE, StreamArn=arn)
    for _ in range(3):
        burst = Burst()
        with ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(burst.write, client("dynamodb"), writer) for writer in range(WRITERS)]
            assert burst.enough.wait(60)
            cli.kill()
            for one in writing:
                one.result()
        cli("up", "--detach", template)
        client = clients(cli)
        pages = client("dynamodb").get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        items = {item["pk"]["S"]: item for page in pages for item in page["Items"]}
        assert replayed(stream_records(client("dynamodbstreams"))) == items
        assert replayed(kinesis_records(client("kinesis"))) == items
        assert all(items[f"{pk}+"]["n"] == item["n"] for pk, item in items.items() if not pk.endswith("+"))
        lost = {pk: number for pk, number in burst.acknowledged.items() if int(items[pk]["n"]["N"]) < number}
        assert lost == {}

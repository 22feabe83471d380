"""Two shards, one of them with a poison record: the other keeps its pace, bisecting isolates the poison, its place is
told, and everything else is applied in the order of its key. Also across kill -9 at twenty random moments.

The consumer is idempotent: it applies a number of a key only if it is greater than the last, in one conditional write.
So whatever is lost, or comes after what follows it, is missing from the list that it leaves; what it applied twice
would stand in the list twice.
"""

import io
import json
import random
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError

from penstock.call import Config
from penstock.testing import TestRuntime, running

KILLS, LONGEST = 20, 0.4  # seconds until a runtime is killed
KEYS = [f"key-{number}" for number in range(6)]
POISON = 3
ROLE = "arn:aws:iam::000000000000:role/consumer"
ACCOUNT = "us-east-1:000000000000"
RUNTIME = """
import asyncio, sys
from pathlib import Path
from penstock.call import Config
from penstock.runtime import Runtime

async def main():
    async with Runtime(Config(data=Path(sys.argv[1]), port=int(sys.argv[2]))) as runtime:
        print(runtime.config.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
CONSUMER = """
import base64, json
import boto3

table = boto3.resource("dynamodb").Table("applied")

def handler(event, context):
    for record in event["Records"]:
        said = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if said.get("poison"):
            raise ValueError("poison")
        try:
            table.update_item(
                Key={"key": said["key"]},
                UpdateExpression="SET numbers = list_append(if_not_exists(numbers, :none), :one), #l = :n",
                ConditionExpression="attribute_not_exists(#l) OR #l < :n",
                ExpressionAttributeNames={"#l": "last"},
                ExpressionAttributeValues={":none": [], ":one": [said["n"]], ":n": said["n"]},
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            pass
"""


class Shop:
    """A stream of two shards, its consumer, and what the consumer has left."""

    def __init__(self, endpoint: str) -> None:
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        once = BotoConfig(retries={"total_max_attempts": 1})

        def client(service: str) -> Any:
            return boto3.client(service, endpoint_url=endpoint, config=once, **secret)

        self.kinesis, self.dynamodb, self.sqs = client("kinesis"), client("dynamodb"), client("sqs")
        self._lambda = client("lambda")
        self._next = dict.fromkeys(KEYS, 0)

    def build(self, **settings: Any) -> None:
        self.kinesis.create_stream(StreamName="numbers", ShardCount=2)
        self.dynamodb.create_table(
            TableName="applied",
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.sqs.create_queue(QueueName="failed")
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", CONSUMER)
        self._lambda.create_function(
            FunctionName="consumer",
            Runtime="python3.12",
            Handler="app.handler",
            Role=ROLE,
            Timeout=30,
            Code={"ZipFile": code.getvalue()},
        )
        self._lambda.create_event_source_mapping(
            FunctionName="consumer",
            EventSourceArn=f"arn:aws:kinesis:{ACCOUNT}:stream/numbers",
            StartingPosition="LATEST",
            BisectBatchOnFunctionError=True,
            DestinationConfig={"OnFailure": {"Destination": f"arn:aws:sqs:{ACCOUNT}:failed"}},
            **settings,
        )

    def put(self, key: str, **more: Any) -> Any:
        """PutRecord's answer for the key's next number, which is used up when it is acknowledged."""
        data = json.dumps({"key": key, "n": self._next[key], **more}).encode()
        answer = self.kinesis.put_record(StreamName="numbers", Data=data, PartitionKey=key)
        self._next[key] += 1
        return answer

    def put_poison(self) -> Any:
        """Among numbers of its key, which are 0 to 5."""
        answers = [self.put(KEYS[0], **({"poison": True} if n == POISON else {})) for n in range(6)]
        return answers[POISON]

    @property
    def expected(self) -> dict[str, list[int]]:
        numbers = {key: list(range(count)) for key, count in self._next.items()}
        numbers[KEYS[0]].remove(POISON)
        return numbers

    def applied(self) -> dict[str, list[int]]:
        items = self.dynamodb.scan(TableName="applied")["Items"]
        return {item["key"]["S"]: [int(number["N"]) for number in item["numbers"]["L"]] for item in items}

    def letters(self) -> list[Any]:
        url = self.sqs.get_queue_url(QueueName="failed")["QueueUrl"]
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


def is_told(letters: list[Any], poison: Any) -> None:
    """Of the poison, of it alone, and once."""
    [letter] = letters
    info = letter["KinesisBatchInfo"]
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert (info["shardId"], info["batchSize"]) == (poison["ShardId"], 1)
    assert info["startSequenceNumber"] == info["endSequenceNumber"] == poison["SequenceNumber"]


def test_a_poison_record_blocks_its_shard_until_it_is_given_up() -> None:
    with running() as runtime:
        shop = Shop(runtime.endpoint)
        shop.build(MaximumRetryAttempts=4, BatchSize=10)
        poison = shop.put_poison()
        neighbour = next(key for key in KEYS if shop.put(key)["ShardId"] != poison["ShardId"])
        for _ in range(20):
            shop.put(neighbour)
            shop.put(KEYS[0])
        runtime.settle()
        assert shop.applied()[neighbour] == shop.expected[neighbour]
        assert shop.applied()[KEYS[0]] == list(range(POISON))
        assert shop.letters() == []
        runtime.advance(20)  # the pauses before four retries are fifteen seconds
        is_told(shop.letters(), poison)
        assert {key: shop.applied().get(key, []) for key in KEYS} == shop.expected


class Process:
    """A runtime that is killed; it comes back on the same port."""

    def __init__(self, data: Path) -> None:
        self._data, self._port = data, 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Its endpoint."""
        command = [sys.executable, "-c", RUNTIME, str(self._data), str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return f"http://127.0.0.1:{self._port}"

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)


def test_nothing_is_lost_and_nothing_applied_twice_across_twenty_kills(tmp_path: Path) -> None:
    process = Process(tmp_path / "data")
    shop = Shop(process.start())
    shop.build(MaximumRetryAttempts=2, BatchSize=5, ParallelizationFactor=2)
    poison = shop.put_poison()
    for turn in range(KILLS):
        if turn:
            process.start()
        put_until_it_dies(shop, process, at_work=turn % 3 == 0)
    with running(Config(data=tmp_path / "data", port=0)) as runtime:
        check_all(runtime, shop, poison)


def put_until_it_dies(shop: Shop, process: Process, at_work: bool) -> None:
    """Kills the runtime at a random moment from its start on, or from when the consumer was seen `at_work`.

    What is not acknowledged is put again, so that the stream may hold it twice.
    """
    before, end = shop.applied(), threading.Timer(random.uniform(0, LONGEST), process.kill)
    try:
        while True:
            if not end.ident and (not at_work or shop.applied() != before):
                end.start()
            shop.put(random.choice(KEYS))
    except BotoCoreError:
        end.join()


def check_all(runtime: TestRuntime, shop: Shop, poison: Any) -> None:
    after = Shop(runtime.endpoint)
    runtime.settle()
    runtime.advance(60)
    applied, expected = after.applied(), shop.expected
    # A number that was not acknowledged is either there, as the last of its key, or not.
    assert {key: applied[key][: len(expected[key])] for key in KEYS} == expected
    assert all(len(applied[key]) <= len(expected[key]) + 1 for key in KEYS)
    is_told(after.letters(), poison)

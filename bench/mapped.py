"""From PutRecord until the mapped function has the record, by the clock of the machine that both read."""

import io
import statistics
import time
import zipfile

from bench.peers import Server

LATENCY = "record to mapped function, p50"

# Notes for each record how long ago it was sent.
_CONSUMER = """
import base64, json, time
import boto3

sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName="bench-mapped")["QueueUrl"]

def handler(event, context):
    now = time.time()
    for record in event["Records"]:
        sent = float(base64.b64decode(record["kinesis"]["data"]))
        sqs.send_message(QueueUrl=url, MessageBody=str((now - sent) * 1000))
"""
_ROLE = "arn:aws:iam::000000000000:role/bench"
_COUNTS = {"penstock": 200, "ministack": 10}  # a peer that polls each second needs no more to be known


def measure(server: Server) -> dict[str, float]:
    """Milliseconds, one record after the other."""
    url = _provision(server)
    kinesis, sqs = server.client("kinesis"), server.client("sqs")

    def through() -> float:
        kinesis.put_record(StreamName="bench-mapped", Data=str(time.time()).encode(), PartitionKey="k")
        while not (found := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages")):
            pass
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        return float(found[0]["Body"])

    through()  # warm
    return {LATENCY: statistics.median(through() for _ in range(_COUNTS[server.name]))}


def _provision(server: Server) -> str:
    """The URL of the queue that the consumer writes into."""
    url: str = server.client("sqs").create_queue(QueueName="bench-mapped")["QueueUrl"]
    kinesis, functions = server.client("kinesis"), server.client("lambda")
    kinesis.create_stream(StreamName="bench-mapped", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="bench-mapped")
    arn = kinesis.describe_stream_summary(StreamName="bench-mapped")["StreamDescriptionSummary"]["StreamARN"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", _CONSUMER)
    settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": _ROLE, "Timeout": 30}
    functions.create_function(FunctionName="bench-mapped", Code={"ZipFile": code.getvalue()}, **settings)
    functions.create_event_source_mapping(
        FunctionName="bench-mapped", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=1
    )
    return url

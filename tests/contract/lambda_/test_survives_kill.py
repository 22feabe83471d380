"""What was acknowledged survives `kill -9`: events of asynchronous invocations, and messages of a mapping."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from penstock.call import Config
from penstock.testing import running

from .conftest import ROLE, zipped

RUNTIME = """
import asyncio, sys
from pathlib import Path
from penstock.call import Config
from penstock.runtime import Runtime

async def main():
    async with Runtime(Config(data=Path(sys.argv[1]), port=0)) as runtime:
        print(runtime.config.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
# Each event leaves a file, after a while.
WORKER = """
import json, pathlib, time
def handler(event, context):
    time.sleep(0.02)
    for name in ([r["body"] for r in event["Records"]] if "Records" in event else [event["name"]]):
        pathlib.Path({place!r}, name).touch()
"""
COUNT = 60


def clients(port: int) -> tuple[Any, Any]:
    key = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    where = f"http://127.0.0.1:{port}"
    return boto3.client("lambda", endpoint_url=where, **key), boto3.client("sqs", endpoint_url=where, **key)


@pytest.mark.parametrize("way", ["event", "queue"])
def test_every_acknowledged_event_is_processed(tmp_path: Path, way: str) -> None:
    place, data = tmp_path / "done", tmp_path / "data"
    place.mkdir()
    process = subprocess.Popen([sys.executable, "-c", RUNTIME, str(data)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lam, sqs = clients(int(process.stdout.readline()))
    code = {"ZipFile": zipped(WORKER.format(place=str(place)))}
    lam.create_function(FunctionName="w", Runtime="python3.12", Handler="app.handler", Role=ROLE, Code=code)
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    lam.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q", FunctionName="w", BatchSize=2
    )
    for number in range(COUNT):
        if way == "event":
            lam.invoke(FunctionName="w", InvocationType="Event", Payload=f'{{"name": "{number}"}}')
        else:
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
    process.kill()
    process.communicate()
    finished = len(list(place.iterdir()))
    with running(Config(data=data, port=0)) as runtime:
        runtime.advance(10)
        runtime.settle()
    assert finished < COUNT
    assert len(list(place.iterdir())) == COUNT

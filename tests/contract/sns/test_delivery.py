"""What becomes of a message that a queue does not take, and what survives the end of the process."""

import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from tests.contract.endpoint import Endpoint
from tests.contract.sns.conftest import Queue

from penstock.base.errors import AwsError
from penstock.call import Config, Service
from penstock.services import sns as topics
from penstock.testing import running

Subscribe = Callable[..., str]
ACCOUNT = "arn:aws:sqs:us-east-1:000000000000"


def redrive(queue: Queue) -> str:
    return json.dumps({"deadLetterTargetArn": queue.arn})


def test_a_queue_that_is_gone(sns: Any, topic: str, make_queue: Callable[..., Queue], subscribe: Subscribe) -> None:
    queue, raw, dead = make_queue("queue"), make_queue("raw"), make_queue("dead")
    subscribe(topic, queue, RedrivePolicy=redrive(dead))
    subscribe(topic, raw, RedrivePolicy=redrive(dead), RawMessageDelivery="true")
    for each in (queue, raw):
        each.client.delete_queue(QueueUrl=each.url)
    attributes = {
        "attr1": {"DataType": "Number", "StringValue": "111"},
        "attr2": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }
    sns.publish(TopicArn=topic, Message="nobody there", MessageAttributes=attributes)
    as_it_is, enveloped = sorted(dead.messages, key=lambda message: len(message["Body"]))
    assert json.loads(enveloped["Body"])["MessageAttributes"].keys() == {"attr1", "attr2"}
    assert "MessageAttributes" not in enveloped
    assert (as_it_is["Body"], as_it_is["MessageAttributes"]) == ("nobody there", attributes)


def test_a_fifo_queue_that_is_gone(
    sns: Any, make_topic: Callable[..., str], make_queue: Callable[..., Queue], subscribe: Subscribe
) -> None:
    topic = make_topic(fifo=True)
    queue, dead = make_queue("queue", fifo=True), make_queue("dead", fifo=True)
    subscribe(topic, queue, RedrivePolicy=redrive(dead))
    queue.client.delete_queue(QueueUrl=queue.url)
    sns.publish(TopicArn=topic, Message="x", MessageGroupId="g", MessageDeduplicationId="d")
    [message] = dead.messages
    assert (message["Attributes"]["MessageGroupId"], message["Attributes"]["MessageDeduplicationId"]) == ("g", "d")


class Queues:
    """An SQS that fails as often as it is told, and then takes messages."""

    def __init__(self) -> None:
        self.failures = 0
        self.attempts = 0
        self.taken: list[str] = []

    def service(self) -> Service:
        def send_message(ctx: Any, request: dict[str, Any]) -> dict[str, Any]:
            self.attempts += 1
            if self.failures:
                self.failures -= 1
                raise AwsError("ServiceUnavailable", "not now", status=503)
            self.taken.append(request["MessageBody"])
            return {"MessageId": "m", "MD5OfMessageBody": "0"}

        module = types.ModuleType("queues")
        send_message.__module__ = module.__name__
        vars(module)["send_message"] = send_message
        return Service(name="sqs", operations=(module,))


def test_a_queue_that_is_down_for_a_while() -> None:
    """3 retries at once, 2 after a second each, then further and further apart."""
    queues = Queues()
    with running(services=(topics.SERVICE, queues.service())) as runtime:
        sns = runtime.client("sns")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{ACCOUNT}:q")
        queues.failures = 1000
        sns.publish(TopicArn=topic, Message="x")
        runtime.settle()
        attempts = []
        for seconds in (0.5, 1, 1, 90):
            runtime.advance(seconds)
            attempts.append(queues.attempts)
        assert attempts[:3] == [4, 5, 6]
        assert 10 <= attempts[3] <= 20
        queues.failures = 0
        runtime.advance(20)
        assert len(queues.taken) == 1


def test_a_group_keeps_its_order_while_its_queue_is_down() -> None:
    queues = Queues()
    with running(services=(topics.SERVICE, queues.service())) as runtime:
        sns = runtime.client("sns")
        topic = sns.create_topic(Name="t.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})[
            "TopicArn"
        ]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{ACCOUNT}:q.fifo", Attributes=raw)
        queues.failures = 7
        for number in range(3):
            sns.publish(TopicArn=topic, Message=f"a{number}", MessageGroupId="a")
        queues.failures = 0
        sns.publish(TopicArn=topic, Message="b0", MessageGroupId="b")
        assert queues.taken[0] == "b0"
        sns.publish(TopicArn=topic, Message="a3", MessageGroupId="a")
        runtime.advance(120)
        assert queues.taken == ["b0", "a0", "a1", "a2", "a3"]


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
CONFIG = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    """A message is in its queue, one whose endpoint was down reaches it after all, a duplicate is still known."""
    process = subprocess.Popen([sys.executable, "-c", RUNTIME, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    sns, sqs = (boto3.client(name, endpoint_url=url, **CONFIG) for name in ("sns", "sqs"))
    sqs.create_queue(QueueName="q")
    name, kind = "t.fifo", {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    once = {"TopicArn": sns.create_topic(Name=name, Attributes=kind)["TopicArn"], "MessageGroupId": "g"}
    sns.subscribe(TopicArn=once["TopicArn"], Protocol="sqs", Endpoint=f"{ACCOUNT}:q")
    topic = sns.create_topic(Name="t")["TopicArn"]
    endpoint = Endpoint()
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
    assert endpoint.heard.wait(10)
    sns.confirm_subscription(TopicArn=topic, Token=endpoint.asked[0].document["Token"])
    endpoint.kill()
    first = sns.publish(Message="kept", **once)
    sns.publish(TopicArn=topic, Message="later")
    process.kill()
    process.wait()
    again = Endpoint(endpoint.server_port)
    with running(Config(data=tmp_path, port=0)) as runtime:
        assert runtime.client("sns").publish(Message="kept", **once)["MessageId"] == first["MessageId"]
        queue = f"{runtime.endpoint}/000000000000/q"
        [message] = runtime.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert json.loads(message["Body"])["Message"] == "kept"
        runtime.advance(30)
        assert [asked.document["Message"] for asked in again.asked] == ["later"]
    again.kill()

"""Topics, queues that are subscribed to them, and what arrives there."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest


class Queue(NamedTuple):
    """`messages` are those that can be received now, deleted once received."""

    client: Any
    url: str
    arn: str

    @property
    def messages(self) -> list[Any]:
        found: list[Any] = []
        while True:
            answer = self.client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return found
            found += answer["Messages"]
            for message in answer["Messages"]:
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    @property
    def bodies(self) -> list[str]:
        return [message["Body"] for message in self.messages]

    @property
    def texts(self) -> list[str]:
        """The messages inside the envelopes."""
        return [json.loads(body)["Message"] for body in self.bodies]


@pytest.fixture
def sns(client: Callable[..., Any]) -> Any:
    return client("sns")


@pytest.fixture
def make_queue(client: Callable[..., Any], unique: str) -> Callable[..., Queue]:
    """`make_queue("orders", fifo=True, **attributes)`"""

    def make(name: str = "queue", fifo: bool = False, **attributes: str) -> Queue:
        sqs = client("sqs")
        kind = {"FifoQueue": "true", **attributes} if fifo else attributes
        url = sqs.create_queue(QueueName=f"{unique}-{name}{'.fifo' if fifo else ''}", Attributes=kind)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return Queue(sqs, url, arn)

    return make


@pytest.fixture
def queue(make_queue: Callable[..., Queue]) -> Queue:
    return make_queue()


@pytest.fixture
def make_topic(sns: Any, unique: str) -> Callable[..., str]:
    """`make_topic("orders", fifo=True, **attributes)`: its ARN."""

    def make(name: str = "topic", fifo: bool = False, **attributes: str) -> str:
        kind = {"FifoTopic": "true", **attributes} if fifo else attributes
        arn: str = sns.create_topic(Name=f"{unique}-{name}{'.fifo' if fifo else ''}", Attributes=kind)["TopicArn"]
        return arn

    return make


@pytest.fixture
def topic(make_topic: Callable[..., str]) -> str:
    return make_topic()


@pytest.fixture
def subscribe(sns: Any) -> Callable[..., str]:
    """`subscribe(topic, queue, **attributes)`: the subscription's ARN."""

    def make(topic: str, queue: Queue, **attributes: str) -> str:
        arn: str = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)[
            "SubscriptionArn"
        ]
        return arn

    return make

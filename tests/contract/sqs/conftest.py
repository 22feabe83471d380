"""Queues to test with, and what tests ask of them again and again."""

import asyncio
import http.client
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime


class Sqs:
    """The client, with shorthands."""

    def __init__(self, penstock: TestRuntime, client: Any, prefix: str) -> None:
        self.client = client
        self._penstock = penstock
        self._prefix = prefix
        self._made = 0

    def queue(self, **attributes: str) -> str:
        self._made += 1
        name = f"{self._prefix}-{self._made}" + (".fifo" if "FifoQueue" in attributes else "")
        return self.client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def fifo(self, **attributes: str) -> str:
        return self.queue(FifoQueue="true", **{"ContentBasedDeduplication": "true"} | attributes)

    def attributes(self, url: str, *names: str) -> dict[str, str]:
        found = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=names or ["All"])
        return found.get("Attributes", {})

    def arn(self, url: str) -> str:
        return self.attributes(url, "QueueArn")["QueueArn"]

    def counts(self, url: str) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        found = self.attributes(url)
        names = ("", "NotVisible", "Delayed")
        return tuple(int(found[f"ApproximateNumberOfMessages{name}"]) for name in names)  # type: ignore[return-value]

    def send(self, url: str, *bodies: str, **members: Any) -> None:
        for body in bodies:
            self.client.send_message(QueueUrl=url, MessageBody=body, **members)

    def receive(self, url: str, limit: int = 10, **members: Any) -> list[dict[str, Any]]:
        return self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=limit, **members).get("Messages", [])

    def bodies(self, url: str, limit: int = 10, **members: Any) -> list[str]:
        return [message["Body"] for message in self.receive(url, limit, **members)]

    def poll(self, url: str, **members: Any) -> "Poll":
        """A receive that waits, in a thread; it is waiting when this returns."""
        poll = Poll(lambda: self.receive(url, **members))
        self._penstock.run(self._until_waiting(url))
        return poll

    async def _until_waiting(self, url: str) -> None:
        queues = self._penstock.runtime.kernel.states["sqs"].queues
        queue = next(queue for queue in queues.values() if url.endswith(f"/{queue.account}/{queue.name}"))
        while not queue.bell.listeners:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a turn of the loop


class Poll(threading.Thread):
    def __init__(self, work: Callable[[], list[dict[str, Any]]]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._messages: list[dict[str, Any]] | Exception = []
        self.start()

    def run(self) -> None:
        try:
            self._messages = self._work()
        except Exception as error:
            self._messages = error

    def bodies(self) -> list[str]:
        self.join(30)
        assert not self.is_alive()
        if isinstance(self._messages, Exception):
            raise self._messages
        return [message["Body"] for message in self._messages]


@pytest.fixture
def sqs(penstock: TestRuntime, client: Callable[..., Any], unique: str) -> Sqs:
    return Sqs(penstock, client("sqs"), unique)


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """`refused(operation, **members)`: the error that it is answered with."""

    def call(operation: Callable[..., Any], **members: Any) -> dict[str, Any]:
        with pytest.raises(ClientError) as error:
            operation(**members)
        return error.value.response["Error"]

    return call


@pytest.fixture
def query(penstock: TestRuntime) -> Callable[..., tuple[int, str]]:
    """`query(path, **parameters)`: a request of the query protocol; its status and body."""

    def send(path: str, method: str = "POST", region: str = "", **parameters: str) -> tuple[int, str]:
        text = urllib.parse.urlencode(parameters)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if region:
            scope = f"Credential=000000000000/20261121/{region}/sqs/aws4_request"
            headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
        connection = http.client.HTTPConnection("127.0.0.1", penstock.runtime.config.port, timeout=30)
        if method == "GET":
            connection.request("GET", f"{path}?{text}", headers=headers)
        else:
            connection.request("POST", path, text, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    return send

"""Topics over raw HTTP: Publish to one subscribed queue, and from Publish until three queues can give the message."""

import http.client
import json
import statistics
import time
from typing import Any
from urllib.parse import urlencode

from bench import load
from bench.peers import Server

PUBLISH = "Publish to a queue, raw HTTP, 16 connections"
FAN_OUT = "Publish until receivable in 3 queues, p50"

_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"
_HEADERS = {"Authorization": _AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


# A server's requests: as many as it answers in a few seconds.
_COUNTS = {"penstock": 30_000, "ministack": 6_000, "moto": 1_000}


def measure(server: Server) -> dict[str, float]:
    return {PUBLISH: publish(server, _COUNTS[server.name]), FAN_OUT: fan_out(server)}


def publish(server: Server, count: int) -> float:
    """Messages of 200 bytes a second into one queue, in the envelope that is the default."""
    topic, _ = _subscribed(server, "bench-publish", 1)
    form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": "x" * 200}
    message = load.request(server.port, urlencode(form).encode(), _HEADERS)
    if server.name == "moto":
        return load.drive_reconnecting(server.port, [message], count)
    load.drive(server.port, [message], count // 10)  # warm
    return load.drive(server.port, [message], count).rate


def fan_out(server: Server, count: int = 300) -> float:
    """Milliseconds from Publish until each of the queues has given the message, one message after the other."""
    topic, urls = _subscribed(server, "bench-fan-out", 3)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    form = urlencode({"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": "x" * 200})
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        _ask(connection, form, _HEADERS)
        found = [_sqs(connection, "ReceiveMessage", url, WaitTimeSeconds=5)["Messages"] for url in urls]
        taken.append((time.perf_counter() - start) * 1000)
        for url, [message] in zip(urls, found, strict=True):
            _sqs(connection, "DeleteMessage", url, ReceiptHandle=message["ReceiptHandle"])
    return statistics.median(taken)


def _sqs(connection: http.client.HTTPConnection, operation: str, url: str, **members: Any) -> Any:
    headers = {
        "Authorization": _AUTHORIZATION.replace("/sns/", "/sqs/"),
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{operation}",
    }
    return json.loads(_ask(connection, json.dumps({"QueueUrl": url, **members}), headers) or b"{}")


def _ask(connection: http.client.HTTPConnection, body: str, headers: dict[str, str]) -> bytes:
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"not accepted: {answer[:200]!r}")
    return answer


def _subscribed(server: Server, name: str, queues: int) -> tuple[str, list[str]]:
    """A topic, and the URLs of queues that are subscribed to it."""
    sns, sqs = server.client("sns"), server.client("sqs")
    topic: str = sns.create_topic(Name=name)["TopicArn"]
    urls = [sqs.create_queue(QueueName=f"{name}-{number}")["QueueUrl"] for number in range(queues)]
    for url in urls:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    return topic, urls

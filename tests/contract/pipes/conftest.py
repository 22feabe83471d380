"""Queues, functions and pipes of the test's own."""

import io
import json
import textwrap
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ..endpoint import Endpoint

Make = Callable[..., Any]
ROLE = "arn:aws:iam::000000000000:role/pipe"


@pytest.fixture(scope="session")
def pipes(client: Make) -> Any:
    return client("pipes")


@pytest.fixture(scope="session")
def sqs(client: Make) -> Any:
    return client("sqs")


@pytest.fixture(scope="session")
def advance(penstock: Any) -> Make:
    return penstock.advance


@pytest.fixture(scope="session")
def settle(penstock: Any) -> Make:
    return penstock.settle


@pytest.fixture
def source(queue: Make) -> tuple[str, str]:
    """The queue that the test's pipe reads; what fails comes back after 30 s, twice."""
    dead = queue("dead")[1]
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "2"})
    made: tuple[str, str] = queue("source", RedrivePolicy=redrive)
    return made


@pytest.fixture
def send(sqs: Any, source: tuple[str, str]) -> Make:
    """`send({"a": 1}, {"a": 2})`: messages for the pipe; their ids."""

    def put(*bodies: Any) -> list[str]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return [sqs.send_message(QueueUrl=source[0], MessageBody=text)["MessageId"] for text in texts]

    return put


@pytest.fixture
def pipe(pipes: Any, unique: str, source: tuple[str, str]) -> Make:
    """`pipe(target_arn, **settings)`: the test's pipe; its name."""

    def make(target: str, **settings: Any) -> str:
        request = {"Name": unique, "Source": source[1], "Target": target, "RoleArn": ROLE, **settings}
        pipes.create_pipe(**request)
        return unique

    return make


@pytest.fixture
def bodies(sqs: Any) -> Make:
    """`bodies(url)`: what the messages there say, each shown once."""

    def read(url: str) -> list[str]:
        found: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    return read


@pytest.fixture
def left(sqs: Any, source: tuple[str, str]) -> Make:
    """`left()`: messages in the source, visible or not."""

    def count() -> int:
        found = sqs.get_queue_attributes(QueueUrl=source[0], AttributeNames=["All"])["Attributes"]
        return sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible"))

    return count


@pytest.fixture
def function(client: Make, unique: str) -> Make:
    """`function(source)`: the ARN of a function."""
    made = 0

    def make(text: str) -> str:
        nonlocal made
        made += 1
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("app.py", textwrap.dedent(text))
        answer = client("lambda").create_function(
            FunctionName=f"{unique}-{made}",
            Runtime="python3.12",
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": buffer.getvalue()},
        )
        return str(answer["FunctionArn"])

    return make


@pytest.fixture
def endpoint() -> Any:
    made = Endpoint()
    yield made
    made.kill()


@pytest.fixture
def destination(client: Make, unique: str) -> Make:
    """`destination(url)`: the ARN of an API destination there."""

    def make(url: str, **settings: Any) -> str:
        events = client("events")
        auth = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "v"}}
        connection = events.create_connection(Name=unique, AuthorizationType="API_KEY", AuthParameters=auth)
        request = {"Name": unique, "HttpMethod": "POST", "InvocationEndpoint": url, **settings}
        return str(
            events.create_api_destination(ConnectionArn=connection["ConnectionArn"], **request)["ApiDestinationArn"]
        )

    return make


@pytest.fixture
def target(queue: Make) -> Any:
    return queue("target")


@pytest.fixture
def dead(sqs: Any, unique: str) -> Make:
    """`dead()`: bodies in the source's dead-letter queue."""

    def read() -> list[str]:
        url = sqs.get_queue_url(QueueName=f"{unique}-dead")["QueueUrl"]
        return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]

    return read


@pytest.fixture
def numbers(bodies: Make, target: tuple[str, str]) -> Make:
    """`numbers()`: what arrived in the target."""
    return lambda: sorted(json.loads(body) for body in bodies(target[0]))

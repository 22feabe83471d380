"""The construct EventProxy against a receiver that does what each event's detail asks of it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import TestRuntime

APP = Path(__file__).parent / "apps" / "event_proxy" / "app.py"
TRACE = "Root=1-6b000000-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"


class Receiver(ThreadingHTTPServer):
    """Answers with the detail's `status`, one of them for each time it is asked; 0 breaks off. Remembers who came."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.received: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.asked: dict[str, int] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def of(self, name: str) -> list[tuple[str, dict[str, Any], dict[str, str]]]:
        return [each for each in self.received if each[1]["detail"]["name"] == name]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
        time = self.server.asked.get(body["detail"]["name"], 0)
        self.server.asked[body["detail"]["name"]] = time + 1
        statuses = body["detail"]["status"]
        if status := statuses[min(time, len(statuses) - 1)]:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(f"answer {status}\x01".encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.end()


@pytest.fixture(scope="module")
def proxies(penstock: TestRuntime, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> TestRuntime:
    app = tmp_path_factory.mktemp("proxies")
    context = {"receiver": f"http://127.0.0.1:{receiver.server_port}"}
    (app / "cdk.json").write_text(json.dumps({"app": f"python {APP}", "context": context}))
    return penstock.up(app)


def publish(proxies: TestRuntime, name: str, *status: int, source: str = "one", **more: Any) -> str:
    """The id of an event that the receiver will answer like this, time after time. `more` of its detail."""
    detail = json.dumps({"name": name, "status": status, **more})
    entry = {"EventBusName": "proxied", "Source": source, "DetailType": "t", "Detail": detail, "TraceHeader": TRACE}
    answer = proxies.client("events").put_events(Entries=[entry])
    proxies.settle()
    event_id: str = answer["Entries"][0]["EventId"]
    return event_id


def waiting(proxies: TestRuntime, queue: str = "proxy-one") -> tuple[int, int, int]:
    """How many messages a queue holds: visible, in flight, delayed."""
    sqs = proxies.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    suffixes = ("", "NotVisible", "Delayed")
    visible, in_flight, delayed = (int(attributes[f"ApproximateNumberOfMessages{suffix}"]) for suffix in suffixes)
    return visible, in_flight, delayed


def dead_letters(proxies: TestRuntime, queue: str = "proxy-oneDeadLetter") -> list[tuple[str, dict[str, str]]]:
    """(name, attributes) of what is there; taken out, so that each test sees its own."""
    sqs = proxies.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [
        (
            json.loads(message["Body"])["detail"]["name"],
            {name: value["StringValue"] for name, value in message["MessageAttributes"].items()},
        )
        for message in found
    ]


def test_an_event_arrives_as_eventbridge_sent_it(proxies: TestRuntime, receiver: Receiver, unique: str) -> None:
    event_id = publish(proxies, unique, 200)
    [(path, body, headers)] = receiver.of(unique)
    assert (path, body["id"], body["source"], body["detail-type"]) == ("/one?from=proxy", event_id, "one", "t")
    assert headers["idempotency-key"] == event_id
    assert headers["x-amzn-trace-id"].startswith("Root=1-6b000000-0123456789abcdef01234567")
    assert headers["traceparent"].startswith("00-6b0000000123456789abcdef01234567-")
    assert "x-correlation-id" not in headers
    assert waiting(proxies) == (0, 0, 0)


@pytest.mark.parametrize(("given", "sent"), [("a-1", "a-1"), ("a\nb: c", None), (7, None), ("x" * 129, None)])
def test_a_correlation_id_goes_along(
    proxies: TestRuntime, receiver: Receiver, unique: str, given: object, sent: str | None
) -> None:
    publish(proxies, unique, 200, metadata={"correlationId": given})
    [(_, _, headers)] = receiver.of(unique)
    assert headers.get("x-correlation-id") == sent


def test_each_proxy_forwards_its_own(proxies: TestRuntime, receiver: Receiver, unique: str) -> None:
    publish(proxies, unique, 200, source="two")
    assert [path for path, _, _ in receiver.of(unique)] == ["/two?from=proxy"]


@pytest.mark.parametrize("status", [400, 404, 422, 302])
def test_what_is_refused_is_a_dead_letter_at_once(
    proxies: TestRuntime, receiver: Receiver, unique: str, status: int
) -> None:
    publish(proxies, unique, status)
    [(name, attributes)] = dead_letters(proxies)
    assert (name, attributes["ERROR_CODE"], attributes["RECEIVER_STATUS"]) == (unique, "Refused", str(status))
    assert attributes["RECEIVER_ANSWER"] == f"answer {status}\ufffd"
    assert waiting(proxies) == (0, 0, 0)
    assert len(receiver.of(unique)) == 1


def test_a_receiver_that_fails_once_is_asked_again(proxies: TestRuntime, receiver: Receiver, unique: str) -> None:
    publish(proxies, unique, 500, 200)
    assert waiting(proxies) == (0, 1, 0)
    proxies.advance(60)
    assert len(receiver.of(unique)) == 2
    assert (waiting(proxies), dead_letters(proxies)) == ((0, 0, 0), [])


@pytest.mark.parametrize("status", [500, 0])
def test_what_fails_twice_is_a_dead_letter_with_the_last_answer(
    proxies: TestRuntime, receiver: Receiver, unique: str, status: int
) -> None:
    publish(proxies, unique, status)
    proxies.advance(60)
    [(name, attributes)] = dead_letters(proxies)
    assert (name, attributes["ERROR_CODE"], attributes["RECEIVER_STATUS"]) == (unique, "Failed", str(status))
    assert ("answer 500" if status else "RemoteDisconnected") in attributes["RECEIVER_ANSWER"]
    assert len(receiver.of(unique)) == 2
    assert waiting(proxies) == (0, 0, 0)


@pytest.mark.parametrize("status", [429, 503])
def test_not_now_is_no_failure_of_the_event(proxies: TestRuntime, receiver: Receiver, unique: str, status: int) -> None:
    publish(proxies, unique, status, status, status, status, 200)
    for _ in range(3):
        assert waiting(proxies) == (0, 0, 1)
        proxies.advance(60)
    proxies.advance(60)
    keys = [headers["idempotency-key"] for _, _, headers in receiver.of(unique)]
    assert (len(keys), len(set(keys))) == (5, 1)
    assert (waiting(proxies), dead_letters(proxies)) == ((0, 0, 0), [])


def test_a_poisonous_event_holds_up_nobody(proxies: TestRuntime, receiver: Receiver, unique: str) -> None:
    for number, status in enumerate([200, 400, 500, 200]):
        publish(proxies, f"{unique}-{number}", status)
    proxies.advance(60)
    assert [name for name, _ in dead_letters(proxies)] == [f"{unique}-1", f"{unique}-2"]
    assert [len(receiver.of(f"{unique}-{number}")) for number in range(4)] == [1, 1, 2, 1]
    assert waiting(proxies) == (0, 0, 0)


def test_events_wait_for_as_long_as_the_receiver_is_away(proxies: TestRuntime, receiver: Receiver, unique: str) -> None:
    port = receiver.server_port
    receiver.end()
    for number in range(20):
        publish(proxies, f"{unique}-{number}", 200)
    proxies.advance(610)
    proxies.settle()
    assert sum(waiting(proxies)) == 20
    back = Receiver(port)
    proxies.advance(60)
    proxies.settle()
    back.end()
    assert sorted(body["detail"]["name"] for _, body, _ in back.received) == sorted(
        f"{unique}-{number}" for number in range(20)
    )
    assert (waiting(proxies), dead_letters(proxies)) == ((0, 0, 0), [])

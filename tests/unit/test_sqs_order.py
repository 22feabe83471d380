"""FIFO queues under any sequence of sends, receives, deletions and waits: the promises that AWS makes."""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from penstock.base.clock import Clock, Timer
from penstock.base.store import Store
from penstock.call import Config, Kernel
from penstock.services import sqs

TIMEOUT = 30


class Loopless(Clock):
    """Its timers never go off: there is no event loop here."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        return Timer(when, callback)


class Fifo(RuleBasedStateMachine):
    """`waiting` holds the numbers of each group's messages that are not deleted, in the order of sending."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Loopless()
        self.kernel = Kernel(Config(), Store(), self.clock, (sqs.SERVICE,))
        self.ctx = self.kernel.context()
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": str(TIMEOUT)}
        self.url = self.call("CreateQueue", QueueName="q.fifo", Attributes=attributes)["QueueUrl"]
        self.sent = 0
        self.waiting: dict[str, list[int]] = {}
        self.in_flight: dict[int, tuple[str, str, float]] = {}  # number -> group, receipt handle, until when

    def call(self, operation: str, **members: Any) -> Any:
        if hasattr(self, "url"):
            members["QueueUrl"] = self.url
        try:
            return self.ctx.call_now("sqs", operation, members)
        finally:
            self.kernel.store.commit()

    def expire(self) -> None:
        now = self.clock.now()
        self.in_flight = {number: entry for number, entry in self.in_flight.items() if entry[2] > now}

    @rule(group=st.sampled_from("abc"))
    def send(self, group: str) -> None:
        self.sent += 1
        self.call("SendMessage", MessageBody=str(self.sent), MessageGroupId=group)
        self.waiting.setdefault(group, []).append(self.sent)

    @rule(limit=st.integers(1, 10))
    def receive(self, limit: int) -> None:
        self.expire()
        blocked = {group for group, _, _ in self.in_flight.values()}
        answer = self.call("ReceiveMessage", MaxNumberOfMessages=limit, AttributeNames=["MessageGroupId"])
        until = self.clock.now() + TIMEOUT
        received: dict[str, list[int]] = {}
        for message in answer.get("Messages", []):
            group, number = message["Attributes"]["MessageGroupId"], int(message["Body"])
            received.setdefault(group, []).append(number)
            self.in_flight[number] = (group, message["ReceiptHandle"], until)
        assert blocked.isdisjoint(received), "a group with messages in flight is blocked"
        for group, numbers in received.items():
            assert numbers == self.waiting[group][: len(numbers)], "in the order of sending"
        free = sum(len(numbers) for group, numbers in self.waiting.items() if group not in blocked)
        assert sum(map(len, received.values())) == min(limit, free), "as many as there are"

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.expire()
        if not self.in_flight:
            return
        number = data.draw(st.sampled_from(sorted(self.in_flight)))
        group, handle, _ = self.in_flight.pop(number)
        self.call("DeleteMessage", ReceiptHandle=handle)
        self.waiting[group].remove(number)

    @rule(steps=st.integers(1, 10))
    def wait(self, steps: int) -> None:
        self.clock.offset += 4 * steps  # never ends within a second of a timeout, as the clock also goes by itself

    @invariant()
    def counts(self) -> None:
        self.expire()
        found = self.call("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
        total = sum(map(len, self.waiting.values()))
        assert int(found["ApproximateNumberOfMessagesNotVisible"]) == len(self.in_flight)
        assert int(found["ApproximateNumberOfMessages"]) == total - len(self.in_flight)


test_fifo = Fifo.TestCase
test_fifo.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)

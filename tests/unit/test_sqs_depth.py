"""A queue's depth, held against a plain list of messages."""

import math

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from penstock.services.sqs.depth import Depth

SECONDS = st.integers(1, 20).map(float)


class Messages(RuleBasedStateMachine):
    """`model` holds (received, hidden until) of every message."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.depth = Depth()
        self.model: list[tuple[bool, float]] = []

    @rule(delay=st.just(0.0) | SECONDS)
    def send(self, delay: float) -> None:
        self.depth.total += 1
        if delay:
            self.depth.delayed.add(self.now + delay)
        self.model.append((False, self.now + delay if delay else 0.0))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), timeout=st.just(0.0) | SECONDS, undone=st.booleans())
    def hide(self, data: st.DataObject, timeout: float, undone: bool) -> None:
        at = data.draw(st.integers(0, len(self.model) - 1))
        received, until = self.model[at]
        if until > self.now and not received:
            return  # a delayed message cannot be received
        after = self.now + timeout if timeout else 0.0
        undo = self.depth.change(True, until, after)
        if undone:
            undo()
        else:
            self.model[at] = (True, after)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), undone=st.booleans())
    def delete(self, data: st.DataObject, undone: bool) -> None:
        at = data.draw(st.integers(0, len(self.model) - 1))
        undo = self.depth.change(*self.model[at], None)
        if undone:
            undo()
        else:
            del self.model[at]

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.depth.release(self.now)

    @invariant()
    def agrees(self) -> None:
        hidden = [(received, until) for received, until in self.model if until > self.now]
        assert self.depth.total == len(self.model)
        assert self.depth.in_flight.count == sum(received for received, _ in hidden)
        assert self.depth.delayed.count == sum(not received for received, _ in hidden)
        assert self.depth.visible == len(self.model) - len(hidden)
        assert self.depth.next_return == min((until for _, until in hidden), default=math.inf)


test_depth = Messages.TestCase

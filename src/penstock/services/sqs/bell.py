"""What a long poll waits for: a write to its queue, or the moment at which a hidden message comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.base.clock import Clock, Timer
from penstock.base.signals import Signals


class Bell:
    """One per queue. `key` is its signal, for whoever wants to hear of new messages without receiving them."""

    __slots__ = ("_clock", "_signals", "_timer", "key", "listeners")

    def __init__(self, signals: Signals, clock: Clock, key: tuple[str, str]) -> None:
        self._signals = signals
        self._clock = clock
        self._timer: Timer | None = None
        self.listeners = 0
        self.key = key

    def ring(self) -> None:
        """Wakes the long poll that has waited longest: there is a message for it."""
        self._signals.notify_one(self.key)

    def ring_all(self) -> None:
        self._signals.notify(self.key)

    def ring_at(self, when: float) -> None:
        """Wakes all long polls at `when`; without any there is no timer."""
        if not self.listeners or when == float("inf"):
            return
        if self._timer is None or self._timer.callback is None or when < self._timer.when:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._clock.call_at(when, self.ring_all)

    async def wait(self, seconds: float) -> None:
        await self._signals.wait(self.key, seconds)

    @contextmanager
    def listening(self) -> Iterator[None]:
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1
            if not self.listeners and self._timer is not None:
                self._timer.cancel()
                self._timer = None

"""How many messages a queue has in which state, known without counting rows. Pure.

Messages that are out of sight are counted by the moment at which they come back, so the passing of time costs one
step per moment, not one per message.
"""

import heapq
import math
from collections.abc import Callable, Iterable


class Hidden:
    """Messages that cannot be received until a time."""

    __slots__ = ("_by_time", "_times", "count")

    def __init__(self, moments: Iterable[tuple[float, int]] = ()) -> None:
        self._by_time: dict[float, int] = dict(moments)
        self._times = sorted(self._by_time)
        self.count = sum(self._by_time.values())

    def add(self, until: float, number: int = 1) -> None:
        known = self._by_time.get(until)
        if known is None:
            heapq.heappush(self._times, until)
        self._by_time[until] = (known or 0) + number
        self.count += number

    def discard(self, until: float, number: int = 1) -> int:
        """Those that were to come back at `until` are gone, or come back at another time; how many were counted."""
        counted = min(number, self._by_time.get(until, 0))
        if counted:
            self._by_time[until] -= counted
            self.count -= counted
        return counted

    def release(self, now: float) -> bool:
        """Lets go of those whose time has come; whether there were any."""
        times, released = self._times, 0
        while times and times[0] <= now:
            released += self._by_time.pop(heapq.heappop(times))
        self.count -= released
        return released > 0

    @property
    def next_return(self) -> float:
        """When the next one comes back; infinity where none does."""
        while self._times and not self._by_time[self._times[0]]:
            del self._by_time[heapq.heappop(self._times)]
        return self._times[0] if self._times else math.inf


class Depth:
    """`total` counts all messages of a queue, `in_flight` those received and `delayed` those sent with a delay."""

    __slots__ = ("delayed", "in_flight", "total")

    def __init__(self, total: int = 0, in_flight: Hidden | None = None, delayed: Hidden | None = None) -> None:
        self.total = total
        self.in_flight = in_flight or Hidden()
        self.delayed = delayed or Hidden()

    def release(self, now: float) -> bool:
        """Brings the counts up to now; whether messages came back."""
        back = self.in_flight.release(now)
        return self.delayed.release(now) or back

    def change(self, received: bool, before: float, after: float | None) -> Callable[[], None]:
        """A message that was hidden until `before` (or was not) is hidden until `after`, or gone where that is None;
        hiding makes it one in flight. Returns what undoes it."""
        hidden = self.in_flight if received else self.delayed
        counted = hidden.discard(before)
        self.total -= after is None
        if after:
            self.in_flight.add(after)

        def undo() -> None:
            self.total += after is None
            if after:
                self.in_flight.discard(after)
            if counted:
                hidden.add(before)

        return undo

    @property
    def visible(self) -> int:
        return self.total - self.in_flight.count - self.delayed.count

    @property
    def next_return(self) -> float:
        return min(self.in_flight.next_return, self.delayed.next_return)

"""Virtual time: real time plus what was advanced. The only module that reads time or sleeps.

`advance` moves time from timer to timer. Before it fires the next one it lets the loop settle and waits for
work in flight, so that what one timer sets off (a delivery, an invocation, its retry) has happened in order.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A function that hangs must not hang `advance`: real seconds granted to work in flight between two timers.
SETTLE_LIMIT = 30.0
_QUIET_TURNS = 5
_LOOKS = 10  # at something real, in one `advance`


class Timer:
    """A callback due at `when` (epoch seconds, virtual)."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Clock:
    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self.moved: Callable[[], object] = _nothing  # called when time was moved, before what is due by then happens
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._armed: asyncio.TimerHandle | None = None
        self._in_flight = 0
        self._advancing = False
        self._stride = 0.0  # seconds between two looks at something real while time is moved

    def now(self) -> float:
        """Epoch seconds, virtual."""
        return time.time() + self.offset

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(when, callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        if self._timers[0][2] is timer:
            self._arm()
        return timer

    async def sleep_until(self, when: float) -> None:
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        timer = self.call_at(when, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self.now() + seconds)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Brackets work in flight, which `advance` and `settle` wait for."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Inside `work`: a wait that the passing of time may end, so that `advance` must not wait for it."""
        self._in_flight -= 1
        try:
            yield
        finally:
            self._in_flight += 1

    @property
    def in_flight(self) -> int:
        return self._in_flight

    async def settle(self, limit: float = SETTLE_LIMIT) -> bool:
        """Waits until nothing is in flight; False if that took more than `limit` real seconds."""
        give_up = time.monotonic() + limit
        quiet = 0
        while quiet < _QUIET_TURNS:
            await asyncio.sleep(0 if self._in_flight == 0 else 0.001)
            quiet = quiet + 1 if self._in_flight == 0 else 0
            if time.monotonic() > give_up:
                return False
        return True

    async def advance(self, seconds: float) -> None:
        """Moves time on by `seconds`, firing each timer at its own instant."""
        self._advancing = True
        try:
            await self.settle()
            self._stride = seconds / _LOOKS
            target = self.now() + seconds
            while (due := self._next_due()) is not None and due <= target:
                self._move_to(due)
                self._fire_due()
                await self.settle()
            self._move_to(target)
        finally:
            self._advancing, self._stride = False, 0.0
            self._arm()

    def _move_to(self, when: float) -> None:
        self.offset += max(0.0, when - self.now())
        self.moved()

    def pace(self, seconds: float) -> float:
        """How long to wait before something real (a process, a caller) is looked at again: `seconds`, as a rule.

        While the clock is moved by days it is a tenth of the way, since nothing real goes by in between.
        """
        return max(seconds, self._stride)

    def _next_due(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _fire_due(self) -> None:
        now = self.now()
        while (due := self._next_due()) is not None and due <= now:
            timer = heapq.heappop(self._timers)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()

    def _arm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        due = self._next_due()
        if due is not None and not self._advancing:
            self._armed = asyncio.get_running_loop().call_later(max(0.0, due - self.now()), self._ring)

    def _ring(self) -> None:
        self._armed = None
        if not self._advancing:
            self._fire_due()
            self._arm()


def _nothing() -> None:
    """Nobody has to know."""

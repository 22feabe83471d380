"""A write wakes its readers: waiting for a key without polling."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable

from penstock.base.clock import Clock


class Signals:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: defaultdict[Hashable, list[asyncio.Future[bool]]] = defaultdict(list)

    def notify(self, key: Hashable) -> None:
        """Wakes everybody who waits for `key`."""
        for waiter in self._waiting.pop(key, ()):
            if not waiter.done():
                waiter.set_result(True)

    def notify_one(self, key: Hashable) -> bool:
        """Wakes the one who has waited longest; False where nobody waits."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return False
        while waiting:
            waiter = waiting.pop(0)
            if not waiter.done():
                waiter.set_result(True)
                return True
        self._waiting.pop(key, None)
        return False

    async def wait(self, key: Hashable, timeout: float | None = None) -> bool:
        """Waits for a notification of `key`, at most `timeout` virtual seconds; says whether it came."""
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(waiter)
        timer = None
        if timeout is not None:
            timer = self._clock.call_at(
                self._clock.now() + timeout, lambda: None if waiter.done() else waiter.set_result(False)
            )
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.notify_one(key)  # woken and cancelled in one turn: the next in line takes the notification
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in (waiting := self._waiting.get(key, ())):
                waiting.remove(waiter)  # type: ignore[union-attr]
            if not self._waiting.get(key):
                self._waiting.pop(key, None)

"""Records gathered into batches: as many as fit in one, or as have come until the oldest has waited long enough. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a batch is one invocation's payload.
MAX_BATCH_BYTES = 6 * 1024 * 1024

R = TypeVar("R")


class Gathering(Generic[R]):
    """What waits for its batch. `most` are the records of a batch, `window` the seconds that one waits for others;
    `size` gives a record's bytes, and only records of one `group` go together."""

    def __init__(
        self,
        most: int,
        window: float,
        size: Callable[[R], int],
        group: Callable[[R], object] = lambda record: None,
    ) -> None:
        self._most, self._window, self._size, self._group = most, window, size, group
        self._waiting: deque[tuple[R, int, float]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, record: R, now: float) -> None:
        size = self._size(record)
        self._waiting.append((record, size, now + self._window))
        self._bytes += size

    @property
    def due(self) -> float:
        """When the first record has waited long enough."""
        return self._waiting[0][2]

    def ready(self, now: float) -> bool:
        """Whether there is a batch."""
        full = len(self._waiting) >= self._most or self._bytes >= MAX_BATCH_BYTES
        return full or (bool(self._waiting) and now >= self.due)

    def take(self) -> list[R]:
        """The next batch, of one record at least."""
        waiting, size = self._waiting, 0
        taken: list[R] = []
        group = self._group(waiting[0][0])
        while waiting and len(taken) < self._most:
            record, more, _ = waiting[0]
            if taken and (size + more > MAX_BATCH_BYTES or self._group(record) != group):
                break
            taken.append(record)
            size += more
            waiting.popleft()
        self._bytes -= size
        return taken

    def clear(self) -> None:
        self._waiting.clear()
        self._bytes = 0

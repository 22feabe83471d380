"""How far a shard is done, when its lanes are not equally far. Pure."""

from collections import deque
from collections.abc import Iterable
from zlib import crc32


class Progress:
    """`checkpoint` is the last sequence number up to which all records are done; empty before the first."""

    def __init__(self) -> None:
        self.checkpoint = ""
        self._under_way: deque[str] = deque()
        self._done: set[str] = set()

    def begin(self, sequence: str) -> None:
        """A record was read; they come in order."""
        self._under_way.append(sequence)

    def finish(self, sequences: Iterable[str]) -> None:
        """These are done, or given up, or nobody wants them."""
        self._done.update(sequences)
        while self._under_way and self._under_way[0] in self._done:
            self.checkpoint = self._under_way.popleft()
            self._done.remove(self.checkpoint)


def lane_of(key: str, lanes: int) -> int:
    """Records of one key have one lane, so that they stay in order."""
    return crc32(key.encode()) % lanes if lanes > 1 else 0

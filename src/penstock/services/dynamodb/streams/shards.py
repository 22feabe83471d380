"""Sequence numbers and shards, which both follow from time.

A sequence number is the millisecond it was given in, times a million, and a count. A shard takes the numbers of four
hours, counted from when the stream was enabled; it is closed when those are over or the stream is disabled, and is gone
a day later. Pure.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.Processing
"""

from typing import NamedTuple
from zlib import crc32

SPAN = 4 * 3600  # seconds in which a shard is open
RETENTION = 24 * 3600  # seconds for which records are kept
_PER_SECOND = 1000 * 10**6


def number_at(when: float) -> int:
    """The least sequence number of an instant (epoch seconds)."""
    return int(when * 1000) * 10**6


def time_of(number: int) -> float:
    return number / _PER_SECOND


def show(number: int) -> str:
    """A sequence number as AWS writes one: at least 21 digits, in the order of their text too."""
    return f"{number:019d}00"


def parse(text: str) -> int | None:
    """The number that `show` wrote; None for anything else."""
    return int(text[:-2]) if text.isdecimal() and text.isascii() and text.endswith("00") else None


class Sequence:
    """Gives numbers that only grow, whatever the clock does."""

    def __init__(self, last: int) -> None:
        self._last = last

    def next(self, now: float) -> int:
        self._last = max(self._last + 1, number_at(now))
        return self._last

    def reach(self, now: float) -> int:
        """The last number that was or could have been given: every later one is greater."""
        self._last = max(self._last, number_at(now))
        return self._last


class Shard(NamedTuple):
    """The numbers from `start` up to `end`, which belongs to the next shard."""

    id: str
    parent: str | None
    start: int
    end: int


def shards(starts_at: int, ends_at: int | None, reached: int) -> list[Shard]:
    """The shards of a stream that there are when `reached` is the last number given, the oldest first."""
    span = SPAN * _PER_SECOND
    last = reached if ends_at is None else min(reached, ends_at - 1)
    gone = reached - RETENTION * _PER_SECOND
    oldest = max(0, (gone - starts_at) // span)
    found = []
    for count in range(oldest, (last - starts_at) // span + 1):
        start = starts_at + count * span
        end = start + span if ends_at is None else min(start + span, ends_at)
        parent = _id(start - span) if count else None
        if end > gone:
            found.append(Shard(_id(start), parent, start, end))
    return found


def _id(start: int) -> str:
    moment = start // 10**6
    return f"shardId-{moment:020d}-{crc32(b'%d' % start):08x}"


def next_roll(starts_at: int, now: float) -> float:
    """When the shard that is open now will be closed, in epoch seconds."""
    began = time_of(starts_at)
    return began + ((now - began) // SPAN + 1) * SPAN

"""Shards: a range of hash keys each, and where their next record goes.

The open shards of a stream cover all keys; those that were split or merged are closed, keep their records, and are seen
until the youngest of these has outlived the retention period.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from penstock.base.store import Row
from penstock.services.kinesis import sequences
from penstock.services.kinesis.store import PLACES
from penstock.wire.model import Json

HASH_KEYS = 1 << 128


class Shard:
    """`made` is the second in its sequence numbers, later than those of its parents; `last` the place of its latest
    record; `trimmed` the last place whose record is gone for good."""

    __slots__ = (
        "adjacent_parent",
        "arrived_at",
        "base",
        "closed_at",
        "created_at",
        "high",
        "id",
        "last",
        "low",
        "made",
        "number",
        "parent",
        "shard_id",
        "trimmed",
    )

    def __init__(self, row: Row) -> None:
        """`row` as SELECT_SHARDS has it."""
        self.id: int = row[0]
        self.number: int = row[1]
        self.low, self.high = int(row[2]), int(row[3])
        self.made: int = row[4]
        self.parent: int | None = row[5]
        self.adjacent_parent: int | None = row[6]
        self.created_at: float = row[7]
        self.closed_at: float | None = row[8]
        self.trimmed: int = row[9]
        self.shard_id = shard_name(self.number)
        self.base = sequences.base(self.made, self.number)
        self.last = self.trimmed
        self.arrived_at = 0.0

    def row_id(self, place: int) -> int:
        return self.id << PLACES | place

    def sequence_number(self, place: int, arrived_at: float) -> str:
        return sequences.number(self.base, place, int(arrived_at))

    @property
    def starting_sequence_number(self) -> str:
        return sequences.number(self.base, 0, self.made)

    @property
    def parents(self) -> list[int]:
        return [number for number in (self.parent, self.adjacent_parent) if number is not None]

    def seen(self, horizon: float) -> bool:
        """Whether it may still hold records that arrived after `horizon`, or will."""
        return self.closed_at is None or self.closed_at > horizon

    @property
    def hash_key_range(self) -> Json:
        return {"StartingHashKey": str(self.low), "EndingHashKey": str(self.high)}

    def described(self) -> Json:
        sequence: Json = {"StartingSequenceNumber": self.starting_sequence_number}
        if self.closed_at is not None:
            ending = sequences.number(self.base, sequences.LAST_PLACE, int(self.closed_at))
            sequence["EndingSequenceNumber"] = ending
        shard: Json = {"ShardId": self.shard_id}
        if self.parent is not None:
            shard["ParentShardId"] = shard_name(self.parent)
        if self.adjacent_parent is not None:
            shard["AdjacentParentShardId"] = shard_name(self.adjacent_parent)
        return shard | {"HashKeyRange": self.hash_key_range, "SequenceNumberRange": sequence}


class Layout:
    """The shards of one stream, and which of them takes a hash key."""

    __slots__ = ("_lows", "_open", "all")

    def __init__(self, shards: Iterable[Shard]) -> None:
        self.all: dict[int, Shard] = {shard.number: shard for shard in shards}
        self._open: list[Shard] = []
        self._lows: list[int] = []
        self._arrange()

    def replace(self, parents: Iterable[Shard], children: Iterable[Shard], now: float) -> None:
        """Closes the parents, and lets the children take what comes."""
        for parent in parents:
            parent.closed_at = now
        self.all.update((child.number, child) for child in children)
        self._arrange()

    def restore(self, parents: Iterable[Shard], children: Iterable[Shard]) -> None:
        """Undoes `replace`."""
        for parent in parents:
            parent.closed_at = None
        for child in children:
            del self.all[child.number]
        self._arrange()

    def _arrange(self) -> None:
        self._open = sorted((s for s in self.all.values() if s.closed_at is None), key=lambda shard: shard.low)
        self._lows = [shard.low for shard in self._open]

    def at(self, hash_key: int) -> Shard:
        return self._open[bisect_right(self._lows, hash_key) - 1]

    @property
    def open(self) -> list[Shard]:
        """In the order of their hash keys."""
        return self._open

    def seen(self, horizon: float) -> list[Shard]:
        """In the order of their numbers."""
        return [shard for shard in self.all.values() if shard.seen(horizon)]

    def children(self, shard: Shard) -> list[Shard]:
        return [other for other in self.all.values() if shard.number in other.parents]

    @property
    def next_number(self) -> int:
        return max(self.all, default=-1) + 1


def shard_name(number: int) -> str:
    return f"shardId-{number:012d}"


def number_of(shard_id: str) -> int:
    """The number in a shard's id: `shardId-000000000001`, `a-1` and `1` are the same to AWS. Raises ValueError."""
    _, hyphen, tail = shard_id.partition("-")
    digits = tail.partition("-")[0] if hyphen else shard_id
    if not digits.isascii() or not digits.isdigit() or int(digits) >= 1 << 31:
        raise ValueError(shard_id)
    return int(digits)


def ranges(count: int) -> Iterator[tuple[int, int]]:
    """All hash keys in `count` equal parts; the last one takes the rest."""
    width = HASH_KEYS // count
    for index in range(count):
        yield index * width, (index + 1) * width - 1 if index < count - 1 else HASH_KEYS - 1

"""What the parts of a stream mapping speak of: records, shards, positions, and what a target answers."""

from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from penstock.delivery.patterns import Pattern
from penstock.delivery.streams.attempts import Policy
from penstock.wire.model import Json


class Record(NamedTuple):
    """`shown` is what the target gets to see; records of one `key` stay in order; `arrived` in epoch seconds."""

    sequence: str
    key: str
    arrived: float
    size: int
    shown: Json


class Shard(NamedTuple):
    id: str
    parents: tuple[str, ...]
    closed: bool


class Position(NamedTuple):
    """Where to read a shard from, with the sequence number or the time (epoch seconds) that its kind needs.

    LATEST with a time means what arrived since then: where a mapping began, however late it first reads.
    """

    kind: str
    value: str = ""


TRIM_HORIZON = Position("TRIM_HORIZON")
FINISHED = Position("FINISHED")  # closed, and read to its end


class Page(NamedTuple):
    """`iterator` is empty at the end of a closed shard."""

    records: list[Record]
    iterator: str


class StreamSource(Protocol):
    """A stream, read as the principal of its context. Whatever asks the stream's service raises AwsError."""

    stream_arn: str
    most: int  # records that one read gives

    def shards(self) -> list[Shard]: ...

    def iterator(self, shard_id: str, position: Position) -> str: ...

    def read(self, shard_id: str, iterator: str, limit: int) -> Page: ...

    def signal(self, shard_id: str) -> Hashable:
        """What the stream's service notifies when a reader of the shard has something to look at."""

    def retention(self) -> float:
        """Seconds after which a record is gone."""

    def filtered(self, record: Json) -> Json:
        """What filter patterns and paths are held against."""

    def identifier(self, record: Json) -> str:
        """The record's sequence number."""

    def batch_info(self, shard_id: str, records: list[Record]) -> Json:
        """What an on-failure destination is told of a batch, under AWS's name for it."""


class Answer(NamedTuple):
    """Sequence numbers that failed, the state of the window, and of the invocation what a failure record tells."""

    failed: Collection[str] = ()
    state: Any = None
    context: Json = {}


# (records, further members of the event) -> Answer. Raises BatchFailed or AwsError for all of them, and Unavailable
# where that is not the records' fault.
StreamTarget = Callable[[list[Json], Json], Awaitable[Answer]]


class Discarded(NamedTuple):
    """A batch that was given up: why (RetryAttemptsExhausted, RecordAgeExceeded), and after how many attempts."""

    source: StreamSource
    shard_id: str
    records: list[Record]
    condition: str
    attempts: int
    context: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """`window` and `tumbling` in seconds (virtual); `lanes` is the parallelization factor."""

    start: Position
    batch_size: int = 100
    window: float = 0.0
    patterns: tuple[Pattern, ...] = ()
    lanes: int = 1
    policy: Policy = field(default_factory=Policy)
    tumbling: int = 0

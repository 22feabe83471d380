"""From a source to a target: read, filter, batch, deliver, and then let the source know.

One machine for event source mappings and pipes. It reads while fewer batches are under way than it may have at once,
and starts with few: while there is always more to read, that number grows, as AWS adds pollers. A batch whose target is
down is held and tried again, so that what waits behind it stays in the source.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.base.clock import Timer
from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context
from penstock.delivery.batches import Gathering
from penstock.delivery.patterns import Pattern, compile
from penstock.wire.model import Json

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: five pollers at first, 300 more a minute.
_FIRST = 5
_GROWTH_INTERVAL = 0.2
# A source that cannot be read (its queue is gone) is asked again after this long, twice that, up to the last.
_TROUBLE = (1.0, 60.0)


class Source(Protocol):
    """Where records come from. A record is what the target gets to see of it, with an identifier."""

    async def receive(self, limit: int) -> list[Json]:
        """Waits for records; gives none where none came for a while. Raises AwsError."""

    def filtered(self, record: Json) -> Json:
        """What filter patterns are held against."""

    def identifier(self, record: Json) -> str: ...

    async def done(self, records: list[Json]) -> None:
        """These were processed, or did not match: they are not to come again."""

    async def failed(self, records: list[Json]) -> None:
        """These were not processed."""

    async def hold(self, records: list[Json], seconds: float) -> None:
        """Nobody else is to get these for so long, and for an attempt after it. Raises BatchFailed or AwsError."""


# Delivers a batch; the identifiers of the records that failed. Raises BatchFailed or AwsError for all of them, and
# Unavailable where that is not the records' fault.
Target = Callable[[list[Json]], Awaitable[Collection[str]]]


class BatchFailed(Exception):
    """The target took nothing of the batch. `context` is what a failure record tells of the invocation."""

    def __init__(self, message: str, context: Json | None = None) -> None:
        super().__init__(message)
        self.context: Json = context or {}


class Unavailable(Exception):
    """The target is down, or the way to it: the batch is to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`window` in seconds (virtual); `patterns` match if any does, all records pass without them."""

    batch_size: int = 10
    window: float = 0.0
    patterns: tuple[Pattern, ...] = ()
    concurrency: int = 1000


class Mapping:
    def __init__(self, ctx: Context, source: Source, target: Target, settings: Settings, name: str) -> None:
        self._ctx = ctx
        self._clock = ctx.clock
        self._name = name
        self._source = source
        self._target = target
        self._settings = settings
        self._batch = Gathering(settings.batch_size, settings.window, record_size)
        self._due: Timer | None = None
        self._under_way = 0
        self._limit = min(_FIRST, settings.concurrency)
        self._grown_at = 0.0
        self._free = asyncio.Event()
        self._free.set()
        self._reader: asyncio.Task[None] | None = None
        self._stopped = False
        self.trouble = ""  # why nothing can be read, as the mapping's LastProcessingResult

    def start(self) -> None:
        self._reader = self._ctx.spawn(self._read(), self._name)

    def stop(self) -> None:
        """Reads no more; batches under way end by themselves, records that wait for a batch or a target come back."""
        self._stopped = True
        self._ctx.signals.notify(self)
        if self._reader is not None:
            self._reader.cancel()
        self._batch.clear()
        self._gather()

    # -- read ----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        pause = _TROUBLE[0]
        while True:
            await self._free.wait()
            try:
                records = await self._source.receive(self._settings.batch_size - len(self._batch))
                if records:
                    with self._clock.work():
                        await self._accept(records)
            except (AwsError, PenstockError) as error:
                self.trouble = problem(error)
                await self._clock.sleep(pause)
                pause = min(2 * pause, _TROUBLE[1])
            else:
                self.trouble, pause = "", _TROUBLE[0]

    async def _accept(self, records: list[Json]) -> None:
        """Batches what is wanted, and lets go of the rest. Raises AwsError where the source does not."""
        now, unwanted = self._clock.now(), []
        for record in records:
            if matches(self._settings.patterns, self._source, record):
                self._batch.add(record, now)
            else:
                unwanted.append(record)
        self._gather()
        if unwanted:
            await self._source.done(unwanted)

    # -- batch ---------------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Sends off each batch that there is, and sets the clock for the next one."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        while self._batch.ready(self._clock.now()):
            self._dispatch(self._batch.take())
        if self._batch:
            self._due = self._clock.call_at(self._batch.due, self._gather)

    def _dispatch(self, records: list[Json]) -> None:
        self._under_way += 1
        if self._under_way >= self._limit:
            self._free.clear()
        self._ctx.spawn(self._process(records), self._name).add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        now = asyncio.get_running_loop().time()
        saturated = not self._free.is_set()
        if saturated and self._limit < self._settings.concurrency and now - self._grown_at >= _GROWTH_INTERVAL:
            self._limit, self._grown_at = self._limit + 1, now
        self._under_way -= 1
        if self._under_way < self._limit:
            self._free.set()

    # -- deliver -------------------------------------------------------------------------------------

    async def _process(self, records: list[Json]) -> None:
        with self._clock.work():
            try:
                failed = set(await self._deliver(records))
            except (AwsError, BatchFailed):
                await self._source.failed(records)
                return
            identifier = self._source.identifier
            if bad := [record for record in records if identifier(record) in failed]:
                await self._source.failed(bad)
            if good := [record for record in records if identifier(record) not in failed]:
                await self._source.done(good)

    async def _deliver(self, records: list[Json]) -> Collection[str]:
        """The target's answer, as soon as it is not down any more. Raises BatchFailed or AwsError."""
        pause = _TROUBLE[0]
        while True:
            try:
                return await self._target(records)
            except Unavailable as down:
                if self._stopped:
                    raise BatchFailed(str(down)) from down
                await self._source.hold(records, pause)
            with self._clock.rest():
                await self._ctx.signals.wait(self, pause)
            if self._stopped:
                raise BatchFailed("stopped")
            pause = min(2 * pause, _TROUBLE[1])


def problem(error: AwsError | PenstockError) -> str:
    """Why a source cannot be read, as LastProcessingResult says it."""
    return f"PROBLEM: {error.message if isinstance(error, AwsError) else error}"


def compiled(criteria: Json | None) -> tuple[Pattern, ...]:
    """The patterns of a FilterCriteria. Raises PatternError."""
    filters = (criteria or {}).get("Filters") or ()
    return tuple(compile(item.get("Pattern") or "{}") for item in filters)


class Filtered(Protocol):
    def filtered(self, record: Json) -> Json:
        """What filter patterns are held against."""


def matches(patterns: tuple[Pattern, ...], source: Filtered, record: Json) -> bool:
    """Whether any pattern matches, or there is none."""
    if not patterns:
        return True
    document = source.filtered(record)
    return any(pattern.matches(document) for pattern in patterns)


def record_size(record: Json) -> int:
    """Bytes that a record adds to a payload, near enough."""
    body: Any = record.get("body", record.get("data", ""))
    return len(body) + 700


def failed_identifiers(response: Any, known: set[str]) -> Collection[str]:
    """Reads a partial batch response. Raises BatchFailed where it is not one.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if response is None:
        return ()
    if not isinstance(response, dict):
        raise BatchFailed("the response is not an object")
    failures = response.get("batchItemFailures") or []
    if not isinstance(failures, list):
        raise BatchFailed("the response has no list batchItemFailures")
    found = {str(failure.get("itemIdentifier")) if isinstance(failure, dict) else "" for failure in failures}
    if not found <= known:
        raise BatchFailed(f"batchItemFailures names an unknown itemIdentifier: {found - known}")
    return found

"""From a source to a target, with a source of its own: batches by size, troubles, partial responses."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.store import Store, StoreFull
from penstock.call import Config, Kernel
from penstock.delivery.batches import MAX_BATCH_BYTES
from penstock.delivery.mappings import BatchFailed, Mapping, Settings, Unavailable, failed_identifiers
from penstock.delivery.patterns import compile
from penstock.wire.model import Json

MEGABYTE = 1024 * 1024


class Shelf:
    """A source that gives what is on it, once."""

    def __init__(self, *records: Json, broken: Iterable[Exception] = (), stuck: int = 0) -> None:
        self.records = list(records)
        self.broken = list(broken)  # receives fail so first
        self.stuck = stuck  # so many times nothing is let go first
        self.finished: list[str] = []
        self.returned: list[str] = []
        self.held: list[float] = []
        self._more = asyncio.Event()

    async def receive(self, limit: int) -> list[Json]:
        if self.broken:
            raise self.broken.pop(0)
        if not self.records:
            await self._more.wait()
        taken, self.records = self.records[:limit], self.records[limit:]
        return taken

    def filtered(self, record: Json) -> Json:
        return record

    def identifier(self, record: Json) -> str:
        identifier: str = record["id"]
        return identifier

    async def done(self, records: list[Json]) -> None:
        if self.stuck:
            self.stuck -= 1
            raise AwsError("AccessDenied", "not yours to delete")
        self.finished += [record["id"] for record in records]

    async def failed(self, records: list[Json]) -> None:
        self.returned += [record["id"] for record in records]

    async def hold(self, records: list[Json], seconds: float) -> None:
        self.held.append(seconds)


def records(count: int, size: int = 10) -> list[Json]:
    return [{"id": str(number), "body": "x" * size} for number in range(count)]


def run(work: Callable[[Kernel], Awaitable[Any]]) -> Any:
    async def bracketed() -> Any:
        kernel = Kernel(Config(), Store(), Clock(), [])
        try:
            return await work(kernel)
        finally:
            await kernel.stop()

    return asyncio.run(bracketed())


def deliver(shelf: Shelf, settings: Settings, failing: frozenset[str] = frozenset()) -> Callable[[Kernel], Any]:
    """What the target got, batch by batch, when all is quiet."""

    async def work(kernel: Kernel) -> list[list[str]]:
        batches: list[list[str]] = []

        async def target(batch: list[Json]) -> frozenset[str]:
            batches.append([record["id"] for record in batch])
            return failing

        mapping = Mapping(kernel.context(), shelf, target, settings, "test")
        mapping.start()
        await kernel.clock.settle()
        await kernel.clock.advance(10)
        mapping.stop()
        return batches

    return work


def test_a_batch_holds_no_more_than_six_megabytes() -> None:
    shelf = Shelf(*records(7, 2 * MEGABYTE))
    batches = run(deliver(shelf, Settings(batch_size=100, window=5.0)))
    assert [len(batch) for batch in batches] == [2, 2, 2, 1]
    assert 2 * MEGABYTE * 2 < MAX_BATCH_BYTES < 2 * MEGABYTE * 3 + 1
    assert sorted(shelf.finished) == [str(number) for number in range(7)]


def test_what_failed_is_returned_and_the_rest_is_done() -> None:
    shelf = Shelf(*records(4))
    run(deliver(shelf, Settings(), failing=frozenset({"1", "2"})))
    assert (sorted(shelf.finished), sorted(shelf.returned)) == (["0", "3"], ["1", "2"])


def test_what_no_pattern_matches_is_done_without_the_target() -> None:
    shelf = Shelf({"id": "a", "body": "", "kind": "x"}, {"id": "b", "body": "", "kind": "y"})
    batches = run(deliver(shelf, Settings(patterns=(compile({"kind": ["y"]}),))))
    assert (batches, sorted(shelf.finished)) == ([["b"]], ["a", "b"])


def test_a_source_in_trouble_is_asked_again() -> None:
    gone, full = AwsError("QueueDoesNotExist", "no such queue"), StoreFull("the disk is full")
    shelf = Shelf(*records(1), broken=[gone, full, gone])
    assert run(deliver(shelf, Settings())) == [["0"]]


def test_a_source_that_does_not_let_go_is_asked_again_and_what_is_wanted_is_delivered() -> None:
    shelf = Shelf({"id": "a", "kind": "x"}, {"id": "b", "kind": "y"}, {"id": "c", "kind": "y"}, stuck=1)
    batches = run(deliver(shelf, Settings(batch_size=2, patterns=(compile({"kind": ["y"]}),))))
    assert (batches, shelf.finished) == ([["b"], ["c"]], ["b", "c"])


def down(shelf: Shelf, times: int, stop: bool = False) -> Callable[[Kernel], Any]:
    """How often a target was asked that is down so many times first."""

    async def work(kernel: Kernel) -> int:
        asked = 0

        async def target(batch: list[Json]) -> tuple[str, ...]:
            nonlocal asked
            asked += 1
            if asked <= times:
                raise Unavailable("down")
            return ()

        mapping = Mapping(kernel.context(), shelf, target, Settings(), "test")
        mapping.start()
        await kernel.clock.settle()
        if not stop:
            await kernel.clock.advance(600)
        mapping.stop()
        await kernel.clock.settle()
        return asked

    return work


def test_a_batch_is_held_while_its_target_is_down() -> None:
    shelf = Shelf(*records(3))
    assert run(down(shelf, 9)) == 10
    assert shelf.held == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (sorted(shelf.finished), shelf.returned) == (["0", "1", "2"], [])


def test_what_is_held_goes_back_when_the_mapping_ends() -> None:
    shelf = Shelf(*records(2))
    assert run(down(shelf, 9, stop=True)) == 1
    assert (shelf.finished, sorted(shelf.returned)) == ([], ["0", "1"])


def test_few_batches_at_first() -> None:
    async def work(kernel: Kernel) -> int:
        gate, under_way = asyncio.Event(), []

        async def target(batch: list[Json]) -> tuple[str, ...]:
            under_way.append(batch)
            await gate.wait()
            return ()

        mapping = Mapping(kernel.context(), Shelf(*records(50)), target, Settings(batch_size=1), "test")
        mapping.start()
        for _ in range(100):
            await asyncio.sleep(0)
        gate.set()
        mapping.stop()
        return len(under_way)

    assert run(work) == 5


@given(st.sets(st.text()), st.sets(st.text()))
def test_named_failures_are_those_reported(known: set[str], reported: set[str]) -> None:
    response = {"batchItemFailures": [{"itemIdentifier": name} for name in reported]}
    if reported <= known:
        assert set(failed_identifiers(response, known)) == reported
    else:
        with pytest.raises(BatchFailed):
            failed_identifiers(response, known)

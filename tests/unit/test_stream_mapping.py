"""A stream mapping with a stream of its own: order, lanes, retries, windows, shards, checkpoints."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.store import Store, StoreFull
from penstock.call import Config, Kernel
from penstock.delivery.mappings import BatchFailed, Unavailable
from penstock.delivery.patterns import compile
from penstock.delivery.streams import Answer, Checkpoints, Discarded, Policy, Position, Record, Run, StreamMapping
from penstock.delivery.streams.model import Page, Shard, StreamSettings
from penstock.wire.model import Json

HORIZON = Position("TRIM_HORIZON")
CHECKPOINTS = Checkpoints("test_checkpoints")


class Brook:
    """A stream in memory; an iterator is a place in a shard."""

    stream_arn = "arn:brook"
    most = 1000

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.records: dict[str, list[Record]] = {"s0": []}
        self.parents: dict[str, tuple[str, ...]] = {"s0": ()}
        self.closed: set[str] = set()
        self.gone = False
        self.expire = False
        self.reads = 0

    def put(self, *bodies: str, shard: str = "s0", key: str = "k") -> None:
        for body in bodies:
            sequence = f"{shard}-{len(self.records[shard]):04d}"
            shown = {"id": sequence, "body": body, "key": key}
            self.records[shard].append(Record(sequence, key, self.kernel.clock.now(), 100, shown))
        self.changed()

    def close(self, shard: str, *children: str) -> None:
        self.closed.add(shard)
        for child in children:
            self.records.setdefault(child, [])
            self.parents[child] = (*self.parents.get(child, ()), shard)
        self.changed()

    def changed(self) -> None:
        self.kernel.signals.notify(("stream", self.stream_arn))

    def signal(self, shard_id: str) -> tuple[str, ...]:
        return ("stream", self.stream_arn)

    def shards(self) -> list[Shard]:
        if self.gone:
            raise AwsError("ResourceNotFoundException", "no such stream")
        return [Shard(id, parents, id in self.closed) for id, parents in self.parents.items()]

    def iterator(self, shard_id: str, position: Position) -> str:
        kind, value = position
        if kind == "LATEST":
            return str(len(self.records[shard_id]))
        return "0" if kind == "TRIM_HORIZON" else str(int(value.rpartition("-")[2]) + 1)

    def read(self, shard_id: str, iterator: str, limit: int) -> Page:
        self.reads += 1
        if self.gone:
            raise AwsError("ResourceNotFoundException", "no such shard")
        if self.expire:
            self.expire = False
            raise AwsError("ExpiredIteratorException", "expired")
        records = self.records[shard_id][int(iterator) : int(iterator) + limit]
        place = int(iterator) + len(records)
        ended = shard_id in self.closed and place == len(self.records[shard_id])
        return Page(records, "" if ended else str(place))

    def retention(self) -> float:
        return 86_400.0

    def filtered(self, record: Json) -> Json:
        return record

    def identifier(self, record: Json) -> str:
        identifier: str = record["id"]
        return identifier

    def batch_info(self, shard_id: str, records: list[Record]) -> Json:
        return {}


class Disk(Store):
    """A store whose disk may be full: it says so at the commit, as SQLite mostly does."""

    full = False

    def commit(self) -> None:
        if self.full and self.open:
            self.one("ROLLBACK")
            self._settle(StoreFull("the disk is full"))
        super().commit()


class Bench:
    """A kernel, a brook, and a mapping whose target notes the bodies of each batch."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.kernel = kernel = Kernel(Config(), disk, Clock(), [])
        self.clock = kernel.clock
        self.brook = Brook(kernel)
        self.batches: list[list[str]] = []
        self.events: list[Json] = []
        self.lost: list[Discarded] = []
        self.discard: Callable[[Discarded], object] = self.lost.append
        self.poison: set[str] = set()
        self.partial = False
        self.down = 0
        self.slow: asyncio.Event | None = None
        kernel.store.create([CHECKPOINTS.schema])

    async def target(self, records: list[Json], extra: Json) -> Answer:
        bodies = [record["body"] for record in records]
        if self.down:
            self.down -= 1
            raise Unavailable("down")
        self.batches.append(bodies)
        self.events.append(extra)
        if self.slow is not None:
            with self.clock.rest():
                await self.slow.wait()
        bad = [record["id"] for record in records if record["body"] in self.poison]
        if bad and not self.partial:
            raise BatchFailed("poison", {"why": "poison"})
        state = {**extra["state"], **dict.fromkeys(bodies, 1)} if extra else None
        return Answer(bad, state)

    def mapping(self, start: Position = HORIZON, **settings: Any) -> StreamMapping:
        run = Run(
            ctx=self.kernel.context(),
            name="m",
            source=self.brook,
            target=self.target,
            settings=StreamSettings(start=start, **settings),
            checkpoints=CHECKPOINTS,
            discard=lambda lost: self.discard(lost),
        )
        made = StreamMapping(run)
        made.start()
        return made

    async def settle(self) -> None:
        await self.clock.settle()

    @property
    def kept(self) -> dict[str, Position]:
        return {shard: found.position for shard, found in CHECKPOINTS.load(self.kernel.store, "m").items()}


def run(work: Callable[[Bench], Awaitable[None]]) -> None:
    async def bracketed() -> None:
        bench = Bench(Disk())
        try:
            await work(bench)
        finally:
            await bench.kernel.stop()

    asyncio.run(bracketed())


def test_batches_in_order_and_a_checkpoint_behind_them() -> None:
    async def work(bench: Bench) -> None:
        bench.brook.put(*"abcde")
        mapping = bench.mapping(batch_size=2)
        assert mapping.result == "No records processed"
        await bench.settle()
        assert bench.batches == [["a", "b"], ["c", "d"], ["e"]]
        assert bench.kept == {"s0": Position("AFTER_SEQUENCE_NUMBER", "s0-0004")}
        assert mapping.result == "OK"

    run(work)


def test_it_waits_for_the_signal_and_does_not_poll() -> None:
    async def work(bench: Bench) -> None:
        bench.mapping()
        await bench.clock.advance(100_000)
        assert bench.brook.reads == 1
        bench.brook.put("a")
        await bench.settle()
        assert bench.batches == [["a"]]

    run(work)


def test_latest_begins_when_the_mapping_does_and_the_rest_is_for_later() -> None:
    async def work(bench: Bench) -> None:
        bench.brook.put("old")
        mapping = bench.mapping(Position("LATEST"))
        await bench.settle()
        assert bench.kept["s0"].kind == "LATEST"
        bench.brook.put("new")
        await bench.settle()
        mapping.stop()
        bench.brook.put("while it was stopped")
        await bench.settle()
        bench.mapping(Position("LATEST"))
        await bench.settle()
        assert bench.batches == [["new"], ["while it was stopped"]]

    run(work)


def test_a_window_gathers_until_it_is_over_or_the_batch_is_full() -> None:
    async def work(bench: Bench) -> None:
        bench.mapping(batch_size=3, window=10)
        bench.brook.put("a")
        await bench.clock.advance(9)
        bench.brook.put("b")
        await bench.settle()
        assert bench.batches == []
        await bench.clock.advance(2)
        assert bench.batches == [["a", "b"]]
        bench.brook.put("c", "d", "e", "f")
        await bench.settle()
        assert bench.batches[1:] == [["c", "d", "e"]]
        await bench.clock.advance(11)
        assert bench.batches[2:] == [["f"]]

    run(work)


def test_a_failing_batch_holds_up_its_shard_only() -> None:
    async def work(bench: Bench) -> None:
        bench.brook.close("s0", "s1", "s2")
        bench.poison = {"x"}
        mapping = bench.mapping(batch_size=1)
        bench.brook.put("x", "after x", shard="s1")
        bench.brook.put("a", "b", shard="s2")
        await bench.clock.advance(4)  # attempts after 1 and 2 s
        assert [batch for batch in bench.batches if batch != ["x"]] == [["a"], ["b"]]
        assert bench.batches.count(["x"]) == 3
        assert mapping.result == "PROBLEM: Function call failed"
        bench.poison = set()
        await bench.clock.advance(5)
        assert bench.batches[-2:] == [["x"], ["after x"]]

    run(work)


def test_what_is_given_up_is_told_and_left_behind() -> None:
    async def work(bench: Bench) -> None:
        bench.poison = {"x"}
        bench.brook.put(*"abxcd")
        bench.mapping(batch_size=5, policy=Policy(retries=2, bisect=True))
        await bench.clock.advance(10)
        [lost] = bench.lost
        assert ([record.sequence for record in lost.records], lost.shard_id) == (["s0-0002"], "s0")
        assert (lost.condition, lost.attempts, lost.context) == ("RetryAttemptsExhausted", 3, {"why": "poison"})
        good = [batch for batch in bench.batches if "x" not in batch]
        assert good == [["a", "b"], ["c", "d"]]
        assert bench.kept["s0"].value == "s0-0004"

    run(work)


def test_a_partial_response_moves_the_checkpoint_to_the_first_failure() -> None:
    async def work(bench: Bench) -> None:
        bench.poison, bench.partial = {"c"}, True
        bench.brook.put(*"abcd")
        bench.mapping()
        await bench.settle()
        assert bench.kept["s0"].value == "s0-0001"
        await bench.clock.advance(1.5)
        assert bench.batches == [["a", "b", "c", "d"], ["c", "d"]]

    run(work)


def test_records_grow_too_old_before_and_between_attempts() -> None:
    async def work(bench: Bench) -> None:
        bench.brook.put("stale")
        await bench.clock.advance(61)
        bench.poison = {"x"}
        bench.brook.put("x")
        bench.mapping(policy=Policy(age=60))
        await bench.clock.advance(200)
        assert [[record.shown["body"] for record in lost.records] for lost in bench.lost] == [["stale"], ["x"]]
        assert {lost.condition for lost in bench.lost} == {"RecordAgeExceeded"}
        assert ["stale"] not in bench.batches

    run(work)


def test_an_outage_uses_up_no_attempt() -> None:
    async def work(bench: Bench) -> None:
        bench.down = 8
        bench.brook.put("a")
        bench.mapping(policy=Policy(retries=0))
        await bench.clock.advance(600)
        assert (bench.batches, bench.lost) == ([["a"]], [])

    run(work)


def test_lanes_run_at_once_and_keep_the_order_of_a_key() -> None:
    async def work(bench: Bench) -> None:
        bench.slow = asyncio.Event()
        for number in range(3):
            for key in "abcdefgh":
                bench.brook.put(f"{key}{number}", key=key)
        bench.mapping(batch_size=1, lanes=10)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(bench.batches) > 3
        under_way = len(bench.batches)
        assert bench.kept["s0"] == HORIZON
        bench.slow.set()
        await bench.settle()
        order = [body for [body] in bench.batches]
        assert len(order) == 24 > under_way
        for key in "abcdefgh":
            assert [body for body in order if body[0] == key] == [f"{key}{number}" for number in range(3)]
        assert bench.kept["s0"].value == "s0-0023"

    run(work)


def test_children_come_after_all_their_parents() -> None:
    async def work(bench: Bench) -> None:
        bench.poison = {"late"}
        bench.brook.close("s0", "left", "right")
        bench.mapping(batch_size=1)
        bench.brook.put("late", shard="left")
        bench.brook.put("early", shard="right")
        bench.brook.close("left", "merged")
        bench.brook.close("right", "merged")
        bench.brook.put("child", shard="merged")
        await bench.clock.advance(2)
        assert ["child"] not in bench.batches
        bench.poison = set()
        await bench.clock.advance(10)
        assert bench.batches[-2:] == [["late"], ["child"]]
        assert {shard for shard, position in bench.kept.items() if position.kind == "FINISHED"} == {
            "s0",
            "left",
            "right",
        }

    run(work)


def test_an_iterator_may_expire_and_a_stream_may_go_and_come_back() -> None:
    async def work(bench: Bench) -> None:
        mapping = bench.mapping()
        bench.brook.put("a")
        await bench.settle()
        bench.brook.expire = True
        bench.brook.put("b")
        await bench.settle()
        assert bench.batches == [["a"], ["b"]]
        bench.brook.gone = True
        bench.brook.changed()
        await bench.settle()
        assert (mapping.result, bench.kept) == ("PROBLEM: no such stream", {})
        bench.brook.gone = False
        bench.brook.records["s0"] = []
        bench.brook.put("c")
        await bench.settle()
        assert (bench.batches[2:], mapping.result) == ([["c"]], "OK")

    run(work)


def test_what_is_given_up_is_told_though_the_disk_was_full_at_the_commit() -> None:
    async def work(bench: Bench) -> None:
        store = bench.kernel.store
        store.create(["CREATE TABLE told (shard TEXT)"])
        bench.poison = {"x"}
        mapping = bench.mapping(policy=Policy(retries=0))
        bench.discard = lambda lost: store.run("INSERT INTO told VALUES (?)", lost.shard_id)
        await bench.settle()
        bench.disk.full = True
        bench.brook.put("x")
        await bench.settle()
        assert (store.all("SELECT * FROM told"), bench.kept["s0"].kind) == ([], "TRIM_HORIZON")
        bench.disk.full = False
        await bench.clock.advance(61)
        assert (store.all("SELECT * FROM told"), bench.kept["s0"].value) == ([("s0",)], "s0-0000")
        mapping.stop()

    run(work)


def test_a_mapping_that_a_full_disk_does_not_let_begin_begins_when_there_is_room() -> None:
    async def work(bench: Bench) -> None:
        bench.disk.full = True
        bench.brook.put("a")
        mapping = bench.mapping()
        await bench.clock.advance(10)
        assert (mapping.result, bench.kept) == ("PROBLEM: where reading begins could not be stored", {})
        bench.disk.full = False
        await bench.clock.advance(61)
        assert (bench.batches[-1], mapping.result) == (["a"], "OK")
        assert bench.kept == {"s0": Position("AFTER_SEQUENCE_NUMBER", "s0-0000")}

    run(work)


def test_what_is_under_way_ends_before_a_changed_mapping_begins() -> None:
    async def work(bench: Bench) -> None:
        bench.slow = asyncio.Event()
        bench.brook.put("a", "b")
        bench.mapping(batch_size=1).stop()
        first = bench.mapping(batch_size=1)
        for _ in range(20):
            await asyncio.sleep(0)
        first.stop()
        bench.mapping(batch_size=1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert bench.batches == [["a"]]
        bench.slow.set()
        await bench.clock.advance(1)
        assert bench.batches == [["a"], ["b"]]

    run(work)


def test_what_no_pattern_matches_is_passed_over() -> None:
    async def work(bench: Bench) -> None:
        bench.brook.put("a", "b", "a")
        bench.mapping(patterns=(compile({"body": ["b"]}),))
        await bench.settle()
        assert bench.batches == [["b"]]
        assert bench.kept["s0"].value == "s0-0002"

    run(work)


def test_windows_carry_their_state_across_a_restart_and_end_by_the_clock() -> None:
    async def work(bench: Bench) -> None:
        await bench.clock.advance(60 - bench.clock.now() % 60 + 1)
        mapping = bench.mapping(batch_size=1, tumbling=60)
        bench.brook.put("a", "b")
        await bench.settle()
        assert [event["state"] for event in bench.events] == [{}, {"a": 1}]
        mapping.stop()
        await bench.settle()
        bench.mapping(batch_size=1, tumbling=60)
        bench.brook.put("c")
        await bench.settle()
        assert bench.events[2]["state"] == {"a": 1, "b": 1}
        await bench.clock.advance(61)
        final = bench.events[3]
        assert (bench.batches[3], final["state"]) == ([], {"a": 1, "b": 1, "c": 1})
        assert (final["isFinalInvokeForWindow"], final["isWindowTerminatedEarly"]) == (True, False)
        bench.brook.put("d")
        await bench.settle()
        assert bench.events[4]["state"] == {}
        bench.brook.close("s0")
        await bench.settle()
        assert bench.events[5]["isWindowTerminatedEarly"]

    run(work)

"""The outbox through retries, rollbacks, full disks and crashes: what was accepted arrives, a lane's in their order."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.store import Store, StoreFull
from penstock.call import Config, Context, Kernel, Service
from penstock.delivery.outbox import Outbox
from penstock.delivery.targets import Delivery
from penstock.wire.model import Json

TABLE = "sqs_outbox"
SCHEMA = (Outbox.schema(TABLE), "CREATE TABLE IF NOT EXISTS sqs_arrived (queue TEXT, body TEXT)")
QUEUE, SLOW, LETTERS = (f"arn:aws:sqs:us-east-1:000000000000:{name}" for name in ("fast", "slow", "letters"))
LONG = 4000.0  # seconds in which whatever is to be tried again has been


class World:
    """A queue that takes messages at once, one that takes its time, and one for dead letters; they outlive crashes."""

    def __init__(self, folder: str) -> None:
        self.file = Path(folder) / "state.db"
        self.refusals: dict[str, int] = {}  # by body, how often its target refuses it first
        self.full: set[str] = set()  # queues for which the disk is full
        self.began: list[str] = []
        self.accepted: list[tuple[str, str]] = []  # (lane, body)
        self.bodies = map(str, count())
        self.start()

    def start(self) -> None:
        module = ModuleType("queues")
        module.send_message = _function(self.send_message)  # type: ignore[attr-defined]
        self.store = Store(self.file)
        self.kernel = Kernel(Config(), self.store, Clock(), [Service(name="sqs", operations=(module,), schema=SCHEMA)])
        self.kernel.service("sqs")
        self.outbox = Outbox(self.kernel, TABLE, "events.amazonaws.com", lambda: 0.5)
        self.outbox.resume()

    def send_message(self, ctx: Context, request: Json) -> Json | Awaitable[Json]:
        queue, body = request["QueueUrl"].rpartition("/")[2], request["MessageBody"]
        if queue in self.full:
            raise StoreFull("the disk is full")
        if queue != "slow":
            return self._take(ctx, queue, body)
        self.began.append(body)
        return self._take_slowly(ctx, body)

    def _take(self, ctx: Context, queue: str, body: str) -> Json:
        if queue != "letters" and self.refusals[body]:
            self.refusals[body] -= 1
            raise AwsError("ThrottlingException", "later", status=400)
        ctx.store.run("INSERT INTO sqs_arrived VALUES (?, ?)", queue, body)
        return {}

    async def _take_slowly(self, ctx: Context, body: str) -> Json:
        await asyncio.sleep(0)
        return self._take(ctx, "slow", body)

    def send(self, target: str, lane: str = "", refusals: int = 0, **members: Any) -> str:
        body = next(self.bodies)
        self.refusals[body] = refusals
        self.outbox.deliver(Delivery(QUEUE, target, body, self.kernel.clock.now(), {}, lane=lane, **members))
        return body

    def arrived(self, queue: str = "") -> list[str]:
        return [body for where, body in self.store.all("SELECT * FROM sqs_arrived ORDER BY rowid") if queue in where]

    async def crash(self) -> None:
        """As by SIGKILL, in the middle of a turn: what is not committed is lost, and so is all memory."""
        if self.store.open:
            self.store.one("ROLLBACK")
        for task in self.kernel.tasks:
            task.cancel()
        await asyncio.gather(*self.kernel.tasks, return_exceptions=True)
        self.store.close()
        self.start()

    async def pass_time(self, seconds: float = LONG) -> None:
        await self.kernel.clock.advance(seconds)


def _function(method: Callable[[Context, Json], Any]) -> Callable[[Context, Json], Any]:
    def send_message(ctx: Context, request: Json) -> Any:
        return method(ctx, request)

    send_message.__module__ = "queues"
    return send_message


@contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        yield World(folder)


# -- whatever happens ------------------------------------------------------------------------------------

LANES = st.sampled_from(["", "a", "b"])
DELIVER = st.tuples(st.just("deliver"), st.sampled_from([QUEUE, SLOW]), LANES, st.integers(0, 3))
STEPS = st.one_of(
    DELIVER,
    DELIVER,
    st.tuples(st.just("undo"), st.sampled_from([QUEUE, SLOW]), LANES, st.integers(0, 3)),
    st.tuples(st.just("time"), st.sampled_from([0.0, 0.6, 5.0, 100.0])),
    st.tuples(st.sampled_from(["crash", "turn"])),
)


class Undone(Exception):
    pass


async def deliver(here: World, target: str, lane: str, refusals: int) -> None:
    body = here.send(target, lane, refusals)
    here.store.when_settled(lambda error: here.accepted.append((lane, body)) if error is None else None)


async def undo(here: World, target: str, lane: str, refusals: int) -> None:
    try:
        with here.store.savepoint():
            here.send(target, lane, refusals)
            raise Undone
    except Undone:
        pass


async def turn(here: World) -> None:
    await asyncio.sleep(0)


ACTIONS: dict[str, Callable[..., Awaitable[None]]] = {
    "deliver": deliver,
    "undo": undo,
    "time": World.pass_time,
    "crash": World.crash,
    "turn": turn,
}


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")  # what had not begun is dropped by a crash
@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_what_was_accepted_arrives_and_nothing_else_and_lanes_keep_their_order(steps: list[tuple[Any, ...]]) -> None:
    async def work(here: World) -> None:
        for name, *arguments in steps:
            await ACTIONS[name](here, *arguments)
        await here.pass_time()
        arrived = list(dict.fromkeys(here.arrived()))
        assert sorted(arrived) == sorted(body for _, body in here.accepted)
        for lane in ("a", "b"):
            accepted = [body for where, body in here.accepted if where == lane]
            assert [body for body in arrived if body in accepted] == accepted
        assert here.store.all(f"SELECT id FROM {TABLE}") == []
        here.store.close()

    with world() as here:
        asyncio.run(bracketed(here, work))


async def bracketed(here: World, work: Callable[[World], Awaitable[None]]) -> None:
    await here.crash()  # timers belong to the loop
    await work(here)
    for task in here.kernel.tasks:
        task.cancel()


# -- a full disk -----------------------------------------------------------------------------------------


def test_a_dead_letter_that_a_full_disk_does_not_take_is_sent_when_there_is_room() -> None:
    async def work(here: World) -> None:
        here.full = {"letters"}
        body = here.send(SLOW, refusals=1000, attempts=1, dead_letter_arn=LETTERS)
        await here.pass_time()
        assert (here.arrived(), len(here.store.all(f"SELECT id FROM {TABLE}"))) == ([], 1)
        here.full = set()
        await here.pass_time()
        assert here.arrived("letters") == [body]
        assert here.store.all(f"SELECT id FROM {TABLE}") == []

    with world() as here:
        asyncio.run(bracketed(here, work))

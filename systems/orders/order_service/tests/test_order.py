"""Placing an order under crashes. The fakes keep what the table and the bus would keep."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_service.domain.order import (
    ABANDONED,
    Announcement,
    KeyReused,
    Metadata,
    NotFound,
    Order,
    OrderDesk,
    Unpublished,
)

METADATA = Metadata("c", "00-0-0-01", "Root=1-0-0")
START = datetime(2026, 11, 21, tzinfo=UTC)


class Crash(Exception):
    """The process is gone. What it had written stays."""


@dataclass
class World:
    """`step` stands between the desk and each effect, and may let it die there."""

    orders: dict[str, Order] = field(default_factory=dict)
    notes: dict[str, Announcement] = field(default_factory=dict)
    keys: dict[str, Order] = field(default_factory=dict)
    bus: list[Announcement] = field(default_factory=list)
    now: datetime = START
    step: Callable[[Callable[[], object]], object] = lambda effect: effect()

    def add(self, announcement: Announcement, key: str | None) -> Order | None:
        if key in self.keys:
            return self.keys[key]
        self.step(lambda: self._add(announcement, key))
        return None

    def _add(self, announcement: Announcement, key: str | None) -> None:
        order = announcement.order
        self.orders[order.number], self.notes[order.number] = order, announcement
        if key:
            self.keys[key] = order

    def get(self, number: str) -> Order | None:
        return self.orders.get(number)

    def unannounced(self) -> list[Announcement]:
        return list(self.notes.values())

    def settle(self, order: Order) -> None:
        self.step(lambda: self.notes.pop(order.number, None))

    def publish(self, announcement: Announcement) -> None:
        self.step(lambda: self.bus.append(announcement))

    def desk(self) -> OrderDesk:
        return OrderDesk(self, self.publish, lambda: self.now)


def refuse(announcement: Announcement) -> None:
    raise Unpublished("later")


def test_an_order_is_stored_and_announced() -> None:
    world = World()
    order = world.desk().place("ada", METADATA)
    assert world.desk().find(order.number) == order == Order(order.number, "ada", START)
    assert world.bus == [Announcement(order, METADATA)]
    assert world.notes == {}


def test_one_key_is_one_order() -> None:
    world = World()
    first, again = (world.desk().place("ada", METADATA, "key") for _ in range(2))
    assert first == again
    assert [each.order for each in world.bus] == [first]
    with pytest.raises(KeyReused):
        world.desk().place("somebody else", METADATA, "key")


def test_an_unknown_number() -> None:
    with pytest.raises(NotFound, match="no order 7"):
        World().desk().find("7")


def test_an_order_is_taken_although_the_bus_is_not() -> None:
    world = World()
    order = OrderDesk(world, refuse, lambda: world.now).place("ada", METADATA)
    assert world.desk().catch_up() == 0, "it may be somebody's who is about to announce it"
    world.now += ABANDONED
    assert (world.desk().catch_up(), world.desk().catch_up()) == (1, 0)
    assert world.bus == [Announcement(order, METADATA)]


GO, DIE_BEFORE, DIE_AFTER = range(3)


@given(st.lists(st.sampled_from([GO, GO, DIE_BEFORE, DIE_AFTER]), max_size=30), st.integers(1, 6))
def test_wherever_the_process_dies_every_stored_order_is_announced(schedule: list[int], count: int) -> None:
    world, instructions = World(), iter(schedule)
    world.step = lambda effect: crash_or(effect, instructions)
    for _ in range(count):
        attempt(lambda: world.desk().place("ada", METADATA))
        attempt(world.desk().catch_up)
        world.now += timedelta(seconds=20)
    for _ in range(len(schedule) + 1):
        attempt(world.desk().catch_up)
    assert {each.order.number for each in world.bus} == set(world.orders)
    assert world.notes == {}


def crash_or(effect: Callable[[], object], instructions: Iterator[int]) -> None:
    instruction = next(instructions, GO)
    if instruction == DIE_BEFORE:
        raise Crash
    effect()
    if instruction == DIE_AFTER:
        raise Crash


def attempt(action: Callable[[], object]) -> None:
    try:
        action()
    except Crash:
        pass

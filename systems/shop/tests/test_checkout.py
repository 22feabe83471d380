"""Checkout under crashes and interleaving. The fakes keep what the table and the bus would keep.

A `Shop` runs requests against one user's basket. Before or after every call that leaves the process it may die, or let
the next request run to its end first. Whatever happens, every checkout is sent again until it has an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.basket import Basket, Claim, Item, Order
from domain.checkout import ATTEMPTS, Claimed, Contended, Till
from domain.errors import Busy, EmptyBasket, KeyReused, NotFound

from .test_basket import PURCHASE

ITEM = Item("p", 2, Decimal("19.99"))


class Crash(Exception):
    """The process is gone. What it had written stays."""


@dataclass
class Store:
    basket: Basket | None = None
    answers: dict[str, Order] = field(default_factory=dict)
    bus: list[Order] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    step: Callable[[Callable[[], object]], object] = lambda effect: effect()

    def load(self, user_name: str, key: str | None) -> tuple[Order | None, Basket | None]:
        found: list[tuple[Order | None, Basket | None]] = []
        self.step(lambda: found.append((self.answers.get(key or ""), self.basket)))
        return found[0]

    def claim(self, basket: Basket, claim: Claim) -> None:
        self.step(lambda: self._claim(basket, claim))

    def settle(self, basket: Basket, claim: Claim) -> None:
        self.step(lambda: self._settle(basket, claim))

    def publish(self, order: Order) -> None:
        self.step(lambda: self.bus.append(order))

    def put(self, basket: Basket) -> None:
        self.step(lambda: self._replace(basket))

    def remove(self) -> None:
        self.step(lambda: self._replace(None))

    def _claim(self, basket: Basket, claim: Claim) -> None:
        if not self.basket or self.basket.version != basket.version or self.basket.claim:
            raise Contended
        self.basket = replace(self.basket, claim=claim)

    def _settle(self, basket: Basket, claim: Claim) -> None:
        if not self.basket or self.basket.version != basket.version:
            raise Contended
        self.answers[claim.key], self.basket = claim.order, None

    def _replace(self, basket: Basket | None) -> None:
        if self.basket and self.basket.claim:
            raise Claimed(self.basket)
        self.given_up |= {self.basket.version} if self.basket else set()
        self.taken |= {basket.version} if basket else set()
        self.basket = basket


def clock() -> Callable[[], datetime]:
    instants = (datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=n) for n in range(10**6))
    return lambda: next(instants)


def till(store: Store) -> Till:
    return Till(store, store.publish, pause=lambda attempt: None, now=clock())


def basket(version: str = "v1", *items: Item) -> Basket:
    return Basket("swn", items or (ITEM,), version)


def test_an_order_is_published_and_the_basket_is_gone() -> None:
    store = Store(basket())
    order = till(store).check_out(PURCHASE, "key")
    assert store.bus == [order]
    assert store.basket is None
    assert order.total_price == Decimal("39.98")


def test_the_same_key_gets_the_same_answer_and_publishes_once() -> None:
    store = Store(basket())
    first = till(store).check_out(PURCHASE, "key")
    store.basket = basket("v2")
    assert till(store).check_out(PURCHASE, "key") == first
    assert store.bus == [first]
    assert store.basket == basket("v2")


def test_the_same_key_with_other_details_is_refused() -> None:
    store = Store(basket())
    till(store).check_out(PURCHASE, "key")
    with pytest.raises(KeyReused):
        till(store).check_out(replace(PURCHASE, address="elsewhere"), "key")


def test_no_basket_and_an_empty_one() -> None:
    with pytest.raises(NotFound):
        till(Store()).check_out(PURCHASE, "key")
    with pytest.raises(EmptyBasket):
        till(Store(Basket("swn", (), "v1"))).check_out(PURCHASE, "key")


def test_a_bus_that_refuses_leaves_the_basket_to_be_checked_out_again() -> None:
    store = Store(basket())

    def refuse(order: Order) -> None:
        raise Busy("later")

    with pytest.raises(Busy):
        Till(store, refuse, pause=lambda attempt: None).check_out(PURCHASE)
    assert store.basket and store.basket.claim
    claimed = store.basket.claim.order
    assert till(store).check_out(PURCHASE) == claimed
    assert store.bus == [claimed]


def test_endless_contention_ends_in_busy() -> None:
    store, pauses = Store(basket()), list[int]()

    def contend(effect: Callable[[], object]) -> object:
        raise Contended

    store.step = contend
    with pytest.raises(Busy):
        Till(store, store.publish, pause=pauses.append).check_out(PURCHASE)
    assert pauses == list(range(ATTEMPTS))


GO, DIE_BEFORE, DIE_AFTER, YIELD = range(4)
REQUESTS = st.lists(st.sampled_from(["put", "put", "remove", "checkout:", "checkout:a", "checkout:b"]), max_size=8)
SCHEDULE = st.lists(st.sampled_from([GO, GO, GO, DIE_BEFORE, DIE_AFTER, YIELD]), max_size=40)


@dataclass
class Shop:
    requests: list[str]
    schedule: Iterator[int]
    store: Store = field(default_factory=Store)
    answers: dict[str, list[Order]] = field(default_factory=dict)
    versions: int = 0

    def __post_init__(self) -> None:
        self.store.step = self.step
        self.till = till(self.store)

    def step(self, effect: Callable[[], object]) -> object:
        instruction = next(self.schedule, GO)
        if instruction == YIELD:
            self.run_next()
        if instruction == DIE_BEFORE:
            raise Crash
        result = effect()
        if instruction == DIE_AFTER:
            raise Crash
        return result

    def run_next(self) -> None:
        if self.requests:
            self.run(self.requests.pop(0))

    def run(self, request: str) -> None:
        verb, _, key = request.partition(":")
        try:
            {"checkout": self.check_out, "put": self.put, "remove": self.remove}[verb](key)
        except (Crash, NotFound, Busy):
            pass

    def check_out(self, key: str) -> None:
        order = self.till.check_out(PURCHASE, key or None)
        self.answers.setdefault(key or order.order_id, []).append(order)

    def put(self, _: str) -> None:
        self.versions += 1
        new = basket(f"v{self.versions}")
        self.till.change(lambda: self.store.put(new))

    def remove(self, _: str) -> None:
        self.till.change(self.store.remove)


@settings(max_examples=1500, deadline=None)
@given(REQUESTS, SCHEDULE)
def test_whatever_dies_or_overtakes(requests: list[str], schedule: list[int]) -> None:
    shop = Shop(["put", *requests], iter(schedule))
    keys = {request for request in requests if request.startswith("checkout:")}
    while shop.requests:
        shop.run_next()
    shop.schedule = iter(())
    for request in (*keys, *keys, "checkout:"):
        shop.run(request)

    store = shop.store
    orders = {order.order_id: order for order in store.bus}
    assert all(orders[order.order_id] == order for order in store.bus), "a basket became two orders"
    assert len({order.order_date for order in orders.values()}) == len(orders), "two orders in one place"
    for key, answers in shop.answers.items():
        assert all(answer == answers[0] for answer in answers), f"{key} had two answers"
        assert answers[0] == orders[answers[0].order_id], f"{key} was answered without an order"
    assert orders.keys() | store.given_up == store.taken, "a basket was lost"
    assert not orders.keys() & store.given_up, "a basket was ordered and given up"
    assert store.basket is None

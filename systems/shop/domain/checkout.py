"""Checkout, safe to repeat: by the client, by two clients at once, and after a crash at any line.

    load     the answer already kept under this key, and the basket, read in one instant
    claim    fix the order on the basket, if its version is still the one that was read
    publish  the order, as an event; the ordering service takes the same order any number of times
    settle   keep the answer under the claim's key and remove the basket, together or not at all

A crash before `claim` changed nothing. After it the basket still holds its order, so the next request of any kind
publishes that same order and settles it. Nothing is removed before the bus has acknowledged the event. Where another
request was faster, a port raises `Contended` and the whole thing starts again from `load`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from domain.basket import Basket, Claim, Order, Purchase, claim, replay
from domain.errors import Busy, NotFound

ATTEMPTS = 8
T = TypeVar("T")


class Contended(Exception):
    """The basket is not any more what it was when it was read."""


class Claimed(Exception):
    """The basket cannot be changed: it is becoming an order."""

    def __init__(self, basket: Basket) -> None:
        self.basket = basket


class Baskets(Protocol):
    def load(self, user_name: str, key: str | None) -> tuple[Order | None, Basket | None]: ...
    def claim(self, basket: Basket, claim: Claim) -> None: ...
    def settle(self, basket: Basket, claim: Claim) -> None: ...


@dataclass(frozen=True)
class Till:
    """`publish` returns once the event is durable. `pause(attempt)`, from 0, lets the others get on."""

    baskets: Baskets
    publish: Callable[[Order], None]
    pause: Callable[[int], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def check_out(self, purchase: Purchase, key: str | None = None) -> Order:
        """The order that this basket, or this key, became. Without a key the basket's version stands for it."""

        def attempt() -> Order:
            kept, basket = self.baskets.load(purchase.user_name, key)
            if kept:
                return replay(kept, purchase)
            if not basket:
                raise NotFound(f"{purchase.user_name} has no basket.")
            mine = claim(basket, purchase, key, self._order_date())
            return self._become(basket, mine, purchase)

        return self._persist(attempt)

    def change(self, action: Callable[[], T]) -> T:
        """Runs `action` on a basket, once a checkout that may still hold it has been finished."""

        def attempt() -> T:
            try:
                return action()
            except Claimed as held:
                if held.basket.claim:
                    self._finish(held.basket, held.basket.claim)
                raise Contended from held

        return self._persist(attempt)

    def _become(self, basket: Basket, mine: Claim, purchase: Purchase) -> Order:
        if not basket.claim:
            self.baskets.claim(basket, mine)
        held = basket.claim or mine
        self._finish(basket, held)
        if held.key != mine.key:
            raise Contended
        return replay(held.order, purchase)

    def _finish(self, basket: Basket, held: Claim) -> None:
        self.publish(held.order)
        self.baskets.settle(basket, held)

    def _persist(self, attempt: Callable[[], T]) -> T:
        for number in range(ATTEMPTS):
            try:
                return attempt()
            except Contended:
                self.pause(number)
        raise Busy("The basket is being changed by others. Try again.")

    def _order_date(self) -> str:
        return self.now().isoformat(timespec="microseconds").replace("+00:00", "Z")

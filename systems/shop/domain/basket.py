"""A user's basket, and its one way out: into an order.

A basket's version changes with its contents. Checking a basket out first fixes the order on the basket itself
(`Claim`), and from then on the contents stand still: whoever comes next finishes that checkout before doing anything
else. So a version becomes one order, however many requests race for it and wherever one of them dies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from domain.errors import EmptyBasket, KeyReused
from domain.money import cents


@dataclass(frozen=True, slots=True)
class Item:
    product_id: str
    quantity: int
    price: Decimal
    product_name: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a user says at the till. `card_info` holds the last four digits."""

    user_name: str
    first_name: str
    last_name: str
    email: str
    address: str
    payment_method: str | int
    card_info: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Purchase):
    """A purchase with a price and a date. `order_date` is ISO 8601 in UTC, to the microsecond: orders sort by it."""

    order_id: str
    order_date: str
    total_price: Decimal
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The order that a basket is becoming, and the key under which its answer will be kept."""

    key: str
    order: Order


@dataclass(frozen=True, slots=True)
class Basket:
    user_name: str
    items: tuple[Item, ...]
    version: str
    claim: Claim | None = None


def total(items: Iterable[Item]) -> Decimal:
    return cents(sum((item.price * item.quantity for item in items), Decimal(0)))


def claim(basket: Basket, purchase: Purchase, key: str | None, order_date: str) -> Claim:
    """Fixes the order. Its id is the basket's version, so that a version cannot become two orders."""
    if not basket.items:
        raise EmptyBasket(f"The basket of {basket.user_name} is empty.")
    order = Order(
        **_values(purchase),
        order_id=basket.version,
        order_date=order_date,
        total_price=total(basket.items),
        items=basket.items,
    )
    return Claim(key or basket.version, order)


def replay(order: Order, purchase: Purchase) -> Order:
    """The answer given before, provided that the same thing was asked."""
    if any(getattr(order, name) != value for name, value in _values(purchase).items()):
        raise KeyReused("This Idempotency-Key was used before with a different request.")
    return order


def _values(purchase: Purchase) -> dict[str, Any]:
    return {field.name: getattr(purchase, field.name) for field in fields(Purchase)}

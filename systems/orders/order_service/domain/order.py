"""An order, and how it is placed without being lost on the way to the bus.

    add       the order and the note that it is yet to be announced: both or neither
    publish   the announcement
    settle    strike the note off

A crash before `add` changed nothing. After it the note is there, and whoever looks through the notes publishes what
the dead process did not (`catch_up`). So each order is announced at least once, and listeners must not mind
hearing of one twice.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

logger = logging.getLogger(__name__)

# A note this old is nobody's any more: placing an order takes no such time.
ABANDONED = timedelta(seconds=10)


class OrderError(Exception):
    """The message is written for the client."""


class NotFound(OrderError):
    """There is no order of this number."""


class KeyReused(OrderError):
    """An Idempotency-Key was sent again with a different request."""


class Unpublished(Exception):
    """The bus has not taken the event."""


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    customer_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Metadata:
    """What travels with the announcement, so that whoever handles it belongs to the same trace."""

    correlation_id: str
    traceparent: str
    xray: str


@dataclass(frozen=True, slots=True)
class Announcement:
    order: Order
    metadata: Metadata


class Orders(Protocol):
    def add(self, announcement: Announcement, key: str | None) -> Order | None:
        """Stores the order and its note; or nothing, if there is an order of this key already, and returns that one."""

    def get(self, number: str) -> Order | None: ...
    def unannounced(self) -> Iterable[Announcement]: ...
    def settle(self, order: Order) -> None: ...


@dataclass(frozen=True)
class OrderDesk:
    """`publish` returns once the event is durable, or raises Unpublished."""

    orders: Orders
    publish: Callable[[Announcement], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def place(self, customer_id: str, metadata: Metadata, key: str | None = None) -> Order:
        """The order that was placed, now or under this key before. It is announced now, or before long."""
        announcement = Announcement(Order(str(uuid.uuid4()), customer_id, self.now()), metadata)
        kept = self.orders.add(announcement, key)
        if kept is None:
            self._announce(announcement)
        elif kept.customer_id != customer_id:
            raise KeyReused("This Idempotency-Key was used before with a different request.")
        return kept or announcement.order

    def find(self, number: str) -> Order:
        order = self.orders.get(number)
        if order is None:
            raise NotFound(f"There is no order {number}.")
        return order

    def catch_up(self) -> int:
        """Announces what somebody stored and did not announce; how many there were."""
        abandoned = self.now() - ABANDONED
        left = [each for each in self.orders.unannounced() if each.order.created_at <= abandoned]
        return sum(self._announce(announcement) for announcement in left)

    def _announce(self, announcement: Announcement) -> bool:
        try:
            self.publish(announcement)
        except Unpublished:
            logger.exception("order not announced yet", extra={"order_number": announcement.order.number})
            return False
        self.orders.settle(announcement.order)
        return True

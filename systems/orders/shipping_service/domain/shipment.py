"""A shipment, and the one rule it has: an order is shipped once, however often it is announced."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class ShipmentError(Exception):
    """The message is written for whoever asked."""


class NotFound(ShipmentError):
    """Nothing has been shipped for this order."""


class Contradiction(ShipmentError):
    """The order was announced before, and not the same."""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What shipping knows of an order: what the event said."""

    number: str
    customer_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shipment:
    order: PlacedOrder
    event_id: str
    received_at: datetime


class Shipments(Protocol):
    def add(self, shipment: Shipment) -> Shipment | None:
        """Stores it, or returns the one that this order has already."""

    def get(self, order_number: str) -> Shipment | None: ...


@dataclass(frozen=True)
class Dispatch:
    shipments: Shipments
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def ship(self, order: PlacedOrder, event_id: str) -> tuple[Shipment, bool]:
        """The order's shipment, and whether it is new."""
        shipment = Shipment(order, event_id, self.now())
        before = self.shipments.add(shipment)
        if before and before.order != order:
            raise Contradiction(f"Order {order.number} was announced before with other details.")
        return before or shipment, before is None

    def find(self, order_number: str) -> Shipment:
        shipment = self.shipments.get(order_number)
        if shipment is None:
            raise NotFound(f"There is no shipment for order {order_number}.")
        return shipment

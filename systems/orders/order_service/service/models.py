"""What a client sends, what it gets, and what the bus gets."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from order_service.domain.order import Announcement, Order


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class NewOrder(Model):
    customer_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]


class PlacedOrder(Model):
    order_number: str
    customer_id: str
    created_at: datetime

    @classmethod
    def of(cls, order: Order) -> "PlacedOrder":
        return cls(order_number=order.number, customer_id=order.customer_id, created_at=order.created_at)


class Metadata(Model):
    correlation_id: str
    traceparent: str


class OrderCreated(PlacedOrder):
    """The detail of the event."""

    metadata: Metadata

    @classmethod
    def announcing(cls, announcement: Announcement) -> dict[str, Any]:
        given = announcement.metadata
        metadata = Metadata(correlation_id=given.correlation_id, traceparent=given.traceparent)
        order = PlacedOrder.of(announcement.order)
        return cls(**order.model_dump(), metadata=metadata).model_dump(mode="json", by_alias=True)

"""What the event proxy POSTs, an EventBridge envelope, and what is answered.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shipping_service.domain.contract import DETAIL_TYPE, SOURCE
from shipping_service.domain.shipment import PlacedOrder, Shipment

Text = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class Metadata(Model):
    correlation_id: Text | None = None


class OrderCreated(Model):
    order_number: Text
    customer_id: Text
    created_at: AwareDatetime
    metadata: Metadata = Metadata()

    def order(self) -> PlacedOrder:
        return PlacedOrder(self.order_number, self.customer_id, self.created_at)


class Envelope(Model):
    id: Text
    source: Literal[SOURCE]  # type: ignore[valid-type]
    detail_type: Annotated[Literal[DETAIL_TYPE], Field(alias="detail-type")]  # type: ignore[valid-type]
    detail: OrderCreated


class ShownShipment(Model):
    order_number: str
    customer_id: str
    created_at: datetime
    received_at: datetime
    event_id: str

    @classmethod
    def of(cls, shipment: Shipment) -> "ShownShipment":
        order = shipment.order
        return cls(
            order_number=order.number,
            customer_id=order.customer_id,
            created_at=order.created_at,
            received_at=shipment.received_at,
            event_id=shipment.event_id,
        )

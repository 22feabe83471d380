"""The shipment table: one item for each order, under `orderNumber`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from shipping_service.domain.shipment import PlacedOrder, Shipment

_pack = TypeSerializer().serialize
_unpack = TypeDeserializer().deserialize


@dataclass(frozen=True)
class ShipmentTable:
    client: Any
    name: str

    def add(self, shipment: Shipment) -> Shipment | None:
        try:
            self.client.put_item(
                TableName=self.name,
                Item={name: _pack(value) for name, value in _document(shipment).items()},
                ConditionExpression="attribute_not_exists(orderNumber)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as failure:
            return _shipment(failure.response["Item"])
        return None

    def get(self, order_number: str) -> Shipment | None:
        key = {"orderNumber": _pack(order_number)}
        item = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")
        return _shipment(item) if item else None


def _document(shipment: Shipment) -> dict[str, str]:
    return {
        "orderNumber": shipment.order.number,
        "customerId": shipment.order.customer_id,
        "createdAt": shipment.order.created_at.isoformat(),
        "receivedAt": shipment.received_at.isoformat(),
        "eventId": shipment.event_id,
    }


def _shipment(item: Mapping[str, Any]) -> Shipment:
    document = {name: _unpack(value) for name, value in item.items()}
    created, received = (datetime.fromisoformat(document[name]) for name in ("createdAt", "receivedAt"))
    order = PlacedOrder(document["orderNumber"], document["customerId"], created)
    return Shipment(order, document["eventId"], received)

"""The order table: three kinds of items under `PK` and `SK`.

| PK | SK | what |
|---|---|---|
| `ORDER#<number>` | `ORDER` | an order |
| `UNANNOUNCED` | `<number>` | the note that an order is yet to be announced, with all that the announcement says |
| `KEY#<Idempotency-Key>` | `KEY` | the order that was placed under a key; removed after a day (`expiresAt`) |
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from order_service.domain.order import Announcement, Metadata, Order

KEYS_KEPT = timedelta(days=1)
UNANNOUNCED = "UNANNOUNCED"
NEW = "attribute_not_exists(PK)"

_pack = TypeSerializer().serialize
_unpack = TypeDeserializer().deserialize


@dataclass(frozen=True)
class OrderTable:
    client: Any
    name: str

    def add(self, announcement: Announcement, key: str | None) -> Order | None:
        order, document = announcement.order, _document(announcement.order)
        note = {**document, **_metadata(announcement.metadata)}
        puts = [
            self._put({"PK": f"ORDER#{order.number}", "SK": "ORDER", **document}, NEW),
            self._put({"PK": UNANNOUNCED, "SK": order.number, **note}, NEW),
        ]
        if key:
            puts.append(self._put_key(key, order))
        try:
            self.client.transact_write_items(TransactItems=puts)
        except self.client.exceptions.TransactionCanceledException:
            kept = self._get(f"KEY#{key}", "KEY") if key else None
            if kept is None:
                raise
            return kept
        return None

    def get(self, number: str) -> Order | None:
        return self._get(f"ORDER#{number}", "ORDER")

    def unannounced(self) -> Iterator[Announcement]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": UNANNOUNCED}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                document = {name: _unpack(value) for name, value in item.items()}
                metadata = Metadata(document["correlationId"], document["traceparent"], document["xray"])
                yield Announcement(_order(document), metadata)

    def settle(self, order: Order) -> None:
        self.client.delete_item(TableName=self.name, Key=_packed({"PK": UNANNOUNCED, "SK": order.number}))

    def _get(self, pk: str, sk: str) -> Order | None:
        key = _packed({"PK": pk, "SK": sk})
        item = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")
        return _order({name: _unpack(value) for name, value in item.items()}) if item else None

    def _put_key(self, key: str, order: Order) -> dict[str, Any]:
        """DynamoDB removes what has expired when it finds the time; until then it counts as removed."""
        expires = int((order.created_at + KEYS_KEPT).timestamp())
        item = {"PK": f"KEY#{key}", "SK": "KEY", "expiresAt": expires, **_document(order)}
        return self._put(item, f"{NEW} OR expiresAt < :now", {":now": int(order.created_at.timestamp())})

    def _put(self, item: dict[str, Any], condition: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        put = {"TableName": self.name, "Item": _packed(item), "ConditionExpression": condition}
        return {"Put": {**put, "ExpressionAttributeValues": _packed(values)} if values else put}


def _document(order: Order) -> dict[str, str]:
    return {
        "orderNumber": order.number,
        "customerId": order.customer_id,
        "createdAt": order.created_at.isoformat(timespec="microseconds"),
    }


def _metadata(metadata: Metadata) -> dict[str, str]:
    return {
        "correlationId": metadata.correlation_id,
        "traceparent": metadata.traceparent,
        "xray": metadata.xray,
    }


def _order(document: Mapping[str, Any]) -> Order:
    return Order(document["orderNumber"], document["customerId"], datetime.fromisoformat(document["createdAt"]))


def _packed(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _pack(value) for name, value in document.items()}

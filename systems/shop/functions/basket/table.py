"""The basket table (`userName`), and the table of answers that checkouts gave (`id`, with a time to live)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.basket import Basket, Claim, Item, Order
from domain.checkout import Claimed, Contended
from domain.errors import NotFound
from functions.common.documents import Document, dump, load
from functions.common.tables import pack, page, unpack

ANSWERS_KEPT = 24 * 3600  # seconds; the time in which a client may repeat a checkout


@dataclass(frozen=True)
class Baskets:
    client: Any
    basket_table: str
    checkout_table: str

    def load(self, user_name: str, key: str | None) -> tuple[Order | None, Basket | None]:
        """Both at one instant: a basket that is gone without its answer being there is no basket."""
        gets = [{"TableName": self.basket_table, "Key": pack({"userName": user_name})}]
        if key:
            gets.append({"TableName": self.checkout_table, "Key": pack({"id": _answer_id(user_name, key)})})
        try:
            found = self.client.transact_get_items(TransactItems=[{"Get": get} for get in gets])["Responses"]
        except self.client.exceptions.TransactionCanceledException:
            raise Contended from None
        basket, *answer = (unpack(each["Item"]) if each.get("Item") else None for each in found)
        return _order(answer[0]["order"]) if answer and answer[0] else None, _basket(basket) if basket else None

    def get(self, user_name: str) -> Document:
        answer = self.client.get_item(TableName=self.basket_table, Key=_key(user_name), ConsistentRead=True)
        if "Item" not in answer:
            raise _unknown(user_name)
        return shown(unpack(answer["Item"]))

    def page(self, query: Mapping[str, str]) -> Document:
        found = page(self.client.scan, query, ["userName"], TableName=self.basket_table)
        return {**found, "items": [shown(item) for item in found["items"]]}

    def put(self, basket: Basket) -> bool:
        """Replaces the user's basket; whether there was none before. Claimed if it is becoming an order."""
        try:
            answer = self.client.put_item(
                TableName=self.basket_table,
                Item=pack(dump(basket)),
                ConditionExpression="attribute_not_exists(claim)",
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as failure:
            raise _claimed(failure) from None
        return "Attributes" not in answer

    def remove(self, user_name: str) -> None:
        try:
            self.client.delete_item(
                TableName=self.basket_table,
                Key=_key(user_name),
                ConditionExpression="attribute_exists(userName) AND attribute_not_exists(claim)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as failure:
            raise (_claimed(failure) if "Item" in failure.response else _unknown(user_name)) from None

    def claim(self, basket: Basket, claim: Claim) -> None:
        try:
            self.client.update_item(
                TableName=self.basket_table,
                Key=_key(basket.user_name),
                UpdateExpression="SET claim = :claim",
                ConditionExpression="version = :version AND attribute_not_exists(claim)",
                ExpressionAttributeValues=pack({":claim": dump(claim), ":version": basket.version}),
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise Contended from None

    def settle(self, basket: Basket, claim: Claim) -> None:
        expires = int(time.time()) + ANSWERS_KEPT
        answer = {"id": _answer_id(basket.user_name, claim.key), "order": dump(claim.order), "expiresAt": expires}
        removal = {
            "TableName": self.basket_table,
            "Key": _key(basket.user_name),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": pack({":version": basket.version}),
        }
        put = {"TableName": self.checkout_table, "Item": pack(answer)}
        try:
            self.client.transact_write_items(TransactItems=[{"Put": put}, {"Delete": removal}])
        except self.client.exceptions.TransactionCanceledException:
            raise Contended from None


def shown(basket: Mapping[str, Any]) -> Document:
    """A basket as clients see it."""
    return {"userName": basket["userName"], "items": basket["items"]}


def _key(user_name: str) -> dict[str, Any]:
    return pack({"userName": user_name})


def _answer_id(user_name: str, key: str) -> str:
    """Keys are the user's own: two users may choose the same. A user name holds no `#`."""
    return f"{user_name}#{key}"


def _order(document: Mapping[str, Any]) -> Order:
    return load(Order, document, items=_items(document))


def _basket(document: Mapping[str, Any]) -> Basket:
    held = document.get("claim")
    claim = Claim(held["key"], _order(held["order"])) if held else None
    return load(Basket, document, items=_items(document), claim=claim)


def _items(document: Mapping[str, Any]) -> tuple[Item, ...]:
    return tuple(load(Item, {**item, "quantity": int(item["quantity"])}) for item in document["items"])


def _claimed(failure: Any) -> Claimed:
    return Claimed(_basket(unpack(failure.response["Item"])))


def _unknown(user_name: str) -> NotFound:
    return NotFound(f"{user_name} has no basket.")

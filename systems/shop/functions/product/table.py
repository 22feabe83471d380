"""The product table: `id`, and an index by category."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import AlreadyExists, NotFound
from domain.product import Product
from functions.common.documents import Document, camel, dump
from functions.common.tables import pack, page, unpack

CATEGORY_INDEX = "category"


@dataclass(frozen=True)
class Products:
    client: Any
    table_name: str

    def create(self, product: Product) -> None:
        try:
            self.client.put_item(
                TableName=self.table_name, Item=pack(dump(product)), ConditionExpression="attribute_not_exists(id)"
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise AlreadyExists(f"There is a product {product.id} already.") from None

    def get(self, product_id: str) -> Document:
        answer = self.client.get_item(TableName=self.table_name, Key=pack({"id": product_id}), ConsistentRead=True)
        if "Item" not in answer:
            raise _unknown(product_id)
        return unpack(answer["Item"])

    def change(self, product_id: str, values: Mapping[str, Any]) -> Document:
        """Sets these members (by their Python names) and returns the whole product."""
        names = {f"#{name}": camel(name) for name in values}
        try:
            answer = self.client.update_item(
                TableName=self.table_name,
                Key=pack({"id": product_id}),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=pack({f":{name}": value for name, value in values.items()}),
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise _unknown(product_id) from None
        return unpack(answer["Attributes"])

    def remove(self, product_id: str) -> None:
        try:
            self.client.delete_item(
                TableName=self.table_name, Key=pack({"id": product_id}), ConditionExpression="attribute_exists(id)"
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise _unknown(product_id) from None

    def page(self, query: Mapping[str, str]) -> Document:
        return page(self.client.scan, query, ["id"], TableName=self.table_name)

    def in_category(self, category: str, query: Mapping[str, str]) -> Document:
        return page(
            self.client.query,
            query,
            ["id", "category"],
            given={"category": category},
            TableName=self.table_name,
            IndexName=CATEGORY_INDEX,
            KeyConditionExpression="category = :category",
            ExpressionAttributeValues=pack({":category": category}),
        )


def _unknown(product_id: str) -> NotFound:
    return NotFound(f"There is no product {product_id}.")

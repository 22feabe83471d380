"""The order table: `userName` and `orderDate`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.common.documents import Document
from functions.common.tables import pack, page

KEY = ("userName", "orderDate")


@dataclass(frozen=True)
class Orders:
    client: Any
    table_name: str

    def store(self, order: Document) -> None:
        """Storing the same order again changes nothing; another order in its place is an error, not an overwrite."""
        self.client.put_item(
            TableName=self.table_name,
            Item=pack(order),
            ConditionExpression="attribute_not_exists(userName) OR orderId = :id",
            ExpressionAttributeValues=pack({":id": order["orderId"]}),
        )

    def page(self, query: Mapping[str, str]) -> Document:
        return page(self.client.scan, query, KEY, TableName=self.table_name)

    def of_user(self, user_name: str, query: Mapping[str, str]) -> Document:
        """Newest first; with `orderDate` in the query, the order of that date."""
        condition, values = "userName = :user", {":user": user_name}
        if order_date := query.get("orderDate"):
            condition, values = condition + " AND orderDate = :date", {**values, ":date": order_date}
        return page(
            self.client.query,
            query,
            KEY,
            given={"userName": user_name},
            TableName=self.table_name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=pack(values),
            ScanIndexForward=False,
        )

"""The table of links: `code`; url, createdAt, clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.link import AlreadyExists, Link


@dataclass(frozen=True)
class LinkTable:
    client: Any
    name: str

    def add(self, link: Link) -> None:
        item = {
            "code": {"S": link.code},
            "url": {"S": link.url},
            "createdAt": {"S": link.created_at.isoformat()},
            "clicks": {"N": str(link.clicks)},
        }
        try:
            self.client.put_item(TableName=self.name, Item=item, ConditionExpression="attribute_not_exists(code)")
        except self.client.exceptions.ConditionalCheckFailedException:
            raise AlreadyExists(f"There is a link {link.code} already.") from None

    def get(self, code: str) -> Link | None:
        item = self.client.get_item(TableName=self.name, Key={"code": {"S": code}}, ConsistentRead=True).get("Item")
        return _link(item) if item else None

    def click(self, code: str) -> Link | None:
        """One write, which adds: clicks at the same time are all counted."""
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key={"code": {"S": code}},
                UpdateExpression="ADD clicks :one",
                ConditionExpression="attribute_exists(code)",
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        return _link(answer["Attributes"])


def _link(item: Mapping[str, Any]) -> Link:
    created = datetime.fromisoformat(item["createdAt"]["S"])
    return Link(item["code"]["S"], item["url"]["S"], created, int(item["clicks"]["N"]))

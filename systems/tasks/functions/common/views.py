"""The read model: each task as it is, and the list of those that are not deleted, newest first."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from domain.events import AGGREGATE
from domain.task import Aggregate, NotFound
from functions.common.documents import Document, view_document
from functions.common.items import pack, unpack

INDEX = "Listed"  # holds what has the attribute `listed`: a deleted task has not
MEMBERS = ("aggregate_type", "command_id", "id", "task")


class BadToken(Exception):
    """Not a token from an earlier answer."""


def view_item(aggregate: Aggregate) -> dict[str, Any]:
    document = view_document(aggregate)
    listed = {} if document["task"]["deleted"] else {"listed": AGGREGATE}
    return {**document, **listed, "sequence": aggregate.sequence}


@dataclass(frozen=True)
class Views:
    client: Any
    table_name: str

    def get(self, task_id: str) -> Document:
        """As of the last command. Raises NotFound, also for a task that is deleted."""
        key = pack({"id": task_id})
        item = self.client.get_item(TableName=self.table_name, Key=key, ConsistentRead=True).get("Item")
        if item is None or (found := _view(item))["task"]["deleted"]:
            raise NotFound(f"There is no task {task_id}.")
        return found

    def page(self, limit: int, token: str | None) -> Document:
        """`{items, next}`; `next` is None at the end. Raises BadToken."""
        start = {"ExclusiveStartKey": pack({"listed": AGGREGATE, "id": _decode(token)})} if token else {}
        answer = self.client.query(
            TableName=self.table_name,
            IndexName=INDEX,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues=pack({":listed": AGGREGATE}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        items = [_view(item) for item in answer["Items"]]
        return {"items": items, "next": _encode(unpack(last)["id"]) if last else None}

    def some(self, task_ids: Sequence[str]) -> list[Document]:
        """Those of at most 100 tasks that are there and not deleted, newest first."""
        wanted: Any = {self.table_name: {"Keys": [pack({"id": task_id}) for task_id in task_ids]}} if task_ids else {}
        found = []
        while wanted:
            answer = self.client.batch_get_item(RequestItems=wanted)
            found += [_view(item) for item in answer["Responses"][self.table_name]]
            wanted = answer["UnprocessedKeys"]
        return sorted((view for view in found if not view["task"]["deleted"]), key=_id, reverse=True)

    def put(self, aggregate: Aggregate) -> None:
        """Writes it, unless a newer one is there."""
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item=pack(view_item(aggregate)),
                ConditionExpression="attribute_not_exists(id) OR #sequence <= :sequence",
                ExpressionAttributeNames={"#sequence": "sequence"},
                ExpressionAttributeValues=pack({":sequence": aggregate.sequence}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _view(item: Mapping[str, Any]) -> Document:
    found = unpack(item)
    return {name: found[name] for name in MEMBERS}


def _id(view: Document) -> str:
    id: str = view["id"]
    return id


def _encode(id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(id).encode()).decode().rstrip("=")


def _decode(token: str) -> str:
    try:
        id = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except ValueError:
        id = None
    if not isinstance(id, str) or not id:
        raise BadToken("is not a token from an earlier answer")
    return id

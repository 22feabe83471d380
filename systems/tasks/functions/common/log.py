"""The event log: a table of events that are never changed, beside it snapshots of long histories and the read model.

What one command makes is written in one transaction: its events, the view of the task after them and, now and then, a
snapshot. Each event's place can be taken once only, and that is the whole concurrency control.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from domain.desk import Conflict
from domain.events import AGGREGATE, Recorded, event_of, payload
from domain.task import Aggregate, replay
from functions.common.documents import task_document, task_of, text_of, time_of
from functions.common.items import pack, unpack
from functions.common.views import view_item

FREE = "attribute_not_exists(AggregateTypeAndId)"
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


@dataclass(frozen=True)
class Tables:
    events: str
    snapshots: str
    views: str


@dataclass(frozen=True)
class DynamoEventLog:
    """A snapshot is taken every `snapshot_every` events: so many, at most, are read for a command."""

    client: Any
    tables: Tables
    snapshot_every: int = 20

    def load(self, task_id: str) -> Aggregate:
        snapshot = self._snapshot(task_id)
        return replay(snapshot, self.history(task_id, snapshot.sequence))

    def append(self, events: Sequence[Recorded], after: Aggregate) -> None:
        writes = [_put(self.tables.events, event_item(event), ConditionExpression=FREE) for event in events]
        writes.append(_put(self.tables.views, view_item(after)))
        if after.sequence // self.snapshot_every > (after.sequence - len(events)) // self.snapshot_every:
            writes.append(_put(self.tables.snapshots, _snapshot_item(after)))
        try:
            self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if {reason["Code"] for reason in error.response.get("CancellationReasons", ())} & _LOST:
                raise Conflict from error
            raise

    def history(self, task_id: str, after: int = 0) -> Iterator[Recorded]:
        """The task's events in their order, those later than the one numbered `after`."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.tables.events,
            ConsistentRead=True,
            KeyConditionExpression="AggregateTypeAndId = :id AND AggregateIdSequence > :after",
            ExpressionAttributeValues=pack({":id": key_of(task_id), ":after": after}),
        )
        return (recorded_of_item(unpack(item)) for page in pages for item in page["Items"])

    def task_ids(self, start: Mapping[str, Any] | None) -> tuple[list[str], Mapping[str, Any] | None]:
        """Some of the ids there are, and where to go on; None at the end."""
        given = {"ExclusiveStartKey": start} if start else {}
        page = self.client.scan(
            TableName=self.tables.events,
            ConsistentRead=True,
            FilterExpression="AggregateIdSequence = :first",
            ExpressionAttributeValues=pack({":first": 1}),
            ProjectionExpression="AggregateId",
            **given,
        )
        return [unpack(item)["AggregateId"] for item in page["Items"]], page.get("LastEvaluatedKey")

    def _snapshot(self, task_id: str) -> Aggregate:
        key = pack({"AggregateTypeAndId": key_of(task_id)})
        answer = self.client.get_item(TableName=self.tables.snapshots, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return Aggregate(task_id)
        item = unpack(answer["Item"])
        return Aggregate(task_id, int(item["AggregateIdSequence"]), item["CommandId"], task_of(item["State"]))


def key_of(task_id: str) -> str:
    return f"{AGGREGATE}:{task_id}"


def event_item(recorded: Recorded) -> dict[str, Any]:
    return {
        "AggregateTypeAndId": key_of(recorded.task_id),
        "AggregateIdSequence": recorded.sequence,
        "AggregateType": AGGREGATE,
        "AggregateId": recorded.task_id,
        "EventType": recorded.event.type,
        "EventVersion": recorded.event.version,
        "CommandId": recorded.command_id,
        "OccurredAt": text_of(recorded.at),
        "Payload": payload(recorded.event),
        "Metadata": dict(recorded.metadata),
    }


def recorded_of_item(item: Mapping[str, Any]) -> Recorded:
    return Recorded(
        task_id=item["AggregateId"],
        sequence=int(item["AggregateIdSequence"]),
        command_id=item["CommandId"],
        at=time_of(item["OccurredAt"]),
        event=event_of(item["EventType"], item["EventVersion"], item["Payload"]),
        metadata=item["Metadata"],
    )


def _snapshot_item(aggregate: Aggregate) -> dict[str, Any]:
    if aggregate.task is None:
        raise ValueError(f"{aggregate.id} has no events")
    return {
        "AggregateTypeAndId": key_of(aggregate.id),
        "AggregateIdSequence": aggregate.sequence,
        "CommandId": aggregate.command_id,
        "State": task_document(aggregate.task),
    }


def _put(table: str, item: Mapping[str, Any], **condition: str) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": pack(item), **condition}}

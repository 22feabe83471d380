"""The search index: a table of words, and under each the tasks that it finds.

Beside them stands, for each task, what is in the index of it: from that and the next event follows what is to be added
and removed. It is written last, so that an event whose work was cut short does all of it again when it comes again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from domain.events import Recorded, TaskDeleted, payload
from domain.search import words
from domain.task import Aggregate
from functions.common.items import pack, unpack

DOCUMENT = "#document"  # in the place of a word; no word is like it
MAX_FOUND = 100
_BATCH = 25  # of BatchWriteItem


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is in the index of a task, after `sequence` of its events."""

    sequence: int = 0
    name: str = ""
    summary: str = ""
    deleted: bool = False

    @property
    def words(self) -> frozenset[str]:
        return frozenset() if self.deleted else words(self.name, self.summary)


@dataclass(frozen=True)
class SearchIndex:
    client: Any
    table_name: str

    def take(self, recorded: Recorded) -> None:
        """Brings the index to this event; an event that is in it already changes nothing."""
        before = self._indexed(recorded.task_id)
        if recorded.sequence > before.sequence:
            self._write(recorded.task_id, _after(before, recorded), before.words)

    def replace(self, aggregate: Aggregate) -> None:
        """Writes all that there is to say of a task, unless the index is ahead of it."""
        before, task = self._indexed(aggregate.id), aggregate.task
        if task is not None and aggregate.sequence >= before.sequence:
            after = Indexed(aggregate.sequence, task.name, task.summary, task.deleted)
            self._write(aggregate.id, after, before.words, every=True)

    def find(self, text: str) -> list[str]:
        """Ids of the newest tasks, MAX_FOUND at most, that have all the words of `text`."""
        wanted = sorted(words(text))
        if not wanted:
            return []
        found = set.intersection(*(self._tasks_with(word) for word in wanted))
        return sorted(found, reverse=True)[:MAX_FOUND]

    def _tasks_with(self, word: str) -> set[str]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table_name,
            KeyConditionExpression="word = :word",
            ExpressionAttributeValues=pack({":word": word}),
            ProjectionExpression="taskId",
        )
        return {unpack(item)["taskId"] for page in pages for item in page["Items"]}

    def _indexed(self, task_id: str) -> Indexed:
        key = pack({"word": DOCUMENT, "taskId": task_id})
        item = self.client.get_item(TableName=self.table_name, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return Indexed()
        found = unpack(item)
        return Indexed(int(found["sequence"]), found["name"], found["summary"], found["deleted"])

    def _write(self, task_id: str, after: Indexed, before: frozenset[str], every: bool = False) -> None:
        added = after.words if every else after.words - before
        puts = ({"PutRequest": {"Item": pack({"word": word, "taskId": task_id})}} for word in sorted(added))
        gone = sorted(before - after.words)
        deletes = ({"DeleteRequest": {"Key": pack({"word": word, "taskId": task_id})}} for word in gone)
        self._batch([*puts, *deletes])
        document = {
            "word": DOCUMENT,
            "taskId": task_id,
            "sequence": after.sequence,
            "name": after.name,
            "summary": after.summary,
            "deleted": after.deleted,
        }
        self.client.put_item(TableName=self.table_name, Item=pack(document))

    def _batch(self, requests: Iterable[Any]) -> None:
        for part in _parts(requests):
            wanted: Any = {self.table_name: part}
            while wanted:
                wanted = self.client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]


def _after(before: Indexed, recorded: Recorded) -> Indexed:
    changed = payload(recorded.event)
    return Indexed(
        recorded.sequence,
        changed.get("name", before.name),
        changed.get("summary", before.summary),
        before.deleted or isinstance(recorded.event, TaskDeleted),
    )


def _parts(requests: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(requests)
    while part := list(islice(rest, _BATCH)):
        yield part

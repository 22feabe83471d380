"""Events and tasks as JSON: as they are published, stored in the view, and answered.

an event  {id, aggregate_type, aggregate_id, sequence, type, version, command_id, occurred_at, payload, metadata}
a view    {aggregate_type, command_id, id, task: {id, created_at, updated_at, name, summary, done, deleted}}
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from domain.events import AGGREGATE, Recorded, event_of, payload
from domain.task import Aggregate, Task

Document = dict[str, Any]


def event_document(recorded: Recorded) -> Document:
    return {
        "id": f"{recorded.task_id}-{recorded.sequence}",
        "aggregate_type": AGGREGATE,
        "aggregate_id": recorded.task_id,
        "sequence": recorded.sequence,
        "type": recorded.event.type,
        "version": recorded.event.version,
        "command_id": recorded.command_id,
        "occurred_at": text_of(recorded.at),
        "payload": payload(recorded.event),
        "metadata": dict(recorded.metadata),
    }


def recorded_of(document: Mapping[str, Any]) -> Recorded:
    """Raises ValueError or KeyError for what is no event."""
    return Recorded(
        task_id=document["aggregate_id"],
        sequence=int(document["sequence"]),
        command_id=document["command_id"],
        at=time_of(document["occurred_at"]),
        event=event_of(document["type"], document["version"], document["payload"]),
        metadata=document["metadata"],
    )


def view_document(aggregate: Aggregate) -> Document:
    if aggregate.task is None:
        raise ValueError(f"{aggregate.id} has no events")
    return {
        "aggregate_type": AGGREGATE,
        "command_id": aggregate.command_id,
        "id": aggregate.id,
        "task": task_document(aggregate.task),
    }


def task_document(task: Task) -> Document:
    return {**asdict(task), "created_at": text_of(task.created_at), "updated_at": text_of(task.updated_at)}


def task_of(document: Mapping[str, Any]) -> Task:
    times = {name: time_of(document[name]) for name in ("created_at", "updated_at")}
    return Task(**{**document, **times})


def text_of(moment: datetime) -> str:
    """`2024-09-06T13:46:18.567497Z`"""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""What can happen to a task. An event says only what changed; it is never rewritten, so a change of its form is a new
version beside this one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

AGGREGATE = "Task"


@dataclass(frozen=True, slots=True)
class TaskCreated:
    type: ClassVar[str] = "Task:Created"
    version: ClassVar[str] = "1.0"
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class TaskUpdated:
    """None: as it was."""

    type: ClassVar[str] = "Task:Updated"
    version: ClassVar[str] = "1.0"
    name: str | None = None
    summary: str | None = None
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class TaskDeleted:
    type: ClassVar[str] = "Task:Deleted"
    version: ClassVar[str] = "1.0"


Event = TaskCreated | TaskUpdated | TaskDeleted
_KINDS: Mapping[tuple[str, str], type[Event]] = {
    (kind.type, kind.version): kind for kind in (TaskCreated, TaskUpdated, TaskDeleted)
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log: the `sequence`-th of its task, counted from 1."""

    task_id: str
    sequence: int
    command_id: str
    at: datetime
    event: Event
    metadata: Mapping[str, str]


def payload(event: Event) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if value is not None}


def event_of(type: str, version: str, payload: Mapping[str, Any]) -> Event:
    """Raises ValueError for an event that nobody here has heard of."""
    kind = _KINDS.get((type, version))
    if kind is None:
        raise ValueError(f"unknown event {type} {version}")
    return kind(**payload)

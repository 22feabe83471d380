"""What can be asked of a task. Each command has an id; ids sort by time, so of two the newer is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreateTask:
    id: str
    task_id: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class UpdateTask:
    """None: as it is."""

    id: str
    task_id: str
    name: str | None = None
    summary: str | None = None
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class DeleteTask:
    id: str
    task_id: str


Command = CreateTask | UpdateTask | DeleteTask

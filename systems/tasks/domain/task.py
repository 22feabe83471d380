"""A task is the sum of its events.

    decide   a command and the task as it is -> the events that it makes, or why it cannot be
    evolve   the task as it was and an event -> the task as it is

Both are pure. `Aggregate` is the task with its place in the log.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.commands import Command, CreateTask, DeleteTask, UpdateTask
from domain.events import Event, Recorded, TaskCreated, TaskDeleted, TaskUpdated, payload


class TaskError(Exception):
    """The message is written for the client."""


class NotFound(TaskError):
    """There is no such task, or no more."""


class AlreadyExists(TaskError):
    """There is, or was, a task with this id."""


@dataclass(frozen=True, slots=True)
class Task:
    id: str
    created_at: datetime
    updated_at: datetime
    name: str
    summary: str
    done: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A task after `sequence` events, of which `command_id` made the last. Without events there is no task."""

    id: str
    sequence: int = 0
    command_id: str = ""
    task: Task | None = None


def existing(aggregate: Aggregate) -> Task:
    """Raises NotFound."""
    task = aggregate.task
    if task is None or task.deleted:
        raise NotFound(f"There is no task {aggregate.id}.")
    return task


def decide(aggregate: Aggregate, command: Command) -> tuple[Event, ...]:
    """Raises NotFound or AlreadyExists."""
    decision: Callable[[Aggregate, Any], tuple[Event, ...]] = _DECISIONS[type(command)]
    return decision(aggregate, command)


def _create(aggregate: Aggregate, command: CreateTask) -> tuple[Event, ...]:
    if aggregate.task is not None:
        raise AlreadyExists(f"There is a task {aggregate.id} already.")
    return (TaskCreated(command.name, command.summary),)


def _update(aggregate: Aggregate, command: UpdateTask) -> tuple[Event, ...]:
    """Also where nothing changes: that somebody asked for it is a fact, too."""
    existing(aggregate)
    return (TaskUpdated(command.name, command.summary, command.done),)


def _delete(aggregate: Aggregate, command: DeleteTask) -> tuple[Event, ...]:
    existing(aggregate)
    return (TaskDeleted(),)


_DECISIONS: Mapping[type, Callable[..., tuple[Event, ...]]] = {
    CreateTask: _create,
    UpdateTask: _update,
    DeleteTask: _delete,
}


def evolve(aggregate: Aggregate, recorded: Recorded) -> Aggregate:
    """Raises ValueError for an event that is not the next one: a log with a gap tells nothing."""
    if recorded.sequence != aggregate.sequence + 1:
        raise ValueError(f"{aggregate.id}: after event {aggregate.sequence} comes {recorded.sequence}")
    return Aggregate(aggregate.id, recorded.sequence, recorded.command_id, _after(aggregate.task, recorded))


def _after(task: Task | None, recorded: Recorded) -> Task:
    event, at = recorded.event, recorded.at
    if isinstance(event, TaskCreated):
        return Task(recorded.task_id, at, at, event.name, event.summary)
    if task is None:
        raise ValueError(f"{recorded.task_id}: {event.type} before it was created")
    if isinstance(event, TaskDeleted):
        return replace(task, updated_at=at, deleted=True)
    return replace(task, updated_at=at, **payload(event))


def replay(aggregate: Aggregate, history: Iterable[Recorded]) -> Aggregate:
    for recorded in history:
        aggregate = evolve(aggregate, recorded)
    return aggregate

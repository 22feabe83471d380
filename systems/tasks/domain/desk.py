"""Where commands are carried out: read the task, decide, append; and again, if somebody else appended meanwhile.

Nobody waits for a lock. Of two who append at one place in the log one wins, the other reads what is new and decides
again, on that. Nothing is lost, and no decision stands on what is no longer true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from domain.commands import Command
from domain.events import Recorded
from domain.task import Aggregate, TaskError, decide, replay

PATIENCE = 20.0  # seconds that a command may take; its client waits


class Conflict(Exception):
    """Somebody else has appended at this place."""


class Busy(TaskError):
    """Others always came first."""


class EventLog(Protocol):
    def load(self, task_id: str) -> Aggregate:
        """The task as of its last event; one without events where there is none."""

    def append(self, events: Sequence[Recorded], after: Aggregate) -> None:
        """Writes the events, and the view of the task after them: all or nothing. Raises Conflict."""


def _busy(state: RetryCallState) -> Aggregate:
    raise Busy("Too many others are changing this task. Try again: it is safe to.")


@dataclass(frozen=True)
class TaskDesk:
    log: EventLog
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def execute(self, command: Command, metadata: Mapping[str, str]) -> Aggregate:
        """The task afterwards. Raises NotFound, AlreadyExists or Busy."""
        tries = Retrying(
            retry=retry_if_exception_type(Conflict),
            wait=wait_random_exponential(multiplier=0.01, max=0.1),
            stop=stop_after_delay(PATIENCE),
            retry_error_callback=_busy,
        )
        return tries(self._once, command, metadata)

    def _once(self, command: Command, metadata: Mapping[str, str]) -> Aggregate:
        before, now = self.log.load(command.task_id), self.now()
        events = [
            Recorded(command.task_id, before.sequence + number, command.id, now, event, metadata)
            for number, event in enumerate(decide(before, command), 1)
        ]
        after = replay(before, events)
        self.log.append(events, after)
        return after

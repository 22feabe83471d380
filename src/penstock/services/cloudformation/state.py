"""CloudFormation's memory: the resource types of all services, who waits for a custom resource, what is under way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from penstock.call import Kernel
from penstock.template.types import Types
from penstock.wire.model import Json


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a resource, or to the stack itself (logical id = stack name), as in its events."""

    stack: str
    logical_id: str
    type: str
    status: str
    reason: str | None = None


Report = Callable[[Step], None]


class State:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.answers: dict[str, asyncio.Future[Json]] = {}  # token in the ResponseURL -> who waits
        # stack id -> the task that deploys or deletes it
        self.under_way: dict[str, asyncio.Task[Any] | None] = {}
        self.called_off: dict[
            str, str
        ] = {}  # stack id -> why what is under way ends now, as the stack's status says it

    def call_off(self, stack_id: str, reason: str) -> None:
        """Ends the deployment of the stack at the resource that it is at."""
        task = self.under_way.get(stack_id)
        if task is not None:
            self.called_off[stack_id] = reason
            task.cancel()

    @cached_property
    def types(self) -> Types:
        return Types.of(self._kernel.services.values())


def quiet(step: Step) -> None:
    """The report nobody asked for."""

"""Distributed maps: their iterations are executions of their own, gathered in a map run."""

from typing import TYPE_CHECKING

from penstock.services.stepfunctions.asl.errors import RUNTIME, StateError
from penstock.services.stepfunctions.asl.model import Machine
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.engine.thread import Thread

if TYPE_CHECKING:
    from penstock.services.stepfunctions.engine.engine import Engine
    from penstock.services.stepfunctions.engine.run import Run


class Maps:
    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def processor(self, machine: Machine, state: str) -> Machine:
        raise StateError(RUNTIME, "Penstock does not run distributed maps.")

    def start(self, thread: Thread, scope: Scope) -> None:
        raise StateError(RUNTIME, "Penstock does not run distributed maps.")

    def resume(self, thread: Thread) -> None:
        raise StateError(RUNTIME, "Penstock does not run distributed maps.")

    def redrive(self, thread: Thread) -> None:
        raise StateError(RUNTIME, "Penstock does not run distributed maps.")

    def child_ended(self, run: "Run") -> None:
        raise StateError(RUNTIME, "Penstock does not run distributed maps.")

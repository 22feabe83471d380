"""The Scheduler's memory: one timer, set for the nearest firing of all schedules."""

from collections.abc import Callable

from penstock.base.clock import Timer
from penstock.call import Context, Kernel
from penstock.compute.sessions import RoleSessions
from penstock.delivery.outbox import Outbox
from penstock.services.scheduler import store
from penstock.services.scheduler.sender import ScheduleSender


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.outbox = Outbox(kernel, store.DELIVERIES, ScheduleSender(RoleSessions(kernel)))
        self.fire: Callable[[], None] | None = None  # set once the service has started
        self._timer: Timer | None = None

    def arm(self) -> None:
        """Sets the timer for the nearest firing that is stored."""
        row = self.kernel.store.one(store.NEAREST)
        self.arm_at(row[0] if row else None)

    def arm_at(self, when: float | None) -> None:
        if self._timer is not None:
            if self._timer.when == when and self._timer.callback is not None:
                return
            self._timer.cancel()
        set_off = when is not None and self.fire is not None
        self._timer = self.kernel.clock.call_at(when, self.fire) if set_off else None  # type: ignore[arg-type]


def state(ctx: Context) -> State:
    found: State = ctx.state("scheduler")
    return found

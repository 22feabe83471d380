"""What CloudWatch Logs keeps in memory: the next event's id, and the timers of retention."""

import itertools

from penstock.base.clock import Timer
from penstock.call import Context, Kernel
from penstock.services.logs import store


class State:
    def __init__(self, kernel: Kernel) -> None:
        last = kernel.store.one(store.LAST_EVENT_ID)
        self.event_ids = itertools.count((last[0] or 0) + 1 if last else 1)
        self.expiries: dict[int, Timer] = {}  # by group id


def state(ctx: Context) -> State:
    found: State = ctx.state("logs")
    return found

"""Pipes' memory: what runs, the sessions of the roles that pipes act as, and what is on its way to dead letters."""

from penstock.call import Context, Kernel
from penstock.compute.sessions import RoleSessions
from penstock.delivery.mappings import Mapping
from penstock.delivery.outbox import Outbox
from penstock.delivery.sender import Sender
from penstock.delivery.streams import StreamMapping
from penstock.services.pipes.names import PRINCIPAL
from penstock.services.pipes.store import DELIVERIES


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.running: dict[str, Mapping | StreamMapping] = {}  # by the pipe's ARN
        self.sessions = RoleSessions(kernel)
        self.deliveries = Outbox(kernel, DELIVERIES, Sender(PRINCIPAL, self.sessions.principal))


def state(ctx: Context) -> State:
    found: State = ctx.state("pipes")
    return found

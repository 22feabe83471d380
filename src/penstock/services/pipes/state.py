"""Pipes' memory: what runs, and the sessions of the roles that pipes act as."""

from penstock.call import Context, Kernel
from penstock.compute.sessions import RoleSessions
from penstock.delivery.mappings import Mapping


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.running: dict[str, Mapping] = {}  # by the pipe's ARN
        self.sessions = RoleSessions(kernel)


def state(ctx: Context) -> State:
    found: State = ctx.state("pipes")
    return found

"""The front door: every call, from a socket or from inside, is validated, authorised, executed and recorded.

`Service` is what a room under `services/` offers; `Context` is what an operation is given; `Kernel` holds what all
operations of one runtime share. An operation is a function `(ctx, request) -> dict`, or a coroutine function where it
has to wait; its request was checked against AWS's own model.
"""

from penstock.call.kernel import Config, Context, Kernel
from penstock.call.service import Function, LoadedService, Operation, Question, Room, Service, TagListing

__all__ = [
    "Config",
    "Context",
    "Function",
    "Kernel",
    "LoadedService",
    "Operation",
    "Question",
    "Room",
    "Service",
    "TagListing",
]

"""A line of a function's or a container's log."""

from typing import NamedTuple


class LogEvent(NamedTuple):
    """`at` is in epoch seconds of the virtual clock; the message may hold newlines but ends with none."""

    at: float
    message: str

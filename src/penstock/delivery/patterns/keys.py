"""The parts of an event's value that an index looks up.

A key `(cut, level, part)` belongs to a test and says that every value the test accepts has
`cut(value, level) == part`. Prefixes are cut by their length; numbers and addresses by blocks of 2**level integers, so
that a range is a few keys and looking one up never costs more than the number of levels in use.
"""

import ipaddress
import re
from collections.abc import Callable, Hashable, Iterator
from typing import Any

Cut = Callable[[Any, int], Hashable]
Key = tuple[Cut, int, Hashable]

NOTHING: Hashable = object()  # the part of a value that has none
_DECIMALS = 6
LIMIT = 5_000_000_000  # numeric operators see -5e9..5e9, to six decimals
HIGHEST = 2 * LIMIT * 1_000_000
_BOOLEANS: dict[bool, Hashable] = {True: "true\0", False: "false\0"}
_IP = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")


def whole(value: Any, level: int = 0) -> Hashable:
    """The value itself, a number to six decimals; `true` is kept apart from 1, which Python holds for equal."""
    kind = value.__class__
    return round(value, _DECIMALS) if kind is float else _BOOLEANS[value] if kind is bool else value


def present(value: Any, level: int = 0) -> Hashable:
    return True


def folded(value: Any, level: int = 0) -> Hashable:
    return value.lower() if value.__class__ is str else NOTHING


def head(value: Any, level: int) -> Hashable:
    return value[:level] if value.__class__ is str else NOTHING


def tail(value: Any, level: int) -> Hashable:
    return value[max(0, len(value) - level) :] if value.__class__ is str else NOTHING


def folded_head(value: Any, level: int) -> Hashable:
    return value.lower()[:level] if value.__class__ is str else NOTHING


def folded_tail(value: Any, level: int) -> Hashable:
    return tail(value.lower(), level) if value.__class__ is str else NOTHING


def number_block(value: Any, level: int) -> Hashable:
    number = scaled(value)
    return NOTHING if number is None else number >> level


def ipv4_block(value: Any, level: int) -> Hashable:
    found = address(value)
    return int(found) >> level if found is not None and found.version == 4 else NOTHING


def ipv6_block(value: Any, level: int) -> Hashable:
    found = address(value)
    return int(found) >> level if found is not None and found.version == 6 else NOTHING


def scaled(value: Any) -> int | None:
    """A number in range as a count of millionths above -5e9; None for everything else."""
    if value.__class__ is not int and value.__class__ is not float:
        return None
    return round(value * 1_000_000) + HIGHEST // 2 if -LIMIT <= value <= LIMIT else None


def address(value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if value.__class__ is not str or not _IP.fullmatch(value):
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def blocks(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The fewest blocks `(level, first >> level)` of 2**level integers that make up low..high, both included."""
    level = 0
    while low <= high:
        if low & 1:
            yield level, low
            low += 1
        if low <= high and not high & 1:
            yield level, high
            high -= 1
        low, high, level = low >> 1, high >> 1, level + 1

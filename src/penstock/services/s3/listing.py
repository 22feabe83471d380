"""Going through sorted keys: prefixes, and keys rolled up at a delimiter. Pure.

A rolled-up prefix is passed with one seek of the index, however many keys are below it. A page costs what it shows.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from penstock.services.s3.names import after_prefix

_FEW, _MANY = 2, 1001


class Position(NamedTuple):
    """From `key` on; where `row` is given, behind that row of the key."""

    key: str
    row: Any = None


Fetch = Callable[[Position, int], list[Any]]  # the next rows from a position, at most as many; row[KEY] is their key
Entry = tuple[str, Any]  # a key and its row, or a rolled-up prefix and None
KEY = 1


def entries(fetch: Fetch, prefix: str, delimiter: str, start: Position) -> Iterator[Entry]:
    """All that a listing shows from `start` on, in the order of keys."""
    step = _FEW if delimiter else _MANY
    position: Position | None = max(start, Position(prefix), key=lambda position: position.key)
    while position is not None:
        rows = fetch(position, step)
        position, step = _behind(rows, step), min(step * 4, _MANY)
        for row in rows:
            key = row[KEY]
            if not key.startswith(prefix):
                return
            rolled = common_prefix(key, prefix, delimiter)
            if rolled:
                yield rolled, None
                behind = after_prefix(rolled)
                position, step = (Position(behind) if behind else None), _FEW
                break
            yield key, row


def _behind(rows: list[Any], step: int) -> Position | None:
    return Position(rows[-1][KEY], rows[-1]) if len(rows) == step else None


def common_prefix(key: str, prefix: str, delimiter: str) -> str:
    """The key up to the first delimiter behind the prefix, with it; empty where there is none."""
    if not delimiter:
        return ""
    at = key.find(delimiter, len(prefix))
    return key[: at + len(delimiter)] if at >= 0 else ""


def after(marker: str, prefix: str, delimiter: str) -> Position:
    """Behind a key, or behind all that a rolled-up prefix stands for: a marker may be either."""
    if not marker:
        return Position(prefix)
    rolled = common_prefix(marker, prefix, delimiter) if marker.startswith(prefix) else ""
    if rolled and rolled == marker:
        return Position(after_prefix(rolled) or chr(0x10FFFF) * 2)
    return Position(marker + "\0")

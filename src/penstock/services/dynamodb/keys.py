"""Keys as bytes whose order in SQLite is DynamoDB's order.

A partition key's bytes also give its bucket: a hash by which items are scanned and shared out to parallel segments.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from zlib import crc32

from penstock.services.dynamodb import numbers

BUCKETS = 1 << 24


class Key(NamedTuple):
    """Where an item stands in its table or index; `range` is empty where there is no sort key."""

    bucket: int
    hash: bytes
    range: bytes


# Key bytes of a value: UTF-8, a number in order-preserving form, or binary as it is.
ENCODERS: dict[str, Callable[[Any], bytes]] = {"S": str.encode, "N": numbers.encode, "B": bytes}


def bucket(hash_key: bytes) -> int:
    return crc32(hash_key) >> 8


def segment(index: int, total: int) -> tuple[int, int]:
    """The buckets [first, last) of one of `total` segments of a parallel scan."""
    return -(-BUCKETS * index // total), -(-BUCKETS * (index + 1) // total)


def successor(prefix: bytes) -> bytes | None:
    """The least bytes greater than everything that begins with `prefix`; None where there are none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None

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


# Ends a part of a key that has several; no part holds it, and it stands before whatever would go on.
_END = b"\x00\x00"


def component(encoded: bytes, whole: bool = True) -> bytes:
    """One of several key attributes, so that their order is that of the parts; not `whole`: the beginning of one."""
    escaped = encoded.replace(b"\x00", b"\x00\xff")
    return escaped + _END if whole else escaped


def joined(encoded: list[bytes]) -> bytes:
    """The key bytes of one attribute, or of several of which the last needs no end."""
    if len(encoded) == 1:
        return encoded[0]
    return b"".join((*map(component, encoded[:-1]), *encoded[-1:]))


def bucket(hash_key: bytes) -> int:
    return crc32(hash_key) >> 8


def segment(index: int, total: int) -> tuple[int, int]:
    """The buckets [first, last) of one of `total` segments of a parallel scan."""
    return -(-BUCKETS * index // total), -(-BUCKETS * (index + 1) // total)


def successor(prefix: bytes) -> bytes | None:
    """The least bytes greater than everything that begins with `prefix`; None where there are none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None

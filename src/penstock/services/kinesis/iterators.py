"""Shard iterators: a place in a shard, good for five minutes from when it was given out. Pure.

The text is base64, as long as AWS makes it for a stream's name, and says: when it was made, the stream, the shard, and
the place of the next record. A checksum tells what was not given out here; a number of its own makes each different
from all others.
"""

import base64
import binascii
import struct
import zlib
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

LIFETIME = 300_000  # milliseconds

_VERSION = bytes(7) + b"\x01"
# checksum, own number, milliseconds of the epoch, place, shard, length of the stream's ARN
_HEAD = struct.Struct(">IIQQIH")
_numbers = count()


class InvalidIterator(ValueError):
    """Not the text of an iterator."""


class Iterator(NamedTuple):
    """`made` in milliseconds of the epoch."""

    made: int
    place: int
    shard: int
    stream: str  # its ARN


def encode(made: int, place: int, shard: int, stream: str) -> str:
    body = stream.encode()
    head = _HEAD.pack(0, next(_numbers) & 0xFFFF_FFFF, made, place, shard, len(body))
    sum_ = zlib.crc32(head[4:] + body)
    data = _VERSION + sum_.to_bytes(4) + head[4:] + body
    return base64.b64encode(data.ljust(_length(stream), b"\0")).decode()


def decode(text: str) -> Iterator:
    """Raises InvalidIterator. As on AWS, quotes around an iterator do not matter."""
    try:
        data = base64.b64decode(text.strip('"'), validate=True)
        sum_, _, made, place, shard, length = _HEAD.unpack_from(data, len(_VERSION))
    except (binascii.Error, ValueError, struct.error) as error:
        raise InvalidIterator(text) from error
    start = len(_VERSION) + _HEAD.size
    body = data[start : start + length]
    if not data.startswith(_VERSION) or zlib.crc32(data[len(_VERSION) + 4 : start] + body) != sum_:
        raise InvalidIterator(text)
    return Iterator(made, place, shard, body.decode())


def _length(stream: str) -> int:
    """AWS's are encrypted in blocks of 16 bytes, so that their length follows the name's."""
    return 152 + (len(stream.rpartition("/")[2]) + 2) // 16 * 16


def day(milliseconds: float) -> str:
    """`Thu Jan 22 01:22:02 UTC 2015`, as it stands in AWS's messages."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")

"""Sequence numbers: where a record stands in its shard, in the form that AWS gives them. Pure.

A number is 186 bits, printed in decimal (56 digits). In hexadecimal digits from the left: `2`, nine of the second in
which the shard was made, the last one of the shard's number, sixteen of the record's place in the shard, two zeros,
nine of the second in which the record arrived, eight of the shard's number, and the version, `2`.
Older versions (0 and 1) and small numbers are understood, since AWS answers them with errors of their own.
Source: numbers that the service gave out; https://github.com/mhart/kinesalite describes the digits.
"""

from typing import NamedTuple

_PLACE = 80
_SECOND = 36
_SHARD = 4
_MADE = 148
_LOW_DIGIT = 144

LAST_PLACE = 0x7FFF_FFFF_FFFF_FFFF

_VERSION_0 = 1 << 124
_VERSION_0_END = 1 << 129
_VERSION_2 = 1 << 185
_VERSION_2_END = 3 << 184
_LATEST_SECOND = 16_025_175_000


class InvalidSequence(ValueError):
    """A number that no shard ever gave out."""


class Unanswered(InvalidSequence):
    """A number of version 3, on which AWS fails."""


class Sequence(NamedTuple):
    """What a number says. Seconds are of the epoch; `place` is 0 for the shard's starting number."""

    made: int
    shard: int
    place: int
    second: int
    version: int = 2


def base(made: int, shard: int) -> int:
    """What all numbers of a shard have in common, as `number` wants it."""
    return 2 << 184 | made << _MADE | (shard & 15) << _LOW_DIGIT | shard << _SHARD | 2


def number(base: int, place: int, second: int) -> str:
    return str(base + (place << _PLACE) + (second << _SECOND))


def parse(text: str) -> Sequence:
    """Raises InvalidSequence. `text` is digits only."""
    value = int(text)
    if value < _VERSION_0:
        value += _VERSION_0
    if value < _VERSION_0_END:
        return _oldest(value)
    if not _VERSION_2 < value < _VERSION_2_END:
        raise InvalidSequence(text)
    version = value & 15
    made, shard = _bits(value, _MADE, 36), _bits(value, _SHARD, 32)
    if version == 2:
        place = _bits(value, _PLACE, 64)
        if place > LAST_PLACE:
            raise InvalidSequence(text)
        return Sequence(made, _signed(shard), place, _bits(value, _SECOND, 36))
    if version == 1:
        return Sequence(made, shard, _bits(value, 36, 8), _bits(value, 100, 36), version)
    raise Unanswered(text) if version == 3 else InvalidSequence(text)


def _oldest(value: int) -> Sequence:
    made = _bits(value, 88, 36)
    if made >= _LATEST_SECOND:
        raise InvalidSequence(str(value))
    return Sequence(made, _bits(value, 0, 16), 0, 0, 0)


def _bits(value: int, at: int, count: int) -> int:
    return value >> at & (1 << count) - 1


def _signed(shard: int) -> int:
    """Shards are numbered in 31 bits; AWS shows a number that uses the 32nd as negative."""
    return shard - (1 << 32) if shard >> 31 else shard

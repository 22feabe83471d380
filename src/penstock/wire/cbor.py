"""CBOR, as far as Smithy's RPC protocol uses it: both ways, without I/O.

Python's values stand for CBOR's; a timestamp is tag 1 around epoch seconds, read as a number and written from `Epoch`.
Source: https://www.rfc-editor.org/rfc/rfc8949, https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_EPOCH = 1
_INDEFINITE = 31
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLES = {20: False, 21: True, 22: None, 23: None}
_STOP = 0xFF
_DEEPEST = 128


class Epoch(NamedTuple):
    """A timestamp to be written."""

    seconds: float


# -- write -------------------------------------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """Raises TypeError for what CBOR has no form for."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    code, size = next((code, size) for code, size in _SIZES.items() if number < 1 << size * 8)
    out.append(major << 5 | code)
    out += number.to_bytes(size)


def _write(out: bytearray, value: Any) -> None:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"{type(value).__name__} cannot stand in a response")
    writer(out, value)


def _write_int(out: bytearray, value: int) -> None:
    _head(out, *((_UNSIGNED, value) if value >= 0 else (_NEGATIVE, -1 - value)))


def _write_float(out: bytearray, value: float) -> None:
    out.append(_SIMPLE << 5 | 27)
    out += struct.pack(">d", value)


def _write_bytes(out: bytearray, value: bytes) -> None:
    _head(out, _BYTES, len(value))
    out += value


def _write_text(out: bytearray, value: str) -> None:
    data = value.encode()
    _head(out, _TEXT, len(data))
    out += data


def _write_list(out: bytearray, value: list[Any]) -> None:
    _head(out, _ARRAY, len(value))
    for item in value:
        _write(out, item)


def _write_map(out: bytearray, value: dict[str, Any]) -> None:
    _head(out, _MAP, len(value))
    for key, item in value.items():
        _write_text(out, key)
        _write(out, item)


def _write_epoch(out: bytearray, value: Epoch) -> None:
    _head(out, _TAG, _EPOCH)
    _write_float(out, float(value.seconds))


_WRITERS: dict[type, Callable[[bytearray, Any], None]] = {
    bool: lambda out, value: out.append(_SIMPLE << 5 | (21 if value else 20)),
    type(None): lambda out, value: out.append(_SIMPLE << 5 | 22),
    int: _write_int,
    float: _write_float,
    bytes: _write_bytes,
    str: _write_text,
    list: _write_list,
    dict: _write_map,
    Epoch: _write_epoch,
}


# -- read --------------------------------------------------------------------------------------------


def loads(data: bytes) -> Any:
    """Raises ValueError for what is no CBOR, or holds more than one value."""
    reader = _Reader(data)
    try:
        value = reader.value()
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise ValueError(f"not CBOR: {error!r}") from None
    if reader.at != len(data):
        raise ValueError("not CBOR: bytes after the value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._depth = 0
        self.at = 0

    def value(self) -> Any:
        first = self._data[self.at]
        self.at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("nested too deeply")
        found = self._value(first >> 5, first & 31)
        self._depth -= 1
        return found

    def _value(self, major: int, code: int) -> Any:
        if major == _SIMPLE:
            return struct.unpack(_FLOATS[code], self._take(_SIZES[code]))[0] if code in _FLOATS else _SIMPLES[code]
        if code == _INDEFINITE:
            return self._indefinite(major)
        number = self._number(code)
        if major in (_UNSIGNED, _NEGATIVE):
            return number if major == _UNSIGNED else -1 - number
        if major in (_BYTES, _TEXT):
            data = self._take(number)
            return data if major == _BYTES else data.decode()
        if major == _ARRAY:
            return [self.value() for _ in range(number)]
        if major == _MAP:
            return {self.value(): self.value() for _ in range(number)}
        return self.value()  # a tag says what the value means, which the model says already

    def _number(self, code: int) -> int:
        return code if code < 24 else int.from_bytes(self._take(_SIZES[code]))

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise ValueError("it ends early")
        data, self.at = self._data[self.at : end], end
        return data

    def _indefinite(self, major: int) -> Any:
        """Text, bytes, arrays and maps in pieces, up to a stop byte."""
        items = []
        while self._data[self.at] != _STOP:
            items.append(self.value())
        self.at += 1
        if major == _MAP:
            return dict(zip(items[::2], items[1::2], strict=True))
        if major == _ARRAY:
            return items
        empty: Any = b"" if major == _BYTES else ""
        return empty.join(items)

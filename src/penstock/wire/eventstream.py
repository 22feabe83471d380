"""Event streams: results that come event by event in one response, framed and driven by the model. No I/O.

A message is its length, the length of its headers and a checksum of both; headers; payload; a checksum of all.
Protocols without bindings begin with an `initial-response`, which holds the other members of the output.
Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.wire.message import Response
from penstock.wire.model import Json, ServiceModel

CONTENT_TYPE = "application/vnd.amazon.eventstream"

# (name of a shape, value) -> payload
Encode = Callable[[str, Any], bytes]

_PRELUDE = struct.Struct(">II")
_SUM = struct.Struct(">I")
_RAW_TYPES = {"blob": "application/octet-stream", "string": "text/plain"}
_INT_LIMIT = 1 << 31


def message(headers: Mapping[str, Any], payload: bytes) -> bytes:
    """One message; headers are text, bytes, whole numbers or booleans."""
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = _PRELUDE.pack(_PRELUDE.size + 2 * _SUM.size + len(packed) + len(payload), len(packed))
    body = prelude + _SUM.pack(zlib.crc32(prelude)) + packed + payload
    return body + _SUM.pack(zlib.crc32(body))


def _header(name: str, value: Any) -> bytes:
    text = name.encode()
    return bytes([len(text)]) + text + _HEADERS[type(value)](value)


_HEADERS: dict[type, Callable[[Any], bytes]] = {
    bool: lambda value: b"\x00" if value else b"\x01",
    int: lambda value: struct.pack(">bi" if -_INT_LIMIT <= value < _INT_LIMIT else ">bq", *_whole(value)),
    bytes: lambda value: struct.pack(">bH", 6, len(value)) + value,
    str: lambda value: struct.pack(">bH", 7, len(value.encode())) + value.encode(),
}


def _whole(value: int) -> tuple[int, int]:
    return (4 if -_INT_LIMIT <= value < _INT_LIMIT else 5), value


def members(model: ServiceModel) -> dict[str | None, tuple[str, str]]:
    """Output shapes that hold a stream of events -> the member, and the shape of its events."""
    streams = {name for name, shape in model.shapes.items() if shape.get("eventstream")}
    if not streams:
        return {}
    return {
        output: (member, spec["shape"])
        for output in {operation.output for operation in model.operations.values() if operation.output}
        for member, spec in model.shapes[output]["members"].items()
        if spec["shape"] in streams
    }


def response(messages: AsyncIterator[bytes], request_id: str) -> Response:
    return Response(200, [("Content-Type", CONTENT_TYPE), ("x-amzn-RequestId", request_id)], messages)


class EventWriter:
    """Writes the events of one service; `encode` is its protocol's way with payloads, of type `content_type`."""

    def __init__(self, model: ServiceModel, encode: Encode, content_type: str) -> None:
        self._shapes = model.shapes
        self._encode = encode
        self._type = content_type

    async def messages(self, events: AsyncIterator[Json], shape: str, initial: bytes | None) -> AsyncIterator[bytes]:
        """`events` gives `{name of the event: its members}`; an AwsError it raises is the last message."""
        known = self._shapes[shape]["members"]
        if initial is not None:
            yield self._message("event", "initial-response", initial)
        try:
            async for event in events:
                for name, value in event.items():
                    yield self._event(name, known[name]["shape"], value)
        except AwsError as error:
            yield self._error(error, known)

    def _event(self, name: str, shape: str, value: Json) -> bytes:
        members = self._shapes[shape].get("members", {})
        headers = {member: item for member, item in value.items() if members[member].get("eventheader")}
        for member, spec in members.items():
            if spec.get("eventpayload"):
                return self._payload(name, spec["shape"], value.get(member, b""), headers)
        rest = {member: item for member, item in value.items() if member not in headers}
        return self._message("event", name, self._encode(shape, rest), headers)

    def _payload(self, name: str, shape: str, value: Any, headers: Mapping[str, Any]) -> bytes:
        """One member is the whole payload."""
        raw = _RAW_TYPES.get(self._shapes[shape]["type"])
        if raw is None:
            return self._message("event", name, self._encode(shape, value), headers)
        data = value.encode() if isinstance(value, str) else value
        return self._message("event", name, data, headers, raw)

    def _error(self, error: AwsError, known: Json) -> bytes:
        """An exception of the model, or else an error that only has a code and a text."""
        if error.code in known:
            body = {"message": error.message, **error.fields}
            return self._message("exception", error.code, self._encode(known[error.code]["shape"], body))
        headers = {":message-type": "error", ":error-code": error.code, ":error-message": error.message}
        return message(headers, b"")

    def _message(
        self, kind: str, name: str, payload: bytes, headers: Mapping[str, Any] | None = None, content_type: str = ""
    ) -> bytes:
        common = {":message-type": kind, f":{kind}-type": name, ":content-type": content_type or self._type}
        return message(common | dict(headers or {}), payload)

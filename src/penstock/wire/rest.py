"""What the rest protocols bind to labels, query, headers and status, and how JSON bodies name their members.

Source: https://smithy.io/2.0/spec/http-bindings.html
"""

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.wire.message import Pairs, Request
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.query import SCALARS
from penstock.wire.timestamps import FORMATS, http_date
from penstock.wire.xml import scalar_text

Convert = Callable[[Any], Any]

_LOCATED = ("uri", "querystring", "header", "headers", "statusCode")


class Payload(NamedTuple):
    """The member that is the whole body; `raw` where it is bytes, not a structure."""

    name: str
    shape: str
    raw: bool
    spec: Json


class RestBinding:
    def __init__(self, model: ServiceModel, body_timestamps: str) -> None:
        self._shapes = model.shapes
        self._body_timestamps = body_timestamps
        self._readers: dict[str, Convert] = {}
        self._writers: dict[str, Convert] = {}

    def payload(self, shape_name: str | None) -> Payload | None:
        shape = self._shapes[shape_name] if shape_name else {}
        name = shape.get("payload")
        if name is None:
            return None
        spec = shape["members"][name]
        raw = self._shapes[spec["shape"]]["type"] in ("blob", "string")
        return Payload(name, spec["shape"], raw, spec)

    def has_body(self, shape_name: str | None) -> bool:
        members = self._shapes[shape_name].get("members", {}) if shape_name else {}
        return any(spec.get("location") not in _LOCATED for spec in members.values())

    # -- request ---------------------------------------------------------------------------------

    def read_location(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        """The members that stand outside the body."""
        result: Json = {}
        if operation.input is None:
            return result
        query = request.query
        for name, spec in self._shapes[operation.input].get("members", {}).items():
            location = spec.get("location")
            key = spec.get("locationName", name)
            if location == "uri" and key in labels:
                result[name] = self._scalar(spec, labels[key])
            elif location == "querystring":
                self._read_query(result, name, spec, key, query)
            elif location == "header" and (text := request.headers.get(key.lower())) is not None:
                result[name] = self._header(spec, text)
            elif location == "headers":
                prefix = key.lower()
                result[name] = {k[len(prefix) :]: v for k, v in request.headers.items() if k.startswith(prefix)}
        return result

    def _scalar(self, spec: Json, text: str) -> Any:
        return SCALARS[self._shapes[spec["shape"]]["type"]](text)

    def _header(self, spec: Json, text: str) -> Any:
        shape = self._shapes[spec["shape"]]
        if spec.get("jsonvalue") or shape.get("jsonvalue"):
            return base64.b64decode(text).decode()
        if shape["type"] == "list":
            return [self._scalar(shape["member"], part.strip()) for part in text.split(",")]
        return self._scalar(spec, text)

    def _read_query(self, result: Json, name: str, spec: Json, key: str, query: Pairs) -> None:
        shape = self._shapes[spec["shape"]]
        if shape["type"] == "map":
            many = self._shapes[shape["value"]["shape"]]["type"] == "list"
            rest: Json = {}
            for k, v in query:
                rest.setdefault(k, []).append(v) if many else rest.update({k: v})
            result[name] = rest
            return
        values = [value for k, value in query if k == key]
        if not values:
            return
        if shape["type"] == "list":
            result[name] = [self._scalar(shape["member"], value) for value in values]
        else:
            result[name] = self._scalar(spec, values[0])

    # -- response --------------------------------------------------------------------------------

    def write_location(self, operation: OperationModel, result: Json) -> tuple[int, Pairs]:
        """Status and headers that members of the result are bound to."""
        headers: Pairs = []
        status = operation.success
        members = self._shapes[operation.output].get("members", {}) if operation.output else {}
        for name, spec in members.items():
            location, value = spec.get("location"), result.get(name)
            if location is None or value is None:
                continue
            key = spec.get("locationName", name)
            if location == "statusCode":
                status = value
            elif location == "header":
                headers.append((key, self._header_text(spec, value)))
            elif location == "headers":
                headers.extend((key + k, str(v)) for k, v in value.items())
        return status, headers

    def _header_text(self, spec: Json, value: Any) -> str:
        shape = self._shapes[spec["shape"]]
        if shape["type"] == "list":
            return ",".join(scalar_text(shape["member"], {"type": "string"}, item, http_date) for item in value)
        return scalar_text(spec, shape, value, http_date)

    # -- JSON bodies -------------------------------------------------------------------------------

    def read_body(self, shape_name: str | None, body: Any) -> Any:
        """Location names -> member names."""
        return self._reader(shape_name)(body) if shape_name else body

    def write_body(self, shape_name: str | None, value: Any) -> Any:
        """Member names -> location names, members outside the body left out, timestamps formatted."""
        return self._writer(shape_name)(value) if shape_name else value

    def _reader(self, name: str) -> Convert:
        if name not in self._readers:
            self._readers[name] = lambda value: self._readers[name](value)
            self._readers[name] = self._compile(name, self._reader, reading=True)
        return self._readers[name]

    def _writer(self, name: str) -> Convert:
        if name not in self._writers:
            self._writers[name] = lambda value: self._writers[name](value)
            self._writers[name] = self._compile(name, self._writer, reading=False)
        return self._writers[name]

    def _compile(self, name: str, below: Callable[[str], Convert], reading: bool) -> Convert:
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, below, reading)
        if kind == "list":
            item = below(shape["member"]["shape"])
            return lambda value: [item(v) for v in value] if isinstance(value, list) else value
        if kind == "map":
            item = below(shape["value"]["shape"])
            return lambda value: {k: item(v) for k, v in value.items()} if isinstance(value, dict) else value
        return _same

    def _structure(self, shape: Json, below: Callable[[str], Convert], reading: bool) -> Convert:
        table: dict[str, tuple[str, Convert]] = {}
        for member, spec in shape.get("members", {}).items():
            if spec.get("location") in _LOCATED:
                continue
            wire = spec.get("locationName", member)
            convert = below(spec["shape"])
            if not reading and self._shapes[spec["shape"]]["type"] == "timestamp":
                form = spec.get("timestampFormat") or self._shapes[spec["shape"]].get("timestampFormat")
                convert = FORMATS[form or self._body_timestamps]
            table[wire if reading else member] = (member if reading else wire, convert)

        def structure(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            result = {}
            for key, item in value.items():
                entry = table.get(key)
                if entry is not None and item is not None:
                    result[entry[0]] = entry[1](item)
            return result

        return structure


def _same(value: Any) -> Any:
    return value

"""The parameters of the query protocols: `Entries.member.1.Id=a` -> {"Entries": [{"Id": "a"}]}; in EC2's, `VpcId.1=a`.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and aws-ec2-query-protocol.html
"""

import base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus
from weakref import WeakKeyDictionary

from penstock.wire.constraints import Malformed
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.timestamps import parse_timestamp

# A dotted parameter, split: {"Entries": {"member": {"1": {"Id": "a"}}}}
Tree = dict[str, Any]


_SHORT = 256
_unquoted = lru_cache(maxsize=1024)(unquote_plus)  # names and ARNs come again and again


def form(text: str) -> list[tuple[str, str]]:
    """The pairs of an urlencoded body, empty values kept."""
    pairs = [part.partition("=") for part in text.split("&") if part]
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return _unquoted(text) if len(text) <= _SHORT else unquote_plus(text)


def tree(params: list[tuple[str, str]]) -> Tree:
    """Dotted names as nested dicts; a value beside children is kept under the empty name."""
    root: Tree = {}
    for name, value in params:
        node = root
        *parents, last = name.split(".")
        for part in parents:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                below = node[part] = {"": below}
            node = below
        if isinstance(node.get(last), dict):
            node[last][""] = value
        else:
            node[last] = value
    return root


def parse(operation: OperationModel, params: list[tuple[str, str]]) -> Json:
    """The operation's input as a dict of the model's member names."""
    if operation.input is None:
        return {}
    model = operation.service
    reader = _READERS.get(model)
    if reader is None:
        reader = _READERS[model] = (_Ec2Reader if model.protocol == "ec2" else _Reader)(model)
    return reader.structure(model.shapes[operation.input], tree(params))


class _Reader:
    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        self._members: dict[int, list[tuple[str, str, Json]]] = {}  # of structures, by the shape's identity

    def value(self, spec: Json, node: Any) -> Any:
        shape = self._shapes[spec["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return self.structure(shape, node if isinstance(node, dict) else {})
        if kind == "list":
            return self.list(shape, node)
        if kind == "map":
            return self.map(shape, node)
        text = node.get("", "") if isinstance(node, dict) else node
        return SCALARS[kind](text if isinstance(text, str) else "")

    def structure(self, shape: Json, node: Tree) -> Json:
        members = self._members.get(id(shape))
        if members is None:
            given = shape.get("members", {}).items()
            # AWS takes the member's own name too: `MessageAttributes.1` as well as `MessageAttribute.1`.
            members = self._members[id(shape)] = [
                (key, name, spec) for name, spec in given for key in dict.fromkeys((name, self._location(name, spec)))
            ]
        return {name: self.value(spec, node[key]) for key, name, spec in members if key in node}

    def _location(self, name: str, spec: Json) -> str:
        target = self._shapes[spec["shape"]]
        if target["type"] == "list" and target.get("flattened") and "locationName" in target["member"]:
            inner: str = target["member"]["locationName"]
            return inner
        outer: str = spec.get("locationName", name)
        return outer

    def list(self, shape: Json, node: Any) -> list[Any]:
        if isinstance(node, dict) and not shape.get("flattened"):
            node = node.get(shape["member"].get("locationName", "member"), {})
        if not isinstance(node, dict):
            return [] if node == "" else [self.value(shape["member"], node)]
        return [self.value(shape["member"], node[index]) for index in _numbered(node)]

    def map(self, shape: Json, node: Any) -> Json:
        if isinstance(node, dict) and not shape.get("flattened"):
            node = node.get("entry", {})
        if not isinstance(node, dict):
            return {}
        key = shape["key"].get("locationName", "key")
        value = shape["value"].get("locationName", "value")
        entries = [node[index] for index in _numbered(node)]
        if not all(isinstance(entry, dict) for entry in entries):
            raise Malformed("Expected map or null")
        return {str(entry.get(key)): self.value(shape["value"], entry.get(value, "")) for entry in entries}


class _Ec2Reader(_Reader):
    """Lists are always flat, and names are the model's with a capital, unless it gives another for queries."""

    def _location(self, name: str, spec: Json) -> str:
        location: str = spec.get("queryName") or spec.get("locationName") or name
        return location if "queryName" in spec else location[0].upper() + location[1:]

    def list(self, shape: Json, node: Any) -> list[Any]:
        if not isinstance(node, dict):
            return [] if node == "" else [self.value(shape["member"], node)]
        return [self.value(shape["member"], node[index]) for index in _numbered(node)]


_LONGEST_INDEX = 19  # digits
_READERS: WeakKeyDictionary[ServiceModel, _Reader] = WeakKeyDictionary()


def _numbered(node: Tree) -> list[str]:
    return sorted((key for key in node if key.isdecimal() and len(key) < _LONGEST_INDEX), key=int)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Malformed(f"{text} can not be converted to a Boolean")
    return text.lower() == "true"


def _converted(convert: Callable[[str], Any], noun: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return convert(text)
        except ValueError:
            raise Malformed(f"{text} can not be converted to {noun}") from None

    return read


# How a value written as text (query parameters, headers, labels, XML) is read, by the shape's type.
SCALARS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "character": str,
    "integer": _converted(int, "an Integer"),
    "long": _converted(int, "a Long"),
    "float": _converted(float, "a Float"),
    "double": _converted(float, "a Double"),
    "boolean": _boolean,
    "blob": _converted(base64.b64decode, "a Blob"),
    "timestamp": _converted(parse_timestamp, "a Timestamp"),
}

"""A service model's constraints, compiled to closures, with AWS's message text.

A checker takes a value and says what is wrong with it; a correct value costs one call per node that has something to
check. Nulls are dropped on the way, as AWS treats a null member as absent, and base64 and timestamps of JSON bodies
become bytes and epoch seconds.
Messages: "N validation error(s) detected: Value 'v' at 'path' failed to satisfy constraint: Member must ...".
"""

import binascii
import re
from collections.abc import AsyncIterable, Callable
from typing import Any

from penstock.wire.model import Json, ServiceModel
from penstock.wire.timestamps import in_range, parse_timestamp

MAX_REPORTED = 10


class Fault:
    """One thing wrong: the member's path as AWS writes it, the value, and what it (or what in it) must be.

    `secret`: the value is not to be shown.
    """

    __slots__ = ("kind", "must", "path", "secret", "subject", "value")

    def __init__(self, path: str, value: Any, kind: str, must: str, subject: str = "Member") -> None:
        self.path, self.value, self.kind, self.must, self.subject = path, value, kind, must, subject
        self.secret = False

    def __str__(self) -> str:
        shown = "null " if self.value is None else "" if self.secret and self.value else f"'{render(self.value)}' "
        return f"Value {shown}at '{self.path}' failed to satisfy constraint: {self.subject} {self.must}"


class Malformed(Exception):
    """A value of the wrong JSON type: AWS answers SerializationException before any constraint is looked at."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


Faults = list[Fault]
Check = Callable[[Any, str, Faults], Any]


def summary(faults: Faults) -> str:
    """The message of a ValidationException."""
    shown = faults[:MAX_REPORTED]
    noun = "error" if len(shown) == 1 else "errors"
    return f"{len(shown)} validation {noun} detected: " + "; ".join(map(str, shown))


def render(value: Any) -> str:
    """A value as it stands in AWS's messages."""
    if isinstance(value, list):
        return "[" + ", ".join(map(render, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={render(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Checker:
    """Compiles the shapes of one service; `decode` for bodies that hold base64 and JSON timestamps."""

    def __init__(self, model: ServiceModel, decode: bool) -> None:
        self._shapes = model.shapes
        self._decode = decode
        self._compiled: dict[str, Check] = {}

    def shape(self, name: str) -> Check:
        found = self._compiled.get(name)
        if found is None:
            # Shapes may be recursive: while one is being compiled, it is reached through this table.
            self._compiled[name] = lambda value, path, faults: self._compiled[name](value, path, faults)
            found = self._compile(self._shapes[name])
            found = self._compiled[name] = _secret(found) if self._shapes[name].get("sensitive") else found
        return found

    def _compile(self, shape: Json) -> Check:
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        return _SCALARS[kind](shape, self._decode)

    def _structure(self, shape: Json) -> Check:
        members = {}
        for name, spec in shape.get("members", {}).items():
            members[name] = (self.shape(spec["shape"]), _camel(name))
        required = tuple((name, _camel(name)) for name in shape.get("required", ()))

        def check(value: Any, path: str, faults: Faults) -> Any:
            if type(value) is not dict:
                raise Malformed("Unexpected field type", path)
            prefix = path + "." if path else ""
            for name, shown in required:
                if value.get(name) is None:
                    faults.append(Fault(prefix + shown, None, "required", "must not be null"))
            nulls = False
            for name, item in value.items():
                if item is None:
                    nulls = True
                elif (member := members.get(name)) is not None:
                    checked = member[0](item, prefix + member[1], faults)
                    if checked is not item:
                        value[name] = checked
            if nulls:
                for name in [name for name, item in value.items() if item is None]:
                    del value[name]
            return value

        return check

    def _list(self, shape: Json) -> Check:
        member = self._shapes[shape["member"]["shape"]]
        inner = self.shape(shape["member"]["shape"])
        nested = member["type"] in _NESTED
        size, musts = _size(shape), _musts(member)

        def check(value: Any, path: str, faults: Faults) -> Any:
            if type(value) is not list:
                raise Malformed("Expected list or null" if value is not None else "Unexpected null", path)
            if size is not None:
                size(value, path, faults)
            if nested:
                for index, item in enumerate(value, 1):
                    checked = inner(item, f"{path}.{index}.member", faults)
                    if checked is not item:
                        value[index - 1] = checked
                return value
            found: Faults = []
            for index, item in enumerate(value):
                checked = inner(item, path, found)
                if checked is not item:
                    value[index] = checked
            if found:
                faults.append(Fault(path, value, found[0].kind, musts))
            return value

        return check

    def _map(self, shape: Json) -> Check:
        keys, values = self._shapes[shape["key"]["shape"]], self._shapes[shape["value"]["shape"]]
        key_check, inner = self.shape(shape["key"]["shape"]), self.shape(shape["value"]["shape"])
        nested = values["type"] in _NESTED
        size, key_musts, value_musts = _size(shape), _musts(keys), _musts(values)

        def check(value: Any, path: str, faults: Faults) -> Any:
            if type(value) is not dict:
                raise Malformed("Expected map or null", path)
            if size is not None:
                size(value, path, faults)
            wrong_keys: Faults = []
            wrong_values: Faults = []
            for key, item in value.items():
                key_check(key, path, wrong_keys)
                checked = inner(item, f"{path}.{key}.member", faults) if nested else inner(item, path, wrong_values)
                if checked is not item:
                    value[key] = checked
            if wrong_keys:
                faults.append(Fault(path, value, wrong_keys[0].kind, key_musts, "Map keys"))
            if wrong_values:
                faults.append(Fault(path, value, wrong_values[0].kind, value_musts, "Map value"))
            return value

        return check


def _secret(check: Check) -> Check:
    """Of a shape that the model calls sensitive."""

    def checked(value: Any, path: str, faults: Faults) -> Any:
        known = len(faults)
        found = check(value, path, faults)
        for fault in faults[known:]:
            fault.secret = True
        return found

    return checked


_NESTED = ("structure", "list", "map")


def _musts(shape: Json) -> str:
    """What is said of a list's members or a map's keys and values: all that holds for them, not what is violated."""
    noun = "value" if shape["type"] in ("integer", "long", "float", "double") else "length"
    parts = [
        (f"must have {noun} less than or equal to {{}}", shape.get("max")),
        (f"must have {noun} greater than or equal to {{}}", shape.get("min")),
        ("must satisfy regular expression pattern: {}", shape.get("pattern")),
        ("must satisfy enum value set: [{}]", ", ".join(shape["enum"]) if "enum" in shape else None),
    ]
    return f"must satisfy constraint: [{', '.join('Member ' + text.format(v) for text, v in parts if v is not None)}]"


def _camel(name: str) -> str:
    """Paths in AWS's messages begin in lower case: `TableName` -> `tableName`, `KMSKeyId` -> `kMSKeyId`."""
    return name[:1].lower() + name[1:]


def _size(shape: Json) -> Callable[[Any, str, Faults], None] | None:
    low, high = shape.get("min"), shape.get("max")
    if low is None and high is None:
        return None

    def check(value: Any, path: str, faults: Faults) -> None:
        if low is not None and len(value) < low:
            faults.append(Fault(path, value, "length", f"must have length greater than or equal to {low}"))
        elif high is not None and len(value) > high:
            faults.append(Fault(path, value, "length", f"must have length less than or equal to {high}"))

    return check


# -- scalars -----------------------------------------------------------------------------------------

# Java's classes that Python's re does not know, as ranges that hold for what AWS names accept.
_JAVA_CLASSES = {
    r"\p{L}": "A-Za-z\u00aa-\uffdc",
    r"\p{Z}": r" \u00a0\u2000-\u200a\u2028\u2029\u3000",
    r"\p{N}": r"0-9\u00b2-\u00be\u0660-\u0669\u2070-\u2189",
    r"\p{P}": r"!-/:-@\[-`{-~\u2010-\u2027",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{Print}": r"[ -~]",
    r"\w-": r"\w\-",
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
}


def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """A model's (Java) pattern for `fullmatch`; None for the few that cannot be written in Python."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _string(shape: Json, _decode: bool) -> Check:
    enum = frozenset(shape["enum"]) if "enum" in shape else None
    allowed = "[" + ", ".join(shape.get("enum", ())) + "]"
    size = _size(shape)
    source = shape.get("pattern")
    pattern = compile_pattern(source) if source else None
    if enum is None and size is None and pattern is None:
        return _plain_string

    def check(value: Any, path: str, faults: Faults) -> Any:
        if type(value) is not str:
            raise Malformed(f"{_token(value)} can not be converted to a String", path)
        if enum is not None and value not in enum:
            faults.append(Fault(path, value, "enum", f"must satisfy enum value set: {allowed}"))
        if size is not None:
            size(value, path, faults)
        if pattern is not None and pattern.fullmatch(value) is None:
            faults.append(Fault(path, value, "pattern", f"must satisfy regular expression pattern: {source}"))
        return value

    return check


def _plain_string(value: Any, path: str, faults: Faults) -> Any:
    if type(value) is not str:
        raise Malformed(f"{_token(value)} can not be converted to a String", path)
    return value


# Numbers that JSON cannot write, as Smithy's JSON protocols spell them.
_NO_JSON_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})


def _number(shape: Json, _decode: bool) -> Check:
    low, high = shape.get("min"), shape.get("max")
    whole = shape["type"] in ("integer", "long")
    noun = "an Integer" if shape["type"] == "integer" else "a Long" if whole else "a Double"

    def check(value: Any, path: str, faults: Faults) -> Any:
        if type(value) is float and whole and value.is_integer():
            value = int(value)
        if type(value) is str and not whole and value in _NO_JSON_NUMBERS:
            value = float(value)
        if type(value) is not int and (whole or type(value) is not float):
            raise Malformed(f"{_token(value)} can not be converted to {noun}", path)
        if low is not None and value < low:
            faults.append(Fault(path, value, "range", f"must have value greater than or equal to {low}"))
        elif high is not None and value > high:
            faults.append(Fault(path, value, "range", f"must have value less than or equal to {high}"))
        return value

    return check


def _boolean(_shape: Json, _decode: bool) -> Check:
    def check(value: Any, path: str, faults: Faults) -> Any:
        if type(value) is not bool:
            raise Malformed(f"{_token(value)} can not be converted to a Boolean", path)
        return value

    return check


def _blob(shape: Json, decode: bool) -> Check:
    """`streaming` ones may also be asynchronous iterators, which are passed as they are."""
    size, streaming = _size(shape), shape.get("streaming")

    def check(value: Any, path: str, faults: Faults) -> Any:
        if decode and type(value) is str:
            try:
                value = binascii.a2b_base64(value, strict_mode=True)
            except ValueError:
                raise Malformed("Invalid base64", path) from None
        if isinstance(value, str):
            value = value.encode()
        if not isinstance(value, bytes):
            if streaming and isinstance(value, AsyncIterable):
                return value
            raise Malformed(f"{_token(value)} can not be converted to a Blob", path)
        if size is not None:
            size(value, path, faults)
        return value

    return check


def _timestamp(_shape: Json, decode: bool) -> Check:
    def check(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, str) and type(value) not in (int, float):
            raise Malformed(f"{_token(value)} can not be converted to a timestamp", path)
        try:
            return parse_timestamp(value) if isinstance(value, str) else in_range(value)
        except ValueError:
            raise Malformed(f"{value} can not be converted to a timestamp", path) from None

    return check


def _token(value: Any) -> str:
    """The JSON token's name in AWS's SerializationException texts."""
    if value is True or value is False:
        return f"{str(value).upper()}_VALUE"
    kinds = {
        str: "STRING_VALUE",
        int: "NUMBER_VALUE",
        float: "DECIMAL_VALUE",
        list: "START_ARRAY",
        dict: "START_OBJECT",
    }
    return kinds.get(type(value), "NULL")


_SCALARS: dict[str, Callable[[Json, bool], Check]] = {
    "string": _string,
    "character": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}

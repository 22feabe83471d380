"""Values in mapping templates: how they print, compare, and which of Java's methods they have.

Templates see Java: a map prints as `{a=1}`, what came from JSON as JSON, and methods are looked up in tables, so a
template reaches nothing of Python. Printing is as observed.
Source: https://velocity.apache.org/engine/1.7/user-guide.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.web.gateways.velocity.scanner import TemplateError

Methods = Mapping[str, Callable[..., Any]]


_LONGEST = 10 * 1024 * 1024  # characters of a text: what a gateway lets through
_BITS = 1024  # of a number


class Host:
    """An object that the gateway puts into a template: `$input`, `$util`."""

    __slots__ = ("methods", "properties")

    def __init__(self, methods: Methods, properties: Mapping[str, Any] | None = None) -> None:
        self.methods = methods
        self.properties = properties or {}


class JsonList(list[Any]):
    """A list that came from JSON and prints as JSON; one made in the template prints as Java's."""


def from_json(value: Any) -> Any:
    """Parsed JSON as a template sees it."""
    if type(value) is dict:
        return {key: from_json(item) for key, item in value.items()}
    return JsonList(from_json(item) for item in value) if type(value) is list else value


def text(value: Any) -> str:
    """A value as it is printed."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_inner(item)}" for key, item in value.items()) + "}"
    if isinstance(value, JsonList):
        return orjson.dumps(value).decode()
    if isinstance(value, list):
        return "[" + ", ".join(_inner(item) for item in value) + "]"
    return "" if isinstance(value, Host) else str(value)


def _inner(value: Any) -> str:
    return "null" if value is None else text(value)


def truth(value: Any) -> bool:
    """Only null and false are false."""
    return value is not None and value is not False


def equal(left: Any, right: Any) -> bool:
    """Numbers by value; values of different types by how they print."""
    if (_number(left) and _number(right)) or type(left) is type(right):
        return bool(left == right)
    return left is not None and right is not None and text(left) == text(right)


def different(left: Any, right: Any) -> bool:
    return not equal(left, right)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def arithmetic(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operation that gives null for what are no numbers, and where the result is none that anybody can use."""

    def apply(left: Any, right: Any) -> Any:
        found = operation(left, right) if _number(left) and _number(right) else None
        return None if type(found) is int and found.bit_length() > _BITS else found

    return apply


def add(left: Any, right: Any) -> Any:
    """Numbers are added, anything else is joined."""
    return left + right if _number(left) and _number(right) else _limited(text(left) + text(right))


def _limited(found: Any) -> Any:
    if isinstance(found, str) and len(found) > _LONGEST:
        raise TemplateError(f"a text is longer than {_LONGEST} characters")
    return found


def divide(left: Any, right: Any) -> Any:
    """Whole numbers divide to whole numbers, towards zero; by zero to null."""
    if not right:
        return None
    return int(left / right) if isinstance(left, int) and isinstance(right, int) else left / right


# -- methods -----------------------------------------------------------------------------------------


def call(target: Any, name: str, arguments: list[Any]) -> Any:
    """`$target.name(arguments)`; null where there is no such method, or it does not like its arguments."""
    method = _method(target, name)
    if method is None:
        return None
    if isinstance(target, Host):
        return method(*arguments)
    try:
        return _limited(method(target, *arguments))
    except (TypeError, ValueError, IndexError, AttributeError, re.error):
        return None


def _method(target: Any, name: str) -> Callable[..., Any] | None:
    if isinstance(target, Host):
        return target.methods.get(name)
    for kind, methods in _METHODS:
        if isinstance(target, kind) and name in methods:
            return methods[name]
    return None


def member(target: Any, name: str) -> Any:
    """`$target.name`."""
    if isinstance(target, dict):
        return target.get(name)
    return target.properties.get(name) if isinstance(target, Host) else None


def item(target: Any, key: Any) -> Any:
    """`$target[key]`."""
    if isinstance(target, dict):
        return target.get(key)
    try:
        return target[key] if isinstance(target, list) else None
    except (IndexError, TypeError):
        return None


def elements(value: Any) -> list[Any]:
    """What `#foreach` walks over: a list's items, a map's values."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _put(target: dict[Any, Any], key: Any, value: Any) -> Any:
    before = target.get(key)
    target[key] = value
    return before


def _append(target: list[Any], value: Any) -> bool:
    target.append(value)
    return True


def _assign(target: list[Any], index: int, value: Any) -> Any:
    before, target[index] = target[index], value
    return before


def _replacement(value: str) -> str:
    """Java's `$1` in a replacement is Python's `\\1`."""
    return re.sub(r"\$(\d)", r"\\\1", value)


_STRING: Methods = {
    "length": len,
    "isEmpty": lambda s: not s,
    "equals": lambda s, other: s == other,
    "equalsIgnoreCase": lambda s, other: s.lower() == str(other).lower(),
    "contains": lambda s, part: part in s,
    "startsWith": lambda s, part: s.startswith(part),
    "endsWith": lambda s, part: s.endswith(part),
    "indexOf": lambda s, part, start=0: s.find(part, start),
    "lastIndexOf": lambda s, part: s.rfind(part),
    "substring": lambda s, start, end=None: s[start:end],
    "toLowerCase": lambda s: s.lower(),
    "toUpperCase": lambda s: s.upper(),
    "trim": lambda s: s.strip(),
    "concat": lambda s, other: s + other,
    "replace": lambda s, old, new: s.replace(old, new),
    "replaceAll": lambda s, pattern, new: re.sub(pattern, _replacement(new), s),
    "replaceFirst": lambda s, pattern, new: re.sub(pattern, _replacement(new), s, count=1),
    "matches": lambda s, pattern: re.fullmatch(pattern, s) is not None,
    "split": lambda s, pattern: re.split(pattern, s),
    "charAt": lambda s, index: s[index],
    "toString": lambda s: s,
}
_LIST: Methods = {
    "size": len,
    "length": len,
    "isEmpty": lambda items: not items,
    "get": lambda items, index: items[index],
    "contains": lambda items, value: value in items,
    "indexOf": lambda items, value: items.index(value),
    "add": _append,
    "set": _assign,
    "remove": lambda items, index: items.pop(index),
    "toString": text,
}
_MAP: Methods = {
    "size": len,
    "isEmpty": lambda m: not m,
    "get": lambda m, key: m.get(key),
    "getOrDefault": lambda m, key, default: m.get(key, default),
    "containsKey": lambda m, key: key in m,
    "containsValue": lambda m, value: value in m.values(),
    "keySet": lambda m: list(m),
    "values": lambda m: list(m.values()),
    "entrySet": lambda m: [{"key": key, "value": value} for key, value in m.items()],
    "getKey": lambda m: m.get("key"),
    "getValue": lambda m: m.get("value"),
    "put": _put,
    "putAll": lambda m, other: m.update(other),
    "remove": lambda m, key: m.pop(key, None),
    "toString": text,
}
_ANY: Methods = {"toString": text, "equals": equal, "intValue": int, "doubleValue": float}
_METHODS: tuple[tuple[type, Methods], ...] = ((str, _STRING), (dict, _MAP), (list, _LIST), (object, _ANY))

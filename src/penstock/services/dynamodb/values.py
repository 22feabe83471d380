"""AttributeValues: what may stand in one, what it counts for, which of two is less.

Rule: a value enters through `check_*`, which refuses what DynamoDB refuses, brings numbers to their canonical text and
sets into order, and measures the value on the way. Behind it `==` is DynamoDB's equality, and values are never changed
in place.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from penstock.services.dynamodb import numbers
from penstock.services.dynamodb.errors import INVALID, BadValue, invalid

Value = dict[str, Any]
Item = dict[str, Value]


class Stored(NamedTuple):
    """An item as it is stored, and its size in bytes."""

    item: Item
    size: int


MAX_ITEM_SIZE = 400 * 1024
MAX_DEPTH = 32

SET_TYPES = frozenset(("SS", "NS", "BS"))
ORDERED_TYPES = frozenset(("S", "N", "B"))

_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


def type_of(value: Value) -> str:
    """`S`, `N`, `B`, `BOOL`, `NULL`, `SS`, `NS`, `BS`, `L` or `M`."""
    return next(iter(value))


def check_item(item: Item) -> int:
    """Checks every attribute; the item's size in bytes."""
    total = 0
    for name, value in item.items():
        total += check_name(name) + check_value(value)
    return total


def check_value(value: Value, depth: int = 1) -> int:
    """Checks one value, making its numbers and sets canonical in place; its size in bytes."""
    if len(value) != 1:
        return _check_members(value, depth)
    for kind, content in value.items():
        try:
            check = _CHECKS[kind]
        except KeyError:
            return _check_members(value, depth)
        return check(content, value, depth)
    raise AssertionError


def _check_members(value: Value, depth: int) -> int:
    """Unknown members are ignored; what is wrong with one is reported before there being too many of them."""
    for kind in value.keys() - _CHECKS.keys():
        del value[kind]
    sizes = [_CHECKS[kind](content, value, depth) for kind, content in list(value.items())]
    if len(sizes) != 1:
        raise invalid(SEVERAL if sizes else _EMPTY)
    return sizes[0]


def check_name(name: str) -> int:
    if not name:
        raise invalid("Empty attribute name")
    return len(name) if name.isascii() else len(name.encode())


def utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _check_string(content: str, _value: Value, _depth: int) -> int:
    return len(content) if content.isascii() else len(content.encode())


def _check_number(content: str, value: Value, _depth: int) -> int:
    number = value["N"] = numbers.canonical(content)
    return numbers.size(number)


def _check_binary(content: bytes, _value: Value, _depth: int) -> int:
    return len(content)


def _check_bool(_content: bool, _value: Value, _depth: int) -> int:
    return 1


def _check_null(content: bool, _value: Value, _depth: int) -> int:
    if not content:
        raise invalid(f"{INVALID}Null attribute value types must have the value of true")
    return 1


def _check_string_set(content: list[str], value: Value, _depth: int) -> int:
    if not content:
        raise invalid(f"{INVALID}An string set  may not be empty")
    if len(set(content)) < len(content):
        shown = ", ".join(f'"{member}"' for member in _up_to_repeat(content))
        raise BadValue(
            f"{INVALID}Input collection [{shown}] contains duplicates.",
            f"{INVALID}Input collection [{', '.join(content)}] contains duplicates.",
        )
    value["SS"] = in_order("SS", content)
    return sum(map(utf8_size, content))


def _check_number_set(content: list[str], value: Value, _depth: int) -> int:
    if not content:
        raise invalid(f"{INVALID}An number set  may not be empty")
    members = [numbers.canonical(member) for member in content]
    if len(set(members)) < len(members):
        raise BadValue(f"{INVALID}Input collection contains duplicates.", "Input collection contains duplicates")
    value["NS"] = in_order("NS", members)
    return sum(map(numbers.size, members))


def _check_binary_set(content: list[bytes], value: Value, _depth: int) -> int:
    if not content:
        raise invalid(f"{INVALID}Binary sets should not be empty")
    if len(set(content)) < len(content):
        shown = ",".join(f'"{_text(member)}"' for member in _up_to_repeat(content))
        raise BadValue(
            f"{INVALID}Input collection [{shown}]of type BS contains duplicates.",
            f"{INVALID}Input collection [{', '.join(map(_text, content))}]of type BS contains duplicates.",
        )
    value["BS"] = in_order("BS", content)
    return sum(map(len, content))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def in_order(kind: str, members: Iterable[Any]) -> list[Any]:
    """A set's members as DynamoDB returns them: numbers by value, others bytewise."""
    # Code points sort as their UTF-8 bytes do.
    return sorted(members, key=Decimal if kind == "NS" else None)


def _up_to_repeat(members: list[Any]) -> list[Any]:
    """As DynamoDB prints a faulty set: in order up to the first repeat, then the repeat and the rest as they came."""
    seen: set[Any] = set()
    for index, member in enumerate(members):
        if member in seen:
            return sorted(seen) + members[index:]
        seen.add(member)
    return members


def _check_list(content: list[Value], _value: Value, depth: int) -> int:
    if depth >= MAX_DEPTH and content:
        raise invalid(_TOO_DEEP)
    depth += 1
    return 3 + len(content) + sum(check_value(member, depth) for member in content)


def _check_map(content: dict[str, Value], _value: Value, depth: int) -> int:
    if depth >= MAX_DEPTH and content:
        raise invalid(_TOO_DEEP)
    depth += 1
    total = 3 + len(content)
    for name, member in content.items():
        total += check_name(name) + check_value(member, depth)
    return total


_CHECKS: dict[str, Callable[[Any, Value, int], int]] = {
    "S": _check_string,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_bool,
    "NULL": _check_null,
    "SS": _check_string_set,
    "NS": _check_number_set,
    "BS": _check_binary_set,
    "L": _check_list,
    "M": _check_map,
}


# -- what is stored already --------------------------------------------------------------------------


def item_size(item: Mapping[str, Value]) -> int:
    """The size of an item whose values were checked before."""
    return sum(utf8_size(name) + value_size(value) for name, value in item.items())


def values_size(values: Mapping[str, Value]) -> int:
    return sum(map(value_size, values.values()))


def value_size(value: Value) -> int:
    for kind, content in value.items():
        return _SIZES[kind](content)
    return 0


def _list_size(content: list[Value]) -> int:
    return 3 + len(content) + sum(map(value_size, content))


def _map_size(content: dict[str, Value]) -> int:
    return 3 + len(content) + item_size(content)


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": utf8_size,
    "N": numbers.size,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda members: sum(map(utf8_size, members)),
    "NS": lambda members: sum(map(numbers.size, members)),
    "BS": lambda members: sum(map(len, members)),
    "L": _list_size,
    "M": _map_size,
}


def depth(value: Value) -> int:
    """Levels of a value: 1 for a scalar, one more for each list or map around it."""
    members = value.get("L") or list(value.get("M", {}).values())
    return 1 + max(map(depth, members)) if members else 1


def check_depth(item: Mapping[str, Value]) -> None:
    for value in item.values():
        if ("M" in value or "L" in value) and depth(value) > MAX_DEPTH:
            raise invalid(_TOO_DEEP)


# -- order -------------------------------------------------------------------------------------------


def compare(left: Value, right: Value) -> int | None:
    """Negative, zero or positive for two strings, numbers or binaries; None where there is no order between them."""
    for kind, one in left.items():
        other = right.get(kind)
        if other is None or kind not in ORDERED_TYPES:
            return None
        if kind == "N":
            one, other = Decimal(one), Decimal(other)
        # Code points sort as their UTF-8 bytes do.
        return int(one > other) - int(one < other)
    return None

"""Dataclass <-> document. A document is what is stored, published and answered: camelCase, absent values left out."""

import dataclasses
import json
from collections.abc import Hashable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T", bound=Hashable)
Document = dict[str, Any]


@lru_cache(maxsize=256)
def camel(name: str) -> str:
    """`product_id` -> `productId`"""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@lru_cache(maxsize=32)
def _names(cls: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, camel(field.name)) for field in dataclasses.fields(cls))


def dump(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((key, getattr(value, name)) for name, key in _names(type(value)))
        return {key: dump(member) for key, member in pairs if member is not None}
    return [dump(member) for member in value] if isinstance(value, tuple) else value


def load(cls: type[T], document: Mapping[str, Any], **nested: Any) -> T:
    """`nested` holds the members that are not plain values. Members the class does not know are left aside."""
    plain = {name: document[key] for name, key in _names(cls) if key in document}
    return cls(**plain | nested)


def to_json(value: Any) -> str:
    """Numbers come out as they are: a binary float repeats up to 15 digits of a decimal exactly, and no amount in the
    shop is longer (`models.Amount`). The property test in tests/test_documents.py holds that."""
    return json.dumps(value, default=_number, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Any:
    """Fractions as Decimal. ValueError for anything that is not JSON, NaN and Infinity included."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _number(value: Any) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return int(value) if value == value.to_integral_value() else float(value)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")

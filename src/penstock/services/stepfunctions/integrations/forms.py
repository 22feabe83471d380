"""A JSON object as the pairs of a form, arrays in one of the styles that HTTP Tasks know. Pure.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#url-encode-request-body
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

Pairs = Iterator[tuple[str, str]]
# (the array's key, an index) -> the key of an item; None: the items are one value, separated by commas.
Format = Callable[[str, int], str] | None

FORMATS: dict[str, Format] = {
    "INDICES": lambda key, index: f"{key}[{index}]",
    "REPEAT": lambda key, index: key,
    "COMMAS": None,
    "BRACKETS": lambda key, index: f"{key}[]",
}


def flattened(body: Mapping[str, Any], of_array: Format) -> list[tuple[str, str]]:
    """`{"a": {"b": 1}, "c": [2, 3]}` -> `a[b]=1`, `c[0]=2`, `c[1]=3`."""
    return [pair for name, value in body.items() for pair in _pairs(name, value, of_array)]


def _pairs(key: str, value: Any, of_array: Format) -> Pairs:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _pairs(f"{key}[{name}]", item, of_array)
    elif not isinstance(value, list):
        yield key, _scalar(value)
    elif of_array is None:
        yield key, ",".join(map(_scalar, value))
    else:
        for index, item in enumerate(value):
            yield from _pairs(of_array(key, index), item, of_array)


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()

"""Filters of the Describe operations. Pure.

A filter's name stands for a path into the document; lists on the way are transparent. A filter matches when any of
its values does, `*` and `?` being wildcards; all filters must match.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.base.globs import ANY, joined
from penstock.wire.constraints import render
from penstock.wire.model import Json

# `tag-value` is no longer documented and still works.
_TAG_PARTS = {"tag-key": "Key", "tag-value": "Value"}
_TOKEN = re.compile(r"\\(.)|(\*)|(\?)|([^\\*?]+|\\)", re.DOTALL)


def select(items: Iterable[Json], filters: Iterable[Json], paths: Mapping[str, str]) -> list[Json]:
    """The items that all `filters` match. Raises InvalidParameterValue for a filter that `paths` does not know."""
    tests = [
        (_path(item.get("Name"), paths), [_pattern(value) for value in item.get("Values", ())]) for item in filters
    ]
    return [item for item in items if all(_matches(item, path, patterns) for path, patterns in tests)]


def texts(item: Any, path: tuple[str, ...]) -> Iterator[str]:
    """All values at `path`, as filters write them."""
    if isinstance(item, list):
        for element in item:
            yield from texts(element, path)
    elif not path:
        yield render(item)
    elif isinstance(item, dict) and (below := item.get(path[0])) is not None:
        yield from texts(below, path[1:])


def _path(name: str | None, paths: Mapping[str, str]) -> tuple[str, ...]:
    """A tag's value stands behind its key, which may hold dots."""
    if name and name.startswith("tag:"):
        return ("tag", name.removeprefix("tag:"))
    if name in _TAG_PARTS:
        return ("Tags", _TAG_PARTS[name])
    if name is None or name not in paths:
        raise AwsError("InvalidParameterValue", f"The filter '{name or 'null'}' is invalid")
    return tuple(paths[name].split("."))


def _matches(item: Json, path: tuple[str, ...], patterns: list[re.Pattern[str]]) -> bool:
    if path[0] == "tag":
        values: Iterable[str] = (tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == path[1])
    else:
        values = texts(item, path)
    return any(pattern.fullmatch(value) for value in values for pattern in patterns)


@functools.lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """`*` and `?` as wildcards; a backslash takes their meaning away."""
    parts = []
    for escaped, star, question, literal in _TOKEN.findall(text):
        parts.append(ANY if star else "." if question else re.escape(escaped or literal))
    return re.compile(joined(parts), re.DOTALL)

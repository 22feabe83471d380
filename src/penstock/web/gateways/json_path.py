"""JSONPath, the part of it that API Gateway's mappings use: names, indexes, `*`, `..name`. Pure.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import re
from collections.abc import Callable
from typing import Any

_STEP = re.compile(r"\.\.?([\w\-$@ ]+|\*)|\[(?:'([^']*)'|\"([^\"]*)\"|(-?\d+)|\*)\]")
Read = Callable[[Any], Any]


def compile_path(path: str) -> Read:
    """What reads the path in a document: None where nothing is found, a list where the path may mean several."""
    steps: list[tuple[str, Any]] = []
    at = 1 if path.startswith("$") else 0
    source = path if at else f".{path}"
    while at < len(source):
        match = _STEP.match(source, at)
        if match is None:
            return lambda document: None
        steps.append(_read_step(match))
        at = match.end()
    many = any(kind in ("all", "deep") for kind, _ in steps)
    return lambda document: _select(document, steps, many)


def _read_step(match: re.Match[str]) -> tuple[str, Any]:
    dotted, single, double, index = match.groups()
    if match[0].startswith(".."):
        return "deep", dotted
    if match[0] in (".*", "[*]"):
        return "all", None
    return ("index", int(index)) if index is not None else ("name", dotted or single or double or "")


def _select(document: Any, steps: list[tuple[str, Any]], many: bool) -> Any:
    found = [document]
    for kind, key in steps:
        found = [value for item in found for value in _STEPS[kind](item, key)]
    if many:
        return found
    return found[0] if found else None


def _deep(item: Any, key: str) -> list[Any]:
    found = _name(item, key)
    below = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return found + [value for child in below for value in _deep(child, key)]


def _name(item: Any, key: str) -> list[Any]:
    return [item[key]] if isinstance(item, dict) and key in item else []


def _index(item: Any, key: int) -> list[Any]:
    return [item[key]] if isinstance(item, list) and -len(item) <= key < len(item) else []


def _all(item: Any, _key: Any) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else list(item) if isinstance(item, list) else []


_STEPS: dict[str, Callable[[Any, Any], list[Any]]] = {"name": _name, "index": _index, "all": _all, "deep": _deep}

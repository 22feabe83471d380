"""Mapping expressions: `method.request.header.x`, `context.identity.sourceIp`, `'literal'`, compiled to closures.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.wire.message import Pairs


class Endpoint(NamedTuple):
    """What an integration answered."""

    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Source = Callable[[RestExchange, Endpoint | None], Any]


def compile_source(expression: str) -> Source:
    """A source that gives None where there is nothing."""
    if expression.startswith("'"):
        literal = expression.strip("'")
        return lambda exchange, endpoint: literal
    place, _, rest = expression.partition(".")
    if place == "context":
        read = compile_path(f"$.{rest}")
        return lambda exchange, endpoint: read({**exchange.context(), "error": exchange.error})
    if place == "stageVariables":
        return lambda exchange, endpoint: exchange.stage.variables.get(rest)
    part, _, name = rest.partition(".")[2].partition(".")
    if part == "body":
        return _body(place, name)
    return _PARTS[place, part](name) if (place, part) in _PARTS else lambda exchange, endpoint: None


def _body(place: str, path: str) -> Source:
    read = compile_path(f"$.{path}" if path else "$")

    def source(exchange: RestExchange, endpoint: Endpoint | None) -> Any:
        raw = exchange.request.body if place == "method" else endpoint.body if endpoint else b""
        if not path:
            return raw.decode("utf-8", "replace")
        try:
            found = read(orjson.loads(raw or b"{}"))
        except orjson.JSONDecodeError:
            return None
        return found if found is None or isinstance(found, str) else orjson.dumps(found).decode()

    return source


def _joined(values: list[str] | None) -> str | None:
    return ",".join(values) if values else None


_PARTS: dict[tuple[str, str], Callable[[str], Source]] = {
    ("method", "path"): lambda name: lambda exchange, _: exchange.params.get(name),
    ("method", "querystring"): lambda name: lambda exchange, _: exchange.query.single.get(name),
    ("method", "multivaluequerystring"): lambda name: lambda exchange, _: exchange.query.multi.get(name),
    ("method", "header"): lambda name: lambda exchange, _: exchange.header(name),
    ("method", "multivalueheader"): lambda name: lambda exchange, _: _joined(exchange.headers.multi.get(name)),
    ("integration", "header"): lambda name: lambda _, endpoint: endpoint.header(name) if endpoint else None,
    ("integration", "multivalueheader"): lambda name: lambda _, endpoint: endpoint.header(name) if endpoint else None,
}


# -- JSONPath ----------------------------------------------------------------------------------------

_STEP = re.compile(r"\.\.?([\w\-$@ ]+|\*)|\[(?:'([^']*)'|\"([^\"]*)\"|(-?\d+)|\*)\]")
Read = Callable[[Any], Any]


def compile_path(path: str) -> Read:
    """The part of JSONPath that templates use: names, indexes, `*`, `..name`. None where nothing is found."""
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

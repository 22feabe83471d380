"""Mapping expressions: `method.request.header.x`, `context.identity.sourceIp`, `'literal'`, compiled to closures.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.web.gateways.json_path import compile_path
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
    ("method", "header"): lambda name: lambda exchange, _: exchange.forwarded_header(name),
    ("method", "multivalueheader"): lambda name: lambda exchange, _: _joined(exchange.headers.multi.get(name)),
    ("integration", "header"): lambda name: lambda _, endpoint: endpoint.header(name) if endpoint else None,
    ("integration", "multivalueheader"): lambda name: lambda _, endpoint: endpoint.header(name) if endpoint else None,
}

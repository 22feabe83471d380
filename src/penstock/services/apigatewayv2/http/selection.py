"""Selection expressions of HTTP APIs: `$request.header.x`, `${context.requestId}`, compiled to closures.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

from penstock.services.apigatewayv2.http.exchange import HttpExchange
from penstock.web.gateways.json_path import compile_path
from penstock.wire.message import Response

Reader = Callable[[HttpExchange, Response | None], str | None]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_BODY_READ = 100 * 1024  # bytes of a body that an expression sees


def compile_expression(expression: str) -> Reader:
    """One expression, without its `$`. Raises ValueError for what is none."""
    for place, make in _PLACES.items():
        if expression == place or expression.startswith(f"{place}."):
            return make(expression[len(place) + 1 :])
    raise ValueError(f"${expression}")


def compile_value(text: str) -> Reader:
    """A static value, one expression, or text with `${...}` in it. Raises ValueError with what is wrong of it."""
    if text.startswith("$") and not text.startswith("${"):
        return compile_expression(text[1:])
    literals, names = _VARIABLE.split(text)[::2], _VARIABLE.findall(text)
    if not names:
        return lambda exchange, response: text
    readers = [compile_expression(name) for name in names]
    if len(readers) == 1 and not any(literals):
        return readers[0]

    def composed(exchange: HttpExchange, response: Response | None) -> str:
        found = [reader(exchange, response) or "" for reader in readers]
        return literals[0] + "".join(value + literal for value, literal in zip(found, literals[1:], strict=True))

    return composed


def _named(make: Callable[[str], Reader]) -> Callable[[str], Reader]:
    """For places of which an expression has to name a part."""

    def named(name: str) -> Reader:
        if not name:
            raise ValueError("a name is missing")
        return make(name)

    return named


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _request_header(name: str) -> Reader:
    key = name.lower()
    return lambda exchange, _: exchange.request.headers.get(key)


def _request_query(name: str) -> Reader:
    def read(exchange: HttpExchange, _: Response | None) -> str | None:
        values = [value for key, value in exchange.request.query if key == name]
        return ",".join(values) if values else None

    return read


def _request_path(name: str) -> Reader:
    return (lambda exchange, _: exchange.params.get(name)) if name else (lambda exchange, _: exchange.path)


def _request_body(path: str) -> Reader:
    read = _body_reader(path)
    return lambda exchange, _: read(exchange.request.body)


def _response_body(path: str) -> Reader:
    read = _body_reader(path)
    return lambda _, response: read(response.body) if response and isinstance(response.body, bytes) else None


def _body_reader(path: str) -> Callable[[bytes], str | None]:
    if not path:
        return lambda body: body.decode("utf-8", "replace") or None
    read = compile_path(f"$.{path}")

    def text(body: bytes) -> str | None:
        try:
            return _text(read(orjson.loads(body[:_BODY_READ])))
        except orjson.JSONDecodeError:
            return None

    return text


def _response_header(name: str) -> Reader:
    return lambda _, response: response.header(name) if response else None


def _context(path: str) -> Reader:
    read = _walk(path.split("."))
    return lambda exchange, _: _text(read(exchange.log_context())) or None


def _walk(names: list[str]) -> Callable[[Any], Any]:
    """A name may have dots in it, as those of claims do."""

    def walk(found: Any) -> Any:
        for at, name in enumerate(names):
            if not isinstance(found, dict):
                return None
            if (whole := ".".join(names[at:])) in found:
                return found[whole]
            found = found.get(name)
        return found

    return walk


def _stage_variable(name: str) -> Reader:
    return lambda exchange, _: exchange.stage.variables.get(name)


_PLACES: dict[str, Callable[[str], Reader]] = {
    "request.header": _named(_request_header),
    "request.querystring": _named(_request_query),
    "request.path": _request_path,
    "request.body": _request_body,
    "response.header": _named(_response_header),
    "response.body": _response_body,
    "context": _named(_context),
    "stageVariables": _named(_stage_variable),
}

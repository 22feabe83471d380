"""Selection expressions of WebSocket APIs: `$request.body.action`, `${stageVariables.x}`, `\\$default`, or plain text.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

from penstock.services.apigatewayv2.sockets.exchange import SocketExchange
from penstock.web.gateways.json_path import compile_path
from penstock.wire.message import Response

# What an event, and in time the response of its integration, say; None where they say nothing.
Reader = Callable[[SocketExchange, Response | None], str | None]

_VARIABLE = re.compile(r"(?<!\\)\$\{([^{}]*)\}|(?<!\\)\$([A-Za-z][\w.\-]*)")


def compile_selection(expression: str) -> Reader:
    """Raises ValueError for what names a place that is none."""
    literals: list[str] = []
    readers: list[Reader] = []
    at = 0
    for match in _VARIABLE.finditer(expression):
        literals.append(expression[at : match.start()].replace("\\", ""))
        readers.append(compile_reference(match[1] or match[2]))
        at = match.end()
    last = expression[at:].replace("\\", "")

    def select(exchange: SocketExchange, response: Response | None) -> str | None:
        found = [reader(exchange, response) for reader in readers]
        if any(value is None for value in found):
            return None
        return "".join(literal + (value or "") for literal, value in zip(literals, found, strict=True)) + last

    return select


def is_selection(expression: str) -> bool:
    try:
        compile_selection(expression)
    except ValueError:
        return False
    return True


def compile_reference(reference: str) -> Reader:
    """`request.body.action` and the like. Raises ValueError."""
    for place, make in _PLACES.items():
        if reference == place or reference.startswith(f"{place}."):
            return make(reference[len(place) + 1 :])
    raise ValueError(reference)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _body(path: str) -> Reader:
    if not path:
        return lambda exchange, _: exchange.happening.body
    read = compile_path(f"$.{path}")

    def select(exchange: SocketExchange, _: Response | None) -> str | None:
        try:
            return _text(read(orjson.loads(exchange.happening.body)))
        except orjson.JSONDecodeError:
            return None

    return select


def _header(name: str) -> Reader:
    return lambda exchange, _: exchange.request.headers.get(name.lower())


def _querystring(name: str) -> Reader:
    return lambda exchange, _: next((value for key, value in exchange.request.query if key == name), None)


def _context(path: str) -> Reader:
    names = path.split(".")

    def read(exchange: SocketExchange, _: Response | None) -> str | None:
        found: Any = exchange.context()
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return _text(found)

    return read


def _stage_variable(name: str) -> Reader:
    return lambda exchange, _: exchange.stage.variables.get(name)


def _status(_: str) -> Reader:
    return lambda exchange, response: str(response.status) if response is not None else None


def _response_header(name: str) -> Reader:
    return lambda exchange, response: response.header(name) if response is not None else None


def _nothing(_: str) -> Reader:
    """As observed: the body of a response selects nothing."""
    return lambda exchange, response: None


_PLACES: dict[str, Callable[[str], Reader]] = {
    "request.body": _body,
    "request.header": _header,
    "request.querystring": _querystring,
    "route.request.body": _body,
    "route.request.header": _header,
    "route.request.querystring": _querystring,
    "integration.response.statuscode": _status,
    "integration.response.header": _response_header,
    "integration.response.body": _nothing,
    "context": _context,
    "stageVariables": _stage_variable,
}

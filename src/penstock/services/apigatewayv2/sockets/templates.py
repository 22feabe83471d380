"""Mapping templates of WebSocket APIs: which one applies, and what is in it.

A selection expression chooses among templates by their keys; `$default` stands for every other key.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.apigatewayv2.sockets.exchange import SocketExchange
from penstock.services.apigatewayv2.sockets.selection import compile_selection
from penstock.web.gateways.payloads import Malformed
from penstock.web.gateways.velocity import Template, TemplateError
from penstock.web.gateways.velocity.mapping import UTIL, template_input
from penstock.wire.message import Response


class Templates:
    """`otherwise` is the expression where none is given; then any template will do, as observed."""

    def __init__(self, templates: Mapping[str, str] | None, expression: str | None, otherwise: str) -> None:
        self._sources = dict(templates or {})
        self._select = compile_selection(expression or otherwise)
        self._any = next(iter(self._sources), "") if not expression else ""
        self._compiled: dict[str, Template] = {}

    def __bool__(self) -> bool:
        return bool(self._sources)

    def choose(self, exchange: SocketExchange, response: Response | None) -> Template | None:
        """Raises Malformed for a template that is none."""
        key = self._select(exchange, response) or ""
        known = (name for name in (key, "$default", self._any) if name in self._sources)
        key = next(known, "")
        if not key:
            return None
        if key not in self._compiled:
            try:
                self._compiled[key] = Template(self._sources[key].strip())
            except TemplateError as error:
                raise Malformed(f"the template {key} cannot be parsed: {error}") from None
        return self._compiled[key]


def render(template: Template, exchange: SocketExchange, body: bytes) -> bytes:
    def params(name: str | None = None) -> Any:
        handshake = exchange.handshake()
        query, headers = handshake.get("queryStringParameters", {}), handshake["headers"]
        if name is None:
            return {"path": {}, "querystring": query, "header": headers}
        return query.get(name) or headers.get(name) or ""

    namespace = {
        "input": template_input(body, params),
        "util": UTIL,
        "context": exchange.context(),
        "stageVariables": exchange.stage.variables,
    }
    return template.render(namespace).encode()

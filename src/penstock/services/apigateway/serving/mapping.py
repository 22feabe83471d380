"""Requests mapped to integrations, and their answers mapped back.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-data-transformations.html
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

from penstock.services.apigateway.serving.content import for_template, request_body, response_body
from penstock.services.apigateway.serving.exchange import RestExchange, Stage
from penstock.services.apigateway.serving.headers import remapped_anew, unmappable
from penstock.services.apigateway.serving.refusal import misconfigured
from penstock.services.apigateway.serving.sources import Endpoint, Source, compile_source
from penstock.services.apigateway.serving.templates import (
    compile_templates,
    namespace,
    no_overrides,
    request_template,
    response_template,
)
from penstock.web.gateways.payloads import MediaTypes, one_line
from penstock.web.gateways.velocity import Template
from penstock.wire.message import Pairs, Response
from penstock.wire.model import Json

_NOTHING: Json = {}
_PARAMETER = re.compile(r"\{(\w+)\+?\}")


class RequestMapping:
    """An integration's requestParameters and requestTemplates."""

    def __init__(self, integration: Json) -> None:
        self._parameters: list[tuple[str, str, Source]] = []
        for target, expression in (integration.get("requestParameters") or {}).items():
            place, _, name = target.removeprefix("integration.request.").partition(".")
            self._parameters.append((place, name, compile_source(expression)))
        self._kind: str = integration.get("type", "")
        self._templates = compile_templates(integration.get("requestTemplates"))
        self._handling: str | None = integration.get("contentHandling")
        self._passthrough = integration.get("passthroughBehavior", "WHEN_NO_MATCH")

    def body(self, exchange: RestExchange) -> tuple[bytes, Json]:
        """The body for the integration, and what its template overrode. Raises Refusal (415, 500)."""
        kind = exchange.header("content-type") or "application/json"
        template = request_template(self._templates, self._passthrough, kind)
        overrides = no_overrides()
        body = exchange.request.body
        if body:
            body = request_body(body, exchange.stage.binary.match(kind), self._handling)
        if template is None:
            return body, overrides
        if template.constant is not None:
            return template.constant.encode(), overrides
        return template.render(namespace(exchange, for_template(body), overrides)).encode(), overrides

    def values(self, exchange: RestExchange, place: str, overrides: Json = _NOTHING) -> dict[str, Any]:
        """What is mapped to `header`, `path` or `querystring`; what a template overrode goes before it."""
        if not self._parameters and not overrides:
            return {}
        found = {name: source(exchange, None) for at, name, source in self._parameters if at == place}
        overridden = overrides.get("requestOverride", _NOTHING).get(place, _NOTHING)
        return {name: value for name, value in {**found, **overridden}.items() if value is not None}

    def headers(self, exchange: RestExchange, overrides: Json = _NOTHING) -> dict[str, str]:
        """Raises Refusal (500) for a header that the gateway itself says."""
        found = self.values(exchange, "header", overrides)
        if not found:
            return {}
        if wrong := next((name for name in found if unmappable(self._kind, name)), None):
            raise misconfigured(f"Execution failed due to configuration error: Invalid mapping of header {wrong}")
        return {name: one_line(str(value)) for name, value in found.items()}

    def url(self, exchange: RestExchange, uri: str, proxy: bool, overrides: Json = _NOTHING) -> str:
        """The endpoint's address, with `{name}` replaced and the query of a proxied request."""
        paths = self.values(exchange, "path", overrides)
        url = _PARAMETER.sub(lambda match: str(paths.get(match[1], "")), uri)
        query: list[tuple[str, str]] = list(exchange.request.query) if proxy else []
        for name, value in self.values(exchange, "querystring", overrides).items():
            query = [pair for pair in query if pair[0] != name]
            query += [(name, str(item)) for item in (value if isinstance(value, list) else [value])]
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}" if query else url

    def add_to_event(self, exchange: RestExchange, event: Json) -> None:
        """Headers that an integration adds stand in a Lambda proxy's event too."""
        if self._parameters:
            own = self.headers(exchange)
            event["headers"] = event["headers"] | own
            event["multiValueHeaders"] = event["multiValueHeaders"] | {name: [value] for name, value in own.items()}


class _Choice:
    """One integration response, compiled."""

    def __init__(self, response: Json) -> None:
        self.status = int(response["statusCode"])
        self.handling: str | None = response.get("contentHandling")
        pattern = response.get("selectionPattern")
        self.pattern = re.compile(pattern, re.DOTALL) if pattern else None
        self.headers: list[tuple[str, Source]] = [
            (target.removeprefix("method.response.header."), compile_source(expression))
            for target, expression in (response.get("responseParameters") or {}).items()
        ]
        self.templates = compile_templates(response.get("responseTemplates"))


class ResponseMapping:
    """An integration's responses: which one applies, and what it makes of the endpoint's answer."""

    def __init__(self, integration: Json, stage: Stage) -> None:
        responses = integration.get("integrationResponses") or {}
        try:
            choices = [_Choice(response) for _, response in sorted(responses.items())]
        except re.error as error:
            raise misconfigured(f"a selection pattern cannot be compiled: {error}") from None
        self._patterns = [choice for choice in choices if choice.pattern is not None]
        self._default = next((choice for choice in choices if choice.pattern is None), None)
        self._binary: MediaTypes = stage.binary

    def response(
        self, exchange: RestExchange, endpoint: Endpoint, overrides: Json, selection: str | None = None
    ) -> Response:
        """`selection`: what the patterns are matched with, where that is not the endpoint's status."""
        choice = self._select(str(endpoint.status) if selection is None else selection)
        mapped = [(name, one_line(str(value))) for name, value in _values(choice, exchange, endpoint)]
        found = response_template(choice.templates, exchange.header("accept") or "")
        kind, body = self._body(exchange, self._converted(exchange, endpoint, choice), found, overrides)
        override = overrides["responseOverride"]
        headers = remapped_anew(_merged(mapped, override["header"]))
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.insert(0, ("Content-Type", kind))
        status = override["status"]
        valid = isinstance(status, int) and 100 <= status <= 599
        return Response(status if valid else choice.status, headers, body)

    def _select(self, text: str) -> _Choice:
        for choice in self._patterns:
            if choice.pattern is not None and choice.pattern.fullmatch(text):
                return choice
        if self._default is None:
            raise misconfigured(f"No match for output mapping and no default output mapping configured: {text}")
        return self._default

    def _converted(self, exchange: RestExchange, endpoint: Endpoint, choice: _Choice) -> bytes:
        if not endpoint.body:
            return b""
        binary = self._binary.match(endpoint.header("content-type") or "application/json")
        accepted = self._binary.match(exchange.header("accept"))
        return response_body(endpoint.body, binary, accepted, choice.handling)

    def _body(
        self, exchange: RestExchange, body: bytes, found: tuple[str, Template] | None, overrides: Json
    ) -> tuple[str, bytes]:
        if found is None:
            return "application/json", body
        kind, template = found
        if template.constant is not None:
            return kind, template.constant.encode()
        return kind, template.render(namespace(exchange, for_template(body), overrides)).encode()


def _values(choice: _Choice, exchange: RestExchange, endpoint: Endpoint) -> list[tuple[str, Any]]:
    found = [(name, source(exchange, endpoint)) for name, source in choice.headers]
    return [(name, value) for name, value in found if value is not None]


def _merged(headers: Pairs, overrides: Json) -> Pairs:
    """A template's overrides take the place of headers of the same name."""
    if not overrides:
        return headers
    named = {name.lower() for name in overrides}
    kept = [pair for pair in headers if pair[0].lower() not in named]
    values = {name: value if isinstance(value, list) else [value] for name, value in overrides.items()}
    return kept + [(one_line(name), one_line(str(item))) for name, items in values.items() for item in items]

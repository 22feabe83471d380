"""Mapping templates: which one applies to a request, and what `$input`, `$context` and `$util` are in it.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal, misconfigured
from penstock.web.gateways.velocity import Template, TemplateError
from penstock.web.gateways.velocity.mapping import UTIL, template_input
from penstock.web.gateways.velocity.values import Host
from penstock.wire.model import Json


def compile_templates(templates: Mapping[str, str | None] | None) -> dict[str, Template]:
    """Raises Refusal for a template that cannot be parsed."""
    try:
        return {kind: Template((source or "").strip()) for kind, source in (templates or {}).items()}
    except TemplateError as error:
        raise misconfigured(f"a mapping template cannot be parsed: {error}") from None


def request_template(templates: Mapping[str, Template], passthrough: str, content_type: str) -> Template | None:
    """The template for a request's media type; None lets the body through. Raises Refusal (415)."""
    kind = content_type.split(";", 1)[0].strip() or "application/json"
    found = templates.get(kind) or templates.get("$default")
    if found is None and (passthrough == "NEVER" or (passthrough == "WHEN_NO_TEMPLATES" and templates)):
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
    return found


def response_template(templates: Mapping[str, Template], accept: str) -> tuple[str, Template] | None:
    """The template for what the client accepts, else JSON's, else the first."""
    for kind in (*(part.split(";", 1)[0].strip() for part in accept.split(",")), "application/json"):
        if kind in templates:
            return kind, templates[kind]
    return next(iter(templates.items()), None)


def namespace(exchange: RestExchange, body: bytes, overrides: Json) -> dict[str, Any]:
    """What a template sees. `overrides` holds requestOverride and responseOverride, which it may set."""
    return {
        "input": _input(exchange, body),
        "util": UTIL,
        "context": {**exchange.context(), "error": exchange.error, **overrides},
        "stageVariables": exchange.stage.variables,
    }


def no_overrides() -> Json:
    return {
        "requestOverride": {"header": {}, "path": {}, "querystring": {}},
        "responseOverride": {"header": {}, "status": None},
    }


def _input(exchange: RestExchange, body: bytes) -> Host:
    def params(name: str | None = None) -> Any:
        places = {"path": exchange.params, "querystring": exchange.query.single, "header": exchange.headers.single}
        if name is None:
            return places
        found = places["path"].get(name) or places["querystring"].get(name)
        return found or places["header"].get(name) or exchange.forwarded_header(name) or ""

    return template_input(body, params)

"""What a refusal is answered with: response types, their errors, and the API's own versions of them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from collections.abc import Iterable, Mapping

import orjson

from penstock.services.apigateway.gateway_responses import DEFAULT_TEMPLATES, STATUS, effective
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.services.apigateway.serving.sources import Source, compile_source
from penstock.web.gateways.payloads import one_line
from penstock.web.gateways.velocity import Template
from penstock.wire.message import Pairs, Response
from penstock.wire.model import Json

# The header x-amzn-ErrorType of each response type.
_ERROR_TYPES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "API_CONFIGURATION_ERROR": "InternalServerErrorException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "AuthorizerConfigurationException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "DEFAULT_4XX": "BadRequestException",
    "DEFAULT_5XX": "InternalServerErrorException",
    "INTEGRATION_FAILURE": "InternalServerErrorException",
    "INTEGRATION_TIMEOUT": "InternalServerErrorException",
    "INVALID_API_KEY": "ForbiddenException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestEntityTooLargeException",
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "UnsupportedMediaTypeException",
}


class _Answer:
    """One response type of one API, compiled."""

    def __init__(self, kind: str, custom: Mapping[str, Json]) -> None:
        response = effective(kind, custom)
        self.status = int(response.get("statusCode") or 0)
        self.default = response["responseTemplates"] == DEFAULT_TEMPLATES
        self.headers: list[tuple[str, Source]] = [
            (name.removeprefix("gatewayresponse.header."), compile_source(value))
            for name, value in response["responseParameters"].items()
        ]
        self.templates = {kind: Template(text) for kind, text in response["responseTemplates"].items()}

    def template(self, accept: str) -> tuple[str, Template]:
        """The template for what the client accepts, else JSON's, else the first."""
        wanted = [kind.split(";", 1)[0].strip() for kind in accept.split(",")]
        kind = next((kind for kind in [*wanted, "application/json"] if kind in self.templates), "")
        kind = kind or next(iter(self.templates), "application/json")
        return kind, self.templates.get(kind) or Template("")


class Refusals:
    """The gateway responses of one deployment."""

    def __init__(self, custom: Iterable[Json]) -> None:
        self._custom = {response["responseType"]: response for response in custom}
        self._answers: dict[str, _Answer] = {}

    def response(self, exchange: RestExchange, refusal: Refusal) -> Response:
        answer = self._answers.get(refusal.kind)
        if answer is None:
            answer = self._answers[refusal.kind] = _Answer(refusal.kind, self._custom)
        status = self._status(answer, refusal)
        exchange.error = _error(refusal)
        kind, body = self._body(exchange, answer, refusal)
        error_type = _ERROR_TYPES.get(refusal.kind, "ForbiddenException")
        headers: Pairs = [("Content-Type", kind), ("x-amzn-ErrorType", error_type)]
        own = [(name, source(exchange, None)) for name, source in answer.headers]
        given = {name.lower() for name, _ in own}
        headers = [pair for pair in headers if pair[0].lower() not in given]
        headers += [(name, one_line(str(value))) for name, value in own if value is not None]
        return Response(status, headers, body)

    def _status(self, answer: _Answer, refusal: Refusal) -> int:
        """A status that the API chose goes before the refusal's own, that before AWS's for the type."""
        general = f"DEFAULT_{STATUS[refusal.kind][:1]}XX"
        chosen = refusal.kind in self._custom or self._custom.get(general, {}).get("statusCode")
        return answer.status if chosen and answer.status else refusal.status or answer.status or 500

    def _body(self, exchange: RestExchange, answer: _Answer, refusal: Refusal) -> tuple[str, bytes]:
        if answer.default:
            # Where the API says nothing of its own, an explicit deny is spelled with a capital letter.
            name = "Message" if refusal.kind == "ACCESS_DENIED" else "message"
            return "application/json", orjson.dumps({name: refusal.message})
        kind, template = answer.template(exchange.header("accept") or "")
        namespace = {"context": {**exchange.context(), "error": exchange.error}}
        return kind, template.render({**namespace, "stageVariables": exchange.stage.variables}).encode()


def _error(refusal: Refusal) -> Json:
    quoted = orjson.dumps(refusal.message).decode()
    return {"message": refusal.message or "null", "messageString": quoted, "responseType": refusal.kind}

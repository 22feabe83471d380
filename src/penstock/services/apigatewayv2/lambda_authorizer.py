"""Lambda authorizers of HTTP APIs at work.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from penstock.services.apigatewayv2.exchange import HttpExchange, event_1
from penstock.web.gateway import FunctionFailed, function_of
from penstock.web.invoke_policy import decide
from penstock.wire.model import Json

Source = Callable[[HttpExchange], str | None]


class Denied(Exception):
    """The exchange goes no further; `log` says why where that is the authorizer's fault."""

    def __init__(self, status: int, message: str, log: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.log = log


class _Grant(NamedTuple):
    allowed: bool | None  # None: the policy is asked
    policy: Json
    context: Json
    until: float


class Authorizer:
    def __init__(self, authorizer: Json) -> None:
        self._function = function_of(authorizer.get("AuthorizerUri", ""))
        self._version = authorizer.get("AuthorizerPayloadFormatVersion", "2.0")
        self._simple = authorizer.get("EnableSimpleResponses", False)
        self._ttl = authorizer.get("AuthorizerResultTtlInSeconds", 0)
        self._sources = [_source(expression) for expression in authorizer.get("IdentitySource") or ()]
        self._grants: dict[tuple[str, ...], _Grant] = {}

    async def authorise(self, exchange: HttpExchange) -> None:
        """Lets the exchange through, or raises Denied."""
        values = [source(exchange) for source in self._sources]
        identity = tuple(value for value in values if value)
        if len(identity) < len(values):
            raise Denied(401, "Unauthorized")
        grant = self._grants.get(identity)
        if grant is None or grant.until <= exchange.now:
            grant = await self._ask(exchange, identity)
            if self._ttl:
                self._grants[identity] = grant
        allowed = decide(grant.policy, exchange.route_arn()) == "Allow" if grant.allowed is None else grant.allowed
        if not allowed:
            raise Denied(403, "Forbidden")
        exchange.authorizer = grant.context

    async def _ask(self, exchange: HttpExchange, identity: tuple[str, ...]) -> _Grant:
        try:
            payload = await exchange.invoke(self._function, orjson.dumps(self._event(exchange, identity)))
            answer = orjson.loads(payload)
        except (FunctionFailed, orjson.JSONDecodeError) as error:
            raise Denied(500, "Internal Server Error", f"the authorizer failed: {error}") from None
        return self._grant(answer, exchange.ctx.clock.now() + self._ttl)

    def _event(self, exchange: HttpExchange, identity: tuple[str, ...]) -> Json:
        if self._version == "1.0":
            arn = {"type": "REQUEST", "methodArn": exchange.route_arn()}
            return {**event_1(exchange), **arn, "identitySource": ",".join(identity)}
        event = {**exchange.event(), "type": "REQUEST", "routeArn": exchange.route_arn()}
        event.pop("body", None)
        return {**event, "identitySource": list(identity)}

    def _grant(self, answer: Any, until: float) -> _Grant:
        if not isinstance(answer, dict):
            raise Denied(500, "Internal Server Error", "the authorizer's answer is not an object")
        context = answer.get("context") or {}
        if self._simple:
            return _Grant(answer.get("isAuthorized") is True, {}, context, until)
        if "policyDocument" not in answer or "principalId" not in answer:
            raise Denied(500, "Internal Server Error", "the authorizer's answer has no policyDocument or principalId")
        return _Grant(None, answer["policyDocument"], {**context, "principalId": answer["principalId"]}, until)


def _source(expression: str) -> Source:
    """`$request.header.x`, `$request.querystring.x`, `$context.x`, `$stageVariables.x`."""
    place, _, name = expression.removeprefix("$").partition(".")
    if place == "request":
        part, _, name = name.partition(".")
        return _REQUEST.get(part, _nothing)(name)
    if place == "stageVariables":
        return lambda exchange: exchange.stage.variables.get(name)
    return lambda exchange: str(exchange.log_context().get(name) or "") or None


def _nothing(name: str) -> Source:
    return lambda exchange: None


_REQUEST: dict[str, Callable[[str], Source]] = {
    "header": lambda name: lambda exchange: exchange.request.headers.get(name.lower()),
    "querystring": lambda name: lambda exchange: dict(exchange.request.query).get(name),
}

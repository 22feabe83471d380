"""Lambda authorizers of HTTP APIs at work.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from typing import Any, NamedTuple

import orjson

from penstock.services.apigatewayv2.authorization import Denied, misconfigured
from penstock.services.apigatewayv2.http.exchange import HttpExchange, event_1
from penstock.services.apigatewayv2.http.selection import compile_value
from penstock.web.gateways.exchange import FunctionFailed, function_of
from penstock.web.gateways.invoke_policy import decide
from penstock.wire.model import Json


class _Grant(NamedTuple):
    allowed: bool | None  # None: the policy is asked
    policy: Json
    context: Json
    until: float


class LambdaAuthorizer:
    def __init__(self, authorizer: Json) -> None:
        self._id, self._role = authorizer["AuthorizerId"], authorizer.get("AuthorizerCredentialsArn") or ""
        self._function = function_of(authorizer.get("AuthorizerUri", ""))
        self._version = authorizer.get("AuthorizerPayloadFormatVersion", "2.0")
        self._simple = authorizer.get("EnableSimpleResponses", False)
        self._sources = [compile_value(expression) for expression in authorizer.get("IdentitySource") or ()]
        # What tells answers apart is the identity: without one there is nothing to remember them by.
        self._ttl = authorizer.get("AuthorizerResultTtlInSeconds", 0) if self._sources else 0
        self._grants: dict[tuple[str, ...], _Grant] = {}

    async def authorise(self, exchange: HttpExchange) -> None:
        """Lets the exchange through, or raises Denied."""
        identity = tuple(value for source in self._sources if (value := source(exchange, None)))
        if len(identity) < len(self._sources):
            raise Denied(401, "Unauthorized", "missing: identity source not provided")
        grant = self._grants.get(identity)
        if grant is None or grant.until <= exchange.now:
            grant = await self._ask(exchange, identity)
            if self._ttl:
                self._grants[identity] = grant
        allowed = decide(grant.policy, exchange.route_arn()) == "Allow" if grant.allowed is None else grant.allowed
        if not allowed:
            raise Denied(403, "Forbidden", "the authorizer denied it")
        exchange.authorizer = {"lambda": grant.context}

    async def _ask(self, exchange: HttpExchange, identity: tuple[str, ...]) -> _Grant:
        try:
            event, source = orjson.dumps(self._event(exchange, identity)), exchange.authorizer_arn(self._id)
            payload = await exchange.invoke(self._function, event, role=self._role, source=source)
            answer = orjson.loads(payload)
        except (FunctionFailed, orjson.JSONDecodeError) as error:
            raise misconfigured(f"the authorizer failed: {error}") from None
        return self._grant(answer, exchange.ctx.clock.now() + self._ttl)

    def _event(self, exchange: HttpExchange, identity: tuple[str, ...]) -> Json:
        if self._version == "1.0":
            joined = ",".join(identity)
            asked = {"type": "REQUEST", "methodArn": exchange.route_arn()}
            return {
                **event_1(exchange, exchange.request, exchange.full_path),
                **asked,
                "identitySource": joined,
                "authorizationToken": joined,
            }
        event = {
            **exchange.event(exchange.request, exchange.full_path),
            "type": "REQUEST",
            "routeArn": exchange.route_arn(),
        }
        event.pop("body", None)
        return {**event, "identitySource": list(identity)}

    def _grant(self, answer: Any, until: float) -> _Grant:
        if not isinstance(answer, dict):
            raise misconfigured("the authorizer's answer is not an object")
        context = answer.get("context") or {}
        if self._simple:
            return _Grant(answer.get("isAuthorized") is True, {}, context, until)
        if "policyDocument" not in answer or "principalId" not in answer:
            raise misconfigured("the authorizer's answer has no policyDocument or principalId")
        return _Grant(None, answer["policyDocument"], {**context, "principalId": answer["principalId"]}, until)

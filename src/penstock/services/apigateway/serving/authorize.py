"""Lambda authorizers at work: who may call, remembered for as long as the authorizer says.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import re
from typing import Any, NamedTuple

import orjson

from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.services.apigateway.serving.sources import compile_source
from penstock.web.gateways.exchange import FunctionFailed, function_of
from penstock.web.gateways.invoke_policy import decide
from penstock.wire.model import Json

_TTL = 300  # seconds


class Grant(NamedTuple):
    """What an authorizer answered: its policy, and what it says of the caller."""

    policy: Json
    authorizer: Json
    until: float


class Authorizer:
    """One authorizer of a deployment."""

    def __init__(self, authorizer: Json) -> None:
        self._id, self._type = authorizer["id"], authorizer["type"]
        self._role = authorizer.get("authorizerCredentials") or ""
        self._function = function_of(authorizer.get("authorizerUri", ""))
        self._ttl = authorizer.get("authorizerResultTtlInSeconds", _TTL)
        sources = [part.strip() for part in (authorizer.get("identitySource") or "").split(",") if part.strip()]
        self._sources = [compile_source(source) for source in sources]
        pattern = authorizer.get("identityValidationExpression")
        self._pattern = re.compile(pattern) if pattern else None
        self._grants: dict[tuple[str, ...], Grant] = {}

    async def authorise(self, exchange: RestExchange) -> None:
        """Lets the exchange through with what is known of its caller, or raises Refusal."""
        grant = await self.grant(exchange)
        exchange.authorizer = grant.authorizer
        _enforce(grant.policy, exchange.method_arn())

    async def grant(self, exchange: RestExchange) -> Grant:
        """What the authorizer says of the caller, now or lately. Raises Refusal."""
        if self._type == "COGNITO_USER_POOLS":
            text = "Penstock does not run COGNITO_USER_POOLS authorizers."
            raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", text, log=text)
        identity = self._identity(exchange)
        grant = self._grants.get(identity)
        if grant is None or grant.until <= exchange.now:
            grant = await self._ask(exchange, identity)
            if self._ttl:
                self._grants[identity] = grant
        return grant

    def _identity(self, exchange: RestExchange) -> tuple[str, ...]:
        """The values that the answer is remembered by. Raises Refusal (401) where one is missing."""
        values = [str(source(exchange, None) or "") for source in self._sources]
        if not all(values) or (self._pattern is not None and not self._pattern.fullmatch(values[0])):
            raise _unauthorized()
        return tuple(values)

    async def _ask(self, exchange: RestExchange, identity: tuple[str, ...]) -> Grant:
        event: Json = {"type": self._type, "methodArn": exchange.method_arn()}
        event |= {"authorizationToken": identity[0]} if self._type == "TOKEN" else _request_event(exchange)
        try:
            source = exchange.authorizer_arn(self._id)
            payload = await exchange.invoke(self._function, orjson.dumps(event), role=self._role, source=source)
        except FunctionFailed as error:
            raise _failure(error) from None
        return _grant(payload, exchange.ctx.clock.now() + self._ttl)


def _request_event(exchange: RestExchange) -> Json:
    headers, query = exchange.headers, exchange.query
    return {
        "resource": exchange.resource.path,
        "path": exchange.event_path,
        "httpMethod": exchange.request.method,
        "headers": headers.single,
        "multiValueHeaders": headers.multi,
        "queryStringParameters": query.single,
        "multiValueQueryStringParameters": query.multi,
        "pathParameters": exchange.params,
        "stageVariables": dict(exchange.stage.variables),
        "requestContext": exchange.context(),
    }


def _unauthorized() -> Refusal:
    return Refusal("UNAUTHORIZED", "Unauthorized")


def _failure(error: FunctionFailed) -> Refusal:
    """A function that fails with the message "Unauthorized" says so of its caller; any other failure is its own."""
    try:
        message = orjson.loads(str(error)).get("errorMessage")
    except (orjson.JSONDecodeError, AttributeError):
        message = None
    if message == "Unauthorized":
        return _unauthorized()
    kind = "AUTHORIZER_FAILURE" if error.invoked else "AUTHORIZER_CONFIGURATION_ERROR"
    return Refusal(kind, None, log=f"the authorizer failed: {error}")


def _grant(payload: bytes, until: float) -> Grant:
    try:
        answer = orjson.loads(payload)
        policy, principal = answer["policyDocument"], answer["principalId"]
        context = {name: _flat(value) for name, value in (answer.get("context") or {}).items()}
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError, AttributeError) as error:
        text = f"the authorizer's answer is not valid: {error!r}"
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, log=text) from None
    authorizer = {**context, "principalId": principal, "integrationLatency": 0}
    if "usageIdentifierKey" in answer:
        authorizer["usageIdentifierKey"] = answer["usageIdentifierKey"]
    return Grant(policy, authorizer, until)


def _flat(value: Any) -> str | None:
    """Strings, numbers and booleans only; all of them are passed on as text."""
    if isinstance(value, dict | list):
        raise ValueError("context values cannot be objects or lists")
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _enforce(policy: Json, arn: str) -> None:
    """Raises Refusal (403)."""
    decision = decide(policy, arn)
    if decision is None:
        raise Refusal("ACCESS_DENIED", "User is not authorized to access this resource")
    if decision == "Deny":
        raise Refusal("ACCESS_DENIED", "User is not authorized to access this resource with an explicit deny")

"""Who may connect: Lambda authorizers and signatures. Only `$connect` is authorised; the connection remembers it.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from penstock.services.apigatewayv2.authorization import Denied, misconfigured
from penstock.services.apigatewayv2.signatures import permit, signer
from penstock.services.apigatewayv2.sockets.exchange import SocketExchange
from penstock.services.apigatewayv2.sockets.selection import compile_reference
from penstock.web.gateways.exchange import FunctionFailed, function_of
from penstock.web.gateways.invoke_policy import decide
from penstock.wire.model import Json

# Lets a connection in, and says in its `authorizer` who it is; or raises Denied.
Authorise = Callable[[SocketExchange], Awaitable[None]]
_UNAUTHORIZED = "Unauthorized"


async def signed(exchange: SocketExchange) -> None:
    """Lets in whoever signed the handshake, in its header or in its query."""
    stage = exchange.stage
    found = signer(exchange.ctx.kernel, exchange.request, stage.account)
    permit(exchange.ctx, found["accessKey"], exchange.route_arn())


def lambda_authorizer(settings: Json) -> Authorise:
    function = function_of(settings.get("AuthorizerUri", ""))
    role, id = settings.get("AuthorizerCredentialsArn") or "", settings["AuthorizerId"]
    sources = [compile_reference(source) for source in settings.get("IdentitySource") or ()]

    async def authorise(exchange: SocketExchange) -> None:
        if not all(source(exchange, None) for source in sources):
            raise Denied(401, _UNAUTHORIZED, "missing: identity source not provided")
        answer = await _ask(exchange, function, role, id)
        policy, principal = answer.get("policyDocument"), answer.get("principalId")
        if not isinstance(policy, dict) or principal is None:
            raise misconfigured("the authorizer's answer has no policyDocument or principalId")
        if decide(policy, exchange.route_arn()) != "Allow":
            raise Denied(403, "User is not authorized to access this resource", "the authorizer denied it")
        latency = exchange.integration_latency or 0
        context = answer.get("context") or {}
        exchange.connection.authorizer = {**context, "principalId": principal, "integrationLatency": latency}

    return authorise


async def _ask(exchange: SocketExchange, function: str, role: str, id: str) -> Json:
    event = {
        "type": "REQUEST",
        "methodArn": exchange.route_arn(),
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        **exchange.handshake(),
        "stageVariables": exchange.stage.variables,
        "requestContext": exchange.context(),
    }
    try:
        source = exchange.authorizer_arn(id)
        answer: Any = orjson.loads(await exchange.invoke(function, orjson.dumps(event), role=role, source=source))
    except FunctionFailed as error:
        if _said_unauthorized(str(error)):
            raise Denied(401, _UNAUTHORIZED, "the authorizer denied it") from None
        raise misconfigured(f"the authorizer failed: {error}") from None
    except orjson.JSONDecodeError as error:
        raise misconfigured(f"the authorizer failed: {error}") from None
    if not isinstance(answer, dict):
        raise misconfigured("the authorizer's answer is not an object")
    return answer


def _said_unauthorized(failure: str) -> bool:
    """Whether the function failed with AWS's own word for "nobody"."""
    try:
        said: Any = orjson.loads(failure)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("errorMessage") == _UNAUTHORIZED

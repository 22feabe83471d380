"""One request to an HTTP API, and the events it makes."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from penstock.base import ids
from penstock.call import Kernel
from penstock.web.gateways.exchange import Exchange
from penstock.web.gateways.payloads import Values, event_2, forwarded, header_pairs, is_text, request_time, text_body
from penstock.web.http import Reply
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json


class Stage(Protocol):
    """The stage that an exchange is at, as far as its parts know it."""

    kernel: Kernel
    account: str
    region: str
    api_id: str
    name: str
    variables: dict[str, str]

    def finish(self, exchange: "HttpExchange", response: Response) -> None: ...


class HttpExchange(Exchange):
    """`path` is what follows the stage, decoded. `scopes` are those that the route asks a token for."""

    __slots__ = ("added", "authorizer", "authorizer_error", "error", "integration_status", "params", "path",
                 "route_key", "scopes", "short_id", "stage")  # fmt: skip

    def __init__(self, stage: Stage, path: str, request: Request, reply: Reply) -> None:
        super().__init__(stage.kernel, stage.account, stage.region, request, reply)
        self.stage = stage
        self.path = path
        self.short_id = ids.hex_id(15) + "="
        self.route_key = ""  # until a route is found
        self.scopes: Sequence[str] = ()
        self.params: dict[str, str] = {}
        # {"lambda": its context}, {"jwt": {"claims", "scopes"}} or {"iam": who signed}
        self.authorizer: Json | None = None
        self.authorizer_error = ""
        self.integration_status: int | None = None
        self.error = ""
        trace = ("X-Amzn-Trace-Id", f"Root={self.ctx.trace.root}")
        self.added: Pairs = [trace, *forwarded(request, stage.kernel.config.port)]

    def answer(self, response: Response) -> None:
        """Every answer names its request."""
        if self.answered:
            return
        self.stage.finish(self, response)
        response.headers.append(("Apigw-Requestid", self.short_id))
        if self.ctx.telemetry.watchers:
            self.told(self.path, self.stage.api_id, response.status)
        super().answer(response)

    @property
    def full_path(self) -> str:
        """With the stage, where that has a name of its own; by a custom domain name with what is mapped instead."""
        if self.request.domain is not None:
            base = self.request.domain[1]
            return f"/{base}{self.path}" if base else self.path
        return self.path if self.stage.name == "$default" else f"/{self.stage.name}{self.path}"

    def context(self) -> Json:
        """The requestContext of format 2.0."""
        stage, request = self.stage, self.request
        host = request.domain[0] if request.domain is not None else request.headers.get("host", "")
        context: Json = {
            "accountId": stage.account,
            "apiId": stage.api_id,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": self.full_path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": self.short_id,
            "routeKey": self.route_key,
            "stage": stage.name,
            "time": request_time(self.now),
            "timeEpoch": int(self.now * 1000),
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context

    def event(self, request: Request, path: str) -> Json:
        """The event in format 2.0, of the request as it came or as it was mapped."""
        return event_2(
            request,
            path,
            self.added,
            self.context(),
            routeKey=self.route_key,
            pathParameters=self.params,
            stageVariables=self.stage.variables,
        )

    def log_context(self) -> dict[str, Any]:
        """`$context` of access logs and of parameter mappings."""
        request, status = self.request, self.integration_status
        return {
            **self.context(),
            "identity": self.identity(),
            "httpMethod": request.method,
            "path": self.full_path,
            "protocol": "HTTP/1.1",
            "requestTime": request_time(self.now),
            "requestTimeEpoch": int(self.now * 1000),
            "extendedRequestId": self.short_id,
            "awsEndpointRequestId": self.request_id,
            "customDomain": {"basePathMatched": request.domain[1] if request.domain is not None else None},
            "authorizer": {**self.authorizer_view(), "error": self.authorizer_error},
            "integrationErrorMessage": self.error,
            "integrationStatus": status,
            "integration": {
                "error": self.error,
                "integrationStatus": status,
                "requestId": self.request_id,
                "status": status,
            },
        }

    def identity(self) -> Json:
        """Who asks; all is null but where from, unless the request is signed."""
        signed = (self.authorizer or {}).get("iam")
        return {
            **dict.fromkeys(_NOBODY),
            **{name: signed[member] for name, member in _SIGNED.items() if signed},
            "sourceIp": self.request.client,
            "userAgent": self.request.headers.get("user-agent", ""),
        }

    def authorizer_view(self) -> Json:
        """What an authorizer said, as format 1.0 and access logs have it: not below `lambda` or `jwt`."""
        return next(iter((self.authorizer or {}).values()), {})

    def source_arn(self) -> str:
        """The route, as it is declared."""
        stage, (method, _, path) = self.stage, self.route_key.partition(" ")
        where = f"{stage.api_id}/{stage.name}/{self.request.method if path else method}{path}"
        return f"arn:aws:execute-api:{stage.region}:{stage.account}:{where}"

    def route_arn(self) -> str:
        """What an authorizer is asked about."""
        stage = self.stage
        where = f"{stage.api_id}/{stage.name}/{self.request.method}{self.path}"
        return f"arn:aws:execute-api:{stage.region}:{stage.account}:{where}"


Integrate = Callable[[HttpExchange], Coroutine[Any, Any, Response]]
# Lets an exchange through, and says in its `authorizer` who it is; or raises Denied.
Authorise = Callable[[HttpExchange], Coroutine[Any, Any, None]]

_NOBODY = ("accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
           "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn")  # fmt: skip

# Member of the identity in format 1.0 -> of `authorizer.iam` in format 2.0.
_SIGNED = {
    "accessKey": "accessKey",
    "accountId": "accountId",
    "caller": "callerId",
    "user": "userId",
    "userArn": "userArn",
}


def event_1(exchange: HttpExchange, request: Request, path: str) -> Json:
    """The event in format 1.0, as an HTTP API makes it, of the request as it came or as it was mapped."""
    headers, query = Values.of(header_pairs(request, exchange.added)), Values.of(request.query)
    body, encoded = text_body(request.body, not is_text(request.headers.get("content-type", "")))
    context = _context_1(exchange)
    return {
        "version": "1.0",
        "resource": context["resourcePath"],
        "path": path,
        "httpMethod": request.method,
        "headers": headers.single,
        "multiValueHeaders": headers.multi,
        "queryStringParameters": query.single or None,
        "multiValueQueryStringParameters": query.multi or None,
        "requestContext": context,
        "pathParameters": exchange.params or None,
        "stageVariables": exchange.stage.variables or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


def _context_1(exchange: HttpExchange) -> Json:
    """The requestContext of format 1.0, in which who signed is the identity and no authorizer."""
    context, request = exchange.context(), exchange.request
    signed = "iam" in (exchange.authorizer or {})
    key = context["routeKey"]
    return {
        **{name: context[name] for name in ("accountId", "apiId", "domainName", "domainPrefix", "stage")},
        **({"authorizer": exchange.authorizer_view()} if exchange.authorizer is not None and not signed else {}),
        "extendedRequestId": exchange.short_id,
        "httpMethod": request.method,
        "identity": exchange.identity(),
        "path": exchange.full_path,
        "protocol": "HTTP/1.1",
        "requestId": exchange.short_id,
        "requestTime": context["time"],
        "requestTimeEpoch": context["timeEpoch"],
        "resourceId": key,
        "resourcePath": key.partition(" ")[2] or key,
    }

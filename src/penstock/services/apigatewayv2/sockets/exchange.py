"""One event of a connection (CONNECT, MESSAGE, DISCONNECT) on its way through a WebSocket API, and the events it makes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from typing import Any, NamedTuple, Protocol

import orjson

from penstock.base import ids
from penstock.call import Kernel
from penstock.services.apigatewayv2.sockets.connections import Connection, connection_id
from penstock.web.gateways.exchange import Exchange
from penstock.web.gateways.payloads import Values, forwarded, request_time
from penstock.web.http import Reply
from penstock.wire.message import Response
from penstock.wire.model import Json


class Stage(Protocol):
    """The stage that a connection is at, as far as the parts of an exchange know it. `domain` is AWS's."""

    kernel: Kernel
    account: str
    region: str
    api_id: str
    name: str
    domain: str
    variables: dict[str, str]

    def note(self, exchange: "SocketExchange", response: Response) -> None: ...


class Happening(NamedTuple):
    """`kind` is CONNECT, MESSAGE or DISCONNECT; `body` a message's text, `code` and `reason` those of the end."""

    kind: str
    route_key: str
    body: str = ""
    code: int = 0
    reason: str = ""


def nowhere() -> Response:
    """What a WebSocket API answers where it has no stage, or nothing but a handshake is understood."""
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")]
    return Response(403, headers, b'{"message":"Forbidden"}')


class SocketExchange(Exchange):
    """`failed` tells an answer of the gateway itself from one of the integration, which `two_way` lets through."""

    __slots__ = ("connection", "error", "failed", "happening", "message_id", "short_id", "stage", "two_way")

    def __init__(self, stage: Stage, connection: Connection, happening: Happening, reply: Reply) -> None:
        super().__init__(stage.kernel, stage.account, stage.region, connection.request, reply)
        self.stage = stage
        self.connection = connection
        self.happening = happening
        self.short_id = connection_id()
        self.message_id = ids.uuid()
        self.failed = self.two_way = False
        self.error = ""

    def answer(self, response: Response) -> None:
        if not self.answered:
            self.stage.note(self, response)
            if self.ctx.telemetry.watchers:
                self.told(f"/{self.stage.name} {self.happening.route_key}", self.stage.api_id, response.status)
            super().answer(response)

    def refusal(self, status: int, message: str) -> Response:
        """What the gateway itself says, to the client as well where that is connected already."""
        self.failed = True
        body = {"message": message, "connectionId": self.connection.id, "requestId": self.short_id}
        return Response(status, [("Content-Type", "application/json")], orjson.dumps(body))

    # -- events --------------------------------------------------------------------------------------

    def context(self) -> Json:
        """The requestContext, which is also `$context` of templates."""
        connection, happening, stage = self.connection, self.happening, self.stage
        context: Json = {
            "routeKey": happening.route_key,
            "eventType": happening.kind,
            "extendedRequestId": self.short_id,
            "requestTime": request_time(self.now),
            "messageDirection": "IN",
            "stage": stage.name,
            "connectedAt": int(connection.connected_at * 1000),
            "requestTimeEpoch": int(self.now * 1000),
            "identity": self.identity(),
            "requestId": self.short_id,
            "domainName": stage.domain,
            "connectionId": connection.id,
            "apiId": stage.api_id,
        }
        if happening.kind == "MESSAGE":
            context["messageId"] = self.message_id
        if happening.kind == "DISCONNECT":
            context |= {"disconnectStatusCode": happening.code, "disconnectReason": happening.reason}
        if connection.authorizer is not None:
            context["authorizer"] = connection.authorizer
        return context

    def identity(self) -> Json:
        headers = self.request.headers
        agent = {"userAgent": headers["user-agent"]} if "user-agent" in headers else {}
        return {**agent, "sourceIp": self.request.client}

    def event(self) -> Json:
        """What a function gets of a proxy integration."""
        event: Json = self.handshake() if self.happening.kind == "CONNECT" else {}
        if self.happening.kind == "DISCONNECT":
            headers = {"Host": self.stage.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
            event = {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
        event["requestContext"] = self.context()
        if self.stage.variables:
            event["stageVariables"] = self.stage.variables
        if self.happening.kind == "MESSAGE":
            event["body"] = self.happening.body
        return {**event, "isBase64Encoded": False}

    def handshake(self) -> Json:
        """Headers and query of the request that the connection began with."""
        headers, query = self.headers(), Values.of(self.request.query)
        event: Json = {"headers": headers.single, "multiValueHeaders": headers.multi}
        if query.single:
            event["queryStringParameters"] = query.single
            event["multiValueQueryStringParameters"] = query.multi
        return event

    def headers(self) -> Values:
        trace = ("X-Amzn-Trace-Id", f"Root={self.ctx.trace.root}")
        added = [("Host", self.stage.domain), trace, *forwarded(self.request, self.ctx.config.port)]
        replaced = {name.lower() for name, _ in added}
        return Values.of([*(pair for pair in self.request.raw_headers if pair[0].lower() not in replaced), *added])

    def log_context(self) -> dict[str, Any]:
        """`$context` of access logs."""
        return {**self.context(), "error": {"message": self.error}, "integrationErrorMessage": self.error}

    def source_arn(self) -> str:
        return self.route_arn()

    def route_arn(self) -> str:
        stage = self.stage
        where = f"{stage.api_id}/{stage.name}/{self.happening.route_key}"
        return f"arn:aws:execute-api:{stage.region}:{stage.account}:{where}"

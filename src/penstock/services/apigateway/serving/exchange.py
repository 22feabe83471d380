"""One request to a REST API, and what is known of it on the way: path parameters, who called, which key.

What an event, a template or an access log needs is made when it is asked for.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple, Protocol

from penstock.base import ids
from penstock.call import Kernel
from penstock.services.apigateway.serving.headers import NOT_FORWARDED
from penstock.services.apigateway.serving.refusal import Refusal, timed_out
from penstock.web.gateways.exchange import Exchange
from penstock.web.gateways.payloads import MediaTypes, Values, forwarded, header_pairs, request_time
from penstock.web.http import Reply
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

_NOBODY = {
    "cognitoIdentityPoolId": None,
    "accountId": None,
    "cognitoIdentityId": None,
    "caller": None,
    "principalOrgId": None,
    "accessKey": None,
    "cognitoAuthenticationType": None,
    "cognitoAuthenticationProvider": None,
    "userArn": None,
    "user": None,
}


class Stage(Protocol):
    """The stage that an exchange is at, as far as its parts know it. `canary`: None for a stage that has none."""

    kernel: Kernel
    account: str
    region: str
    api_id: str
    name: str
    deployment_id: str
    canary: bool | None
    variables: dict[str, str]
    binary: MediaTypes
    key_source: str

    def refuse(self, exchange: "RestExchange", refusal: Refusal) -> Response: ...
    def finish(self, exchange: "RestExchange", response: Response) -> None: ...
    def answered(self, exchange: "RestExchange", response: Response) -> None: ...


class Resource(NamedTuple):
    """The resource of the API that a request is to, with its path as it is declared."""

    id: str
    path: str


_NONE = Resource("", "")


def braced(values: Mapping[str, Any]) -> str:
    """As Java prints a map."""
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"


class RestExchange(Exchange):
    """`path` is what follows the stage, percent-encoded as it came, but with one slash at its beginning."""

    __slots__ = (
        "_headers",
        "_query",
        "authorizer",
        "error",
        "extended_id",
        "failure",
        "identity",
        "logging",
        "params",
        "path",
        "resource",
        "stage",
        "steps",
    )

    def __init__(self, stage: Stage, path: str, request: Request, reply: Reply) -> None:
        super().__init__(stage.kernel, stage.account, stage.region, request, reply)
        self.stage = stage
        self.path = path if path[1:2] != "/" else "/" + path.lstrip("/")
        self.extended_id = ids.hex_id(15) + "="
        self.resource = _NONE  # until one is found
        self.logging = ("OFF", False)  # level, data trace
        self.params: dict[str, str] = {}
        self.authorizer: Json | None = None
        self.identity: dict[str, Any] = {}
        self.error: dict[str, Any] = {}  # $context.error
        self.failure = ""  # what the execution log says of it
        self.steps: list[str] | None = None  # what passed between gateway and endpoint, where the log is to say it
        self._headers: Values | None = None
        self._query: Values | None = None

    def answer(self, response: Response) -> None:
        if self.answered:
            return
        self.stage.finish(self, response)
        if self.ctx.telemetry.watchers:
            self.told(self.path, self.stage.api_id, response.status)
        super().answer(response)
        self.stage.answered(self, response)

    def time_out(self, seconds: float) -> None:
        """Is refused if nothing else answers within `seconds` (virtual)."""
        self.limit(seconds, lambda: self.stage.refuse(self, timed_out()))

    @property
    def headers(self) -> Values:
        if self._headers is None:
            trace = ("X-Amzn-Trace-Id", f"Root={self.ctx.trace.root}")
            added = [trace, *forwarded(self.request, self.ctx.config.port)]
            self._headers = Values.of(header_pairs(self.request, added, NOT_FORWARDED))
        return self._headers

    @property
    def query(self) -> Values:
        if self._query is None:
            self._query = Values.of(self.request.query)
        return self._query

    def header(self, name: str) -> str | None:
        """A request header, whatever its letters' case."""
        return self.request.headers.get(name.lower())

    def forwarded_header(self, name: str) -> str | None:
        """One that mappings see."""
        key = name.lower()
        return None if key in NOT_FORWARDED else self.request.headers.get(key)

    def context(self) -> Json:
        """The requestContext of an event, which is `$context` in templates too."""
        stage, domain = self.stage, self.request.domain
        host = domain[0] if domain else self.request.headers.get("host", "")
        context: Json = {
            "accountId": stage.account,
            "apiId": stage.api_id,
            "deploymentId": stage.deployment_id,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "extendedRequestId": self.extended_id,
            "httpMethod": self.request.method,
            "identity": {
                **_NOBODY,
                "sourceIp": self.request.client,
                "userAgent": self.request.headers.get("user-agent"),
                **self.identity,
            },
            "path": self.host_path,
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": request_time(self.now),
            "requestTimeEpoch": int(self.now * 1000),
            "resourceId": self.resource.id,
            "resourcePath": self.resource.path,
            "stage": stage.name,
        }
        if stage.canary is not None:
            context["isCanaryRequest"] = stage.canary
        if domain is not None:
            context["customDomain"] = {"basePathMatched": domain[1] or "(none)"}
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context

    def invoke(
        self, function: str, payload: bytes, kind: str = "RequestResponse", *, role: str = "", source: str = ""
    ) -> Coroutine[Any, Any, bytes]:
        invoked = super().invoke(function, payload, kind, role=role, source=source)
        return invoked if self.steps is None else self._told(invoked, function, payload)

    async def _told(self, invoked: Awaitable[bytes], function: str, payload: bytes) -> bytes:
        where = f"https://lambda.{self.stage.region}.amazonaws.com/2015-03-31/functions/{function}/invocations"
        self.sending(where, {}, payload)
        answer = await invoked
        self.received(200, {}, answer)
        return answer

    def sending(self, uri: str, headers: Mapping[str, str] | Pairs, body: bytes) -> None:
        if self.steps is not None:
            self.steps += [
                f"Endpoint request URI: {uri}",
                f"Endpoint request headers: {braced(dict(headers))}",
                f"Endpoint request body after transformations: {body.decode('utf-8', 'replace')}",
                f"Sending request to {uri}",
            ]

    def received(self, status: int, headers: Mapping[str, str] | Pairs, body: Any) -> None:
        if self.steps is not None:
            text = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
            self.steps += [
                f"Received response. Status: {status}, Integration latency: {self.integration_latency or 0} ms",
                f"Endpoint response headers: {braced(dict(headers))}",
                f"Endpoint response body before transformations: {text}",
            ]

    @property
    def host_path(self) -> str:
        """The path below the API's host or custom domain name: it begins with the stage, or with the base path."""
        return "/" + self.request.path[len(self.request.mounted) :].lstrip("/")

    @property
    def event_path(self) -> str:
        """What an event says: the path below the stage, but with the base path of a custom domain name."""
        return self.path if self.request.domain is None else self.host_path

    def source_arn(self) -> str:
        """The method, with the resource's path as it is declared."""
        stage, path = self.stage, self.resource.path or "/"
        where = f"{stage.api_id}/{stage.name}/{self.request.method}{path}"
        return f"arn:aws:execute-api:{stage.region}:{stage.account}:{where}"

    def method_arn(self) -> str:
        """What an authorizer's policy is asked about."""
        stage = self.stage
        path = self.path.strip("/")
        where = f"{stage.api_id}/{stage.name}/{self.request.method}/{path}"
        return f"arn:aws:execute-api:{stage.region}:{stage.account}:{where}"


Result = Response | Coroutine[Any, Any, Response]
Integrate = Callable[[RestExchange], Result]  # the integration of a method, compiled: at once or later

"""Function URLs: HTTP requests to events, results to responses.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.telemetry import Trace
from penstock.call import Context, Kernel
from penstock.iam.principal import Principal
from penstock.services.lambda_ import url_stream
from penstock.services.lambda_.names import LATEST
from penstock.services.lambda_.state import Function, state
from penstock.services.lambda_.urls import LABEL
from penstock.web.gateways.payloads import Malformed, event_2, forwarded, request_time, response_2
from penstock.web.http import Reply
from penstock.web.site import Place
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json
from penstock.wire.route import scope_of

_TOO_LARGE = 413
_STATUS_TEXT = {403: "Forbidden", 429: "Rate Exceeded.", 502: "Internal Server Error"}


def place(kernel: Kernel) -> Place:
    """Answers `<url id>.lambda-url.<region>.localhost` and `/_aws/lambda-url/<url id>/`."""

    def handle(request: Request, reply: Reply, url_id: str, path: str) -> bool:
        ctx = kernel.context()
        found = _find(ctx, url_id)
        if found is None:
            return False
        function, qualifier, config = found
        ctx = ctx.at(account=function.account, region=function.region, trace=_trace(ctx, request))
        exchange = _Exchange(ctx, function, None if qualifier == LATEST else qualifier, config, request, path)
        ctx.spawn(exchange.answer(reply), f"URL of {function.name}")
        return True

    return handle


def _find(ctx: Context, url_id: str) -> tuple[Function, str, Json] | None:
    for function in state(ctx).functions.values():
        for qualifier, config in function.kind("url").items():
            if config["UrlId"] == url_id:
                return function, qualifier, config
    return None


def _trace(ctx: Context, request: Request) -> Trace:
    header = request.headers.get("x-amzn-trace-id")
    return (Trace.parse(header) if header else None) or ctx.trace


class _Exchange:
    """One request to a function URL."""

    def __init__(
        self, ctx: Context, function: Function, qualifier: str | None, config: Json, request: Request, path: str
    ) -> None:
        self._ctx = ctx
        self._function = function
        self._qualifier = qualifier
        self._config = config
        self._request = request
        self._path = path
        self._request_id = ids.uuid()

    async def answer(self, reply: Reply) -> None:
        response = await self._respond()
        response.headers += self._cors_headers()
        response.headers.append(("x-amzn-RequestId", self._request_id))
        self._ctx.store.when_settled(lambda _: reply(response))

    async def _respond(self) -> Response:
        if self._request.method == "OPTIONS" and "Cors" in self._config and self._is_preflight():
            return Response(200)
        if not self._admitted():
            return _error(403)
        invocation: Json = {"FunctionName": self._function.arn, "Payload": orjson.dumps(self._event())}
        if self._qualifier:
            invocation["Qualifier"] = self._qualifier
        try:
            if self._config.get("InvokeMode") == "RESPONSE_STREAM":
                return await url_stream.respond(await self._ctx.call("lambda", "InvokeWithResponseStream", invocation))
            result = await self._ctx.call("lambda", "Invoke", invocation)
            return _error(502) if "FunctionError" in result else response_2(result["Payload"])
        except (Malformed, url_stream.Failed):
            return _error(502)
        except AwsError as error:
            return _error(
                {"TooManyRequestsException": 429, "RequestTooLargeException": _TOO_LARGE}.get(error.code, 502)
            )

    def _admitted(self) -> bool:
        """Whether the caller may use the URL: whoever signs, or anybody, as far as IAM is enforced and lets them."""
        kind, scope = self._config["AuthType"], scope_of(self._request)
        if kind == "AWS_IAM" and scope is None:
            return False
        ctx = self._ctx
        caller = Principal.unsigned(ctx.account)
        if kind == "AWS_IAM" and scope is not None:
            caller = ctx.kernel.principals.get(scope.access_key) or Principal.root(ctx.account)
        try:
            arn = self._function.arn_of(self._qualifier)
            ctx.at(principal=caller).ask("lambda:InvokeFunctionUrl", arn, FunctionUrlAuthType=kind)
        except AwsError:
            return False
        return True

    def _event(self) -> Json:
        request, config = self._request, self._config
        host = request.headers.get("host", "")
        account = "anonymous" if config["AuthType"] == "NONE" else self._ctx.account
        context = {
            "accountId": account,
            "apiId": config["UrlId"],
            "domainName": host.partition(":")[0] if LABEL in host else f"{config['UrlId']}.{LABEL}.localhost",
            "domainPrefix": config["UrlId"],
            "http": {
                "method": request.method,
                "path": self._path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": self._request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": request_time(self._ctx.clock.now()),
            "timeEpoch": int(self._ctx.clock.now() * 1000),
        }
        added = [*forwarded(request, self._ctx.config.port), ("X-Amzn-Trace-Id", self._ctx.trace.header)]
        return event_2(request, self._path, added, context)

    # -- CORS ----------------------------------------------------------------------------------------

    def _is_preflight(self) -> bool:
        return "access-control-request-method" in self._request.headers

    def _cors_headers(self) -> Pairs:
        """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors"""
        cors, origin = self._config.get("Cors"), self._request.headers.get("origin")
        allowed = (cors or {}).get("AllowOrigins", [])
        if not cors or not origin or not ("*" in allowed or origin in allowed):
            return []
        headers = [("Access-Control-Allow-Origin", "*" if "*" in allowed else origin)]
        if cors.get("AllowCredentials"):
            headers.append(("Access-Control-Allow-Credentials", "true"))
        lists = {"Access-Control-Expose-Headers": "ExposeHeaders"}
        if self._is_preflight():
            lists |= {"Access-Control-Allow-Methods": "AllowMethods", "Access-Control-Allow-Headers": "AllowHeaders"}
            headers.append(("Access-Control-Max-Age", str(cors.get("MaxAge", 0))))
        return headers + [(name, ",".join(cors[member])) for name, member in lists.items() if cors.get(member)]


def _error(status: int) -> Response:
    text = _STATUS_TEXT.get(status, "Request Entity Too Large")
    body = orjson.dumps({"Message": text}) if status != 502 else text.encode()
    return Response(status, [("Content-Type", "application/json")], body)

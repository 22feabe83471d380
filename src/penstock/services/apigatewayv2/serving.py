"""Serving a stage of an HTTP API: its routes compiled, and the way of an exchange through it.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import logging
import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote

import orjson

from penstock.base.telemetry import LogLine
from penstock.call import Kernel
from penstock.services.apigatewayv2.cors import Cors
from penstock.services.apigatewayv2.exchange import HttpExchange, event_1
from penstock.services.apigatewayv2.lambda_authorizer import Authorizer, Denied
from penstock.web.access_log import AccessLog
from penstock.web.client import Unreachable, fetch
from penstock.web.gateway import MAX_BODY, FunctionFailed, function_of
from penstock.web.http import Reply
from penstock.web.payloads import Malformed, read_1, response_1, response_2
from penstock.web.router import Router, strict_segments
from penstock.web.throttle import Throttles
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_TEXT = "text/plain; charset=utf-8"
_SIGNATURE = "AWS4-HMAC-SHA256 Credential="
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
Integrate = Callable[[HttpExchange], Coroutine[Any, Any, Response]]
log = logging.getLogger("penstock")


def refuse(status: int, message: str) -> Response:
    return Response(status, [("Content-Type", "application/json")], orjson.dumps({"message": message}))


class Route:
    """One route with what stands behind it."""

    __slots__ = ("authorizer", "integrate", "key", "limits", "problem", "signed")

    def __init__(self, key: str, integrate: Integrate | None) -> None:
        self.key = key
        self.integrate = integrate
        self.authorizer: Authorizer | None = None
        self.limits: tuple[float, int] | None = None
        self.signed = False
        self.problem = "" if integrate else "the route has no integration"


class Stage:
    def __init__(self, kernel: Kernel, account: str, region: str, document: Json, content: Json) -> None:
        api = content["api"]
        self.kernel, self.account, self.region = kernel, account, region
        self.api_id: str = api["ApiId"]
        self.name: str = document["StageName"]
        self.variables: dict[str, str] = document.get("StageVariables") or {}
        self._closed: bool = api.get("DisableExecuteApiEndpoint", False)
        self._cors = Cors(api["CorsConfiguration"]) if api.get("CorsConfiguration") else None
        self._throttles = Throttles()
        self._default: Route | None = None
        self._router: Router[Route] = Router(strict_segments)
        self._add_routes(content, document)
        logs = document.get("AccessLogSettings")
        settings = {"destinationArn": logs.get("DestinationArn"), "format": logs.get("Format")} if logs else None
        self._log = AccessLog(settings, f"{self.api_id}/{self.name}") if settings else None

    def _add_routes(self, content: Json, document: Json) -> None:
        integrations = {f"integrations/{found['IntegrationId']}": found for found in content["integration"]}
        authorizers = {found["AuthorizerId"]: Authorizer(found) for found in content["authorizer"]}
        for settings in content["route"]:
            integration = integrations.get(settings.get("Target", ""))
            route = Route(settings["RouteKey"], self._integration(integration) if integration else None)
            route.limits = _limits(document, route.key)
            route.signed = settings["AuthorizationType"] == "AWS_IAM"
            if settings["AuthorizationType"] == "CUSTOM":
                route.authorizer = authorizers.get(settings.get("AuthorizerId", ""))
            elif settings["AuthorizationType"] == "JWT":
                route.problem = "Penstock does not verify JWT authorization of HTTP APIs."
            if route.key == "$default":
                self._default = route
            else:
                method, _, path = route.key.partition(" ")
                self._router.add(path, method, route)

    # -- the way of an exchange ------------------------------------------------------------------------

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        """`path` is what follows the stage. HTTP APIs decode it before anything else."""
        exchange = HttpExchange(self.kernel, self, unquote(path), request, reply)
        if self._cors is not None and self._cors.is_preflight(request):
            exchange.answer(self._cors.preflight(request))
            return
        refusal = self._find(exchange)
        if refusal is not None:
            exchange.answer(refusal)
        else:
            exchange.run(self._perform(exchange), lambda error: self._failed(exchange, error))

    def _find(self, exchange: HttpExchange) -> Response | None:
        """Finds the exchange's route; the answer where it gets no further."""
        if self._closed:
            return refuse(403, "Forbidden")
        if len(exchange.request.body) > MAX_BODY:
            return refuse(413, "Request Entity Too Large")
        match = self._router.match(exchange.path, exchange.request.method)
        exchange.route, exchange.params = match if match is not None else (self._default, {})
        route = exchange.route
        if route is None:
            return refuse(404, "Not Found")
        if route.signed and not exchange.request.headers.get("authorization", "").startswith(_SIGNATURE):
            return refuse(403, "Forbidden")
        if route.limits is not None and not self._throttles.admit(route.key, *route.limits, exchange.now):
            return refuse(429, "Too Many Requests")
        return None

    async def _perform(self, exchange: HttpExchange) -> Response:
        route = exchange.route
        assert route is not None
        if route.authorizer is not None:
            await route.authorizer.authorise(exchange)
        if route.problem or route.integrate is None:
            self._report(exchange, route.problem)
            return refuse(501 if route.integrate else 500, route.problem if route.integrate else _INTERNAL)
        return await route.integrate(exchange)

    def _failed(self, exchange: HttpExchange, error: Exception) -> Response:
        if isinstance(error, Denied):
            if error.log:
                self._report(exchange, error.log)
            return refuse(error.status, str(error))
        if isinstance(error, FunctionFailed | Malformed | Unreachable):
            self._report(exchange, str(error))
        else:
            log.error("%s %s failed", exchange.request.method, exchange.request.path, exc_info=error)
        return refuse(500, _INTERNAL)

    def _report(self, exchange: HttpExchange, text: str) -> None:
        exchange.error = text
        line = f"{self.api_id}/{self.name} {exchange.request.method} {exchange.path}: {text}"
        log.warning("%s", line)
        self.kernel.telemetry.log(LogLine(exchange.now, "WARNING", "apigatewayv2", line, exchange.request_id))

    def finish(self, exchange: HttpExchange, response: Response) -> None:
        """What the gateway adds to every answer."""
        if self._cors is not None:
            response.headers = self._cors.headers(exchange.request, response.headers)
        if self._log is not None:
            length = len(response.body) if isinstance(response.body, bytes) else 0
            context = {
                **exchange.log_context(),
                "status": response.status,
                "responseLength": length,
                **exchange.latencies(),
            }
            self._log.write(exchange.ctx, exchange.ctx.clock.now(), context)

    # -- integrations ----------------------------------------------------------------------------------

    def _integration(self, integration: Json) -> Integrate:
        timeout = integration["TimeoutInMillis"] / 1000
        uri = _VARIABLE.sub(lambda match: self.variables.get(match[1], ""), integration.get("IntegrationUri", ""))
        if integration["IntegrationType"] == "HTTP_PROXY":
            return _http(uri, integration.get("IntegrationMethod", "ANY"), timeout)
        return _function(function_of(uri), integration["PayloadFormatVersion"], timeout)


_INTERNAL = "Internal Server Error"


def _late() -> Response:
    return refuse(503, "Service Unavailable")


def _function(function: str, version: str, timeout: float) -> Integrate:
    async def integrate_1(exchange: HttpExchange) -> Response:
        exchange.limit(timeout, _late)
        payload = await exchange.invoke(function, orjson.dumps(event_1(exchange)))
        result = read_1(payload, strict=False)
        if "statusCode" not in result:
            raise Malformed("the result has no statusCode")
        return response_1(result, wants_binary=True, default_type=_TEXT)

    async def integrate_2(exchange: HttpExchange) -> Response:
        exchange.limit(timeout, _late)
        return response_2(await exchange.invoke(function, orjson.dumps(exchange.event())), default_type=_TEXT)

    return integrate_1 if version == "1.0" else integrate_2


def _http(uri: str, wanted: str, timeout: float) -> Integrate:
    async def integrate(exchange: HttpExchange) -> Response:
        exchange.limit(timeout, _late)
        request = exchange.request
        url = re.sub(r"\{(\w+)\+?\}", lambda match: exchange.params.get(match[1], ""), uri)
        url += f"{'&' if '?' in url else '?'}{request.query_string}" if request.query_string else ""
        headers = [*request.raw_headers, *exchange.added]
        return await fetch(request.method if wanted == "ANY" else wanted, url, headers, request.body)

    return integrate


def _limits(stage: Json, key: str) -> tuple[float, int] | None:
    """The throttle of a route: its own, else the stage's."""
    settings = {**stage.get("DefaultRouteSettings", {}), **stage.get("RouteSettings", {}).get(key, {})}
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    return (float(rate), int(burst)) if rate is not None and burst is not None else None

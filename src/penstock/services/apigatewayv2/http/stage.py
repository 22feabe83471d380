"""Serving a stage of an HTTP API: its routes compiled, and the way of an exchange through it.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import logging
from functools import partial
from urllib.parse import unquote

import orjson

from penstock.base.meters import Meters
from penstock.base.telemetry import LogLine
from penstock.call import Kernel
from penstock.services.apigatewayv2.authorization import Denied
from penstock.services.apigatewayv2.http.authorize import compile_authorizer, signed
from penstock.services.apigatewayv2.http.cors import Cors
from penstock.services.apigatewayv2.http.exchange import Authorise, HttpExchange, Integrate, Stage
from penstock.services.apigatewayv2.http.integrate import Refusal, compile_integration, refuse
from penstock.services.apigatewayv2.metrics import ERRORS, HTTP_API, INTEGRATION, LATENCY
from penstock.services.apigatewayv2.stage_settings import access_log, limits
from penstock.web.gateways.exchange import MAX_BODY, FunctionFailed, TooLarge, counted
from penstock.web.gateways.payloads import Malformed
from penstock.web.gateways.router import Router, strict_segments
from penstock.web.gateways.throttle import Throttles
from penstock.web.http import Reply
from penstock.web.unreachable import Unreachable
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_INTERNAL = "Internal Server Error"
# What access logs call the gateway's own answers.
_RESPONSE_TYPES = {
    401: "UNAUTHORIZED",
    403: "ACCESS_DENIED",
    404: "NOT_FOUND",
    413: "REQUEST_TOO_LARGE",
    429: "THROTTLED",
    500: "INTEGRATION_FAILURE",
    501: "NOT_IMPLEMENTED",
    503: "INTEGRATION_TIMEOUT",
}
log = logging.getLogger("penstock")


class Route:
    """One route with what stands behind it."""

    __slots__ = ("authorise", "integrate", "key", "limits", "scopes")

    def __init__(self, key: str, integrate: Integrate | None) -> None:
        self.key = key
        self.integrate = integrate
        self.authorise: Authorise | None = None
        self.scopes: list[str] = []
        self.limits: tuple[float, int] | None = None


class HttpStage(Stage):
    def __init__(self, kernel: Kernel, account: str, region: str, document: Json, content: Json) -> None:
        api = content["api"]
        self.kernel, self.account, self.region = kernel, account, region
        self.api_id: str = api["ApiId"]
        self.name: str = document["StageName"]
        self.variables: dict[str, str] = document.get("StageVariables") or {}
        self._closed: bool = api.get("DisableExecuteApiEndpoint", False)
        self._cors = Cors(api["CorsConfiguration"]) if api.get("CorsConfiguration") else None
        place = (account, region)
        self._meter = kernel.shared(Meters).of(kernel.clock, HTTP_API, place, ApiId=self.api_id, Stage=self.name)
        self._throttles = Throttles()
        self._default: Route | None = None
        self._router: Router[Route] = Router(strict_segments)
        self._add_routes(content, document)
        self._log = access_log(document, self.api_id)

    def _add_routes(self, content: Json, document: Json) -> None:
        integrations = {f"integrations/{found['IntegrationId']}": found for found in content["integration"]}
        authorizers = {found["AuthorizerId"]: compile_authorizer(found) for found in content["authorizer"]}
        for settings in content["route"]:
            integration = integrations.get(settings.get("Target", ""))
            route = Route(settings["RouteKey"], compile_integration(integration, self) if integration else None)
            route.limits = limits(document, route.key)
            route.scopes = settings.get("AuthorizationScopes") or []
            if settings["AuthorizationType"] == "AWS_IAM":
                route.authorise = signed
            elif settings["AuthorizationType"] != "NONE":
                route.authorise = authorizers[settings["AuthorizerId"]]
            if route.key == "$default":
                self._default = route
            else:
                method, _, path = route.key.partition(" ")
                self._router.add(path, method, route)

    # -- the way of an exchange ------------------------------------------------------------------------

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        """`path` is what follows the stage. HTTP APIs decode it before anything else."""
        exchange = HttpExchange(self, unquote(path), request, reply)
        if self._cors is not None and self._cors.is_preflight(request):
            exchange.answer(self._cors.preflight(request))
            return
        found = self._find(exchange)
        if isinstance(found, Response):
            exchange.answer(found)
        else:
            exchange.run(self._perform(exchange, found), lambda error: self._failed(exchange, error))

    def _find(self, exchange: HttpExchange) -> Route | Response:
        """The exchange's route, or the answer where it gets no further."""
        if self._closed and exchange.request.domain is None:
            return refuse(403, "Forbidden")
        if len(exchange.request.body) > MAX_BODY:
            return refuse(413, "Request Entity Too Large")
        # As observed: //pets is served as /pets, and the event has it as it came.
        match = self._router.match("/" + exchange.path.lstrip("/"), exchange.request.method)
        route, exchange.params = match if match is not None else (self._default, {})
        if route is None:
            return refuse(404, "Not Found")
        exchange.route_key, exchange.scopes = route.key, route.scopes
        if route.limits is not None and not self._throttles.admit(route.key, *route.limits, exchange.now):
            return refuse(429, "Too Many Requests")
        return route

    async def _perform(self, exchange: HttpExchange, route: Route) -> Response:
        if route.authorise is not None:
            await route.authorise(exchange)
        if route.integrate is None:
            self._report(exchange, "the route has no integration")
            return refuse(500, _INTERNAL)
        return await route.integrate(exchange)

    def _failed(self, exchange: HttpExchange, error: Exception) -> Response:
        if isinstance(error, Denied):
            return self._deny(exchange, error)
        if isinstance(error, FunctionFailed | Malformed | TooLarge):
            self._report(exchange, str(error))
        elif isinstance(error, Unreachable):
            self._report(exchange, str(error))
            return refuse(503, "Service Unavailable")
        else:
            log.error("%s %s failed", exchange.request.method, exchange.request.path, exc_info=error)
        return refuse(500, _INTERNAL)

    def _deny(self, exchange: HttpExchange, denied: Denied) -> Response:
        exchange.authorizer_error = denied.error
        if denied.fault:
            self._report(exchange, denied.error)
        response = refuse(denied.status, str(denied))
        response.headers += denied.headers
        return response

    def _report(self, exchange: HttpExchange, text: str) -> None:
        exchange.error = text
        line = f"{self.api_id}/{self.name} {exchange.request.method} {exchange.path}: {text}"
        log.warning("%s", line)
        self.kernel.telemetry.log(LogLine(exchange.now, "WARNING", "apigatewayv2", line, exchange.request_id))

    def finish(self, exchange: HttpExchange, response: Response) -> None:
        """What the gateway adds to every answer, and its line in the access log, which a stream gets at its end."""
        self._measure(exchange, response.status)
        if self._cors is not None:
            response.headers = self._cors.headers(exchange.request, response.headers)
        said = response.message if isinstance(response, Refusal) else None
        if isinstance(response.body, bytes):
            if self._log is not None:
                self._note(exchange, response.status, said, len(response.body))
        else:
            note = partial(self._note, exchange, response.status, said)
            response.body = counted(response.body, note, MAX_BODY)

    def _measure(self, exchange: HttpExchange, status: int) -> None:
        self._meter.add(LATENCY, int((self.kernel.clock.now() - exchange.now) * 1000))
        if exchange.integration_latency is not None:
            self._meter.add(INTEGRATION, exchange.integration_latency)
        if status >= 400:
            self._meter.add(ERRORS[status // 100])

    def _note(self, exchange: HttpExchange, status: int, said: str | None, length: int) -> None:
        """`said` is the gateway's own message, where the answer is its own."""
        if self._log is None:
            return
        context, latencies = exchange.log_context(), exchange.latencies()
        latencies["integration"] = {**context["integration"], **latencies["integration"]}
        error = {} if said is None else _error(status, said)
        sizes = {"dataProcessed": len(exchange.request.body) + length, "responseLength": length}
        self._log.write(
            exchange.ctx, exchange.ctx.clock.now(), {**context, **latencies, **sizes, "status": status, "error": error}
        )


def _error(status: int, said: str) -> Json:
    quoted = orjson.dumps(said).decode()
    return {"message": said, "messageString": quoted, "responseType": _RESPONSE_TYPES.get(status)}

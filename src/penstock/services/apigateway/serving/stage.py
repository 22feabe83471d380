"""A stage, compiled: its routes, and the way of an exchange through it.

The order of checks is AWS's: size, route, throttle, authorizer, API key, validation, integration.
"""

import logging
from functools import partial

from penstock.base.meters import Meters
from penstock.base.telemetry import LogLine
from penstock.call import Kernel
from penstock.services.apigateway.metrics import ERRORS, INTEGRATION, LATENCY, REST_API
from penstock.services.apigateway.serving.authorize import Authorizer
from penstock.services.apigateway.serving.compression import compress, decompress
from penstock.services.apigateway.serving.exchange import Integrate, Resource, RestExchange, Result, Stage
from penstock.services.apigateway.serving.execution_log import ExecutionLog
from penstock.services.apigateway.serving.gateway_responses import Refusals
from penstock.services.apigateway.serving.integrations import compile_integration
from penstock.services.apigateway.serving.limits import check_key, throttled
from penstock.services.apigateway.serving.permission import Permission
from penstock.services.apigateway.serving.refusal import Refusal
from penstock.services.apigateway.serving.validation import Check, compile_checks
from penstock.web.gateways.access_log import AccessLog
from penstock.web.gateways.exchange import MAX_BODY, counted, relocate
from penstock.web.gateways.payloads import MediaTypes
from penstock.web.gateways.router import Router
from penstock.web.gateways.throttle import Throttles
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

_ACCOUNT_LIMITS = (10000.0, 5000)
log = logging.getLogger("penstock")


class Method:
    """One method of a deployed resource; its integration and checks are compiled when it is first called."""

    __slots__ = ("_compiled", "authorizer", "document", "is_signed", "limits", "logging", "name", "resource")

    def __init__(self, resource: Json, name: str, document: Json) -> None:
        self.resource = Resource(resource["id"], resource["path"])
        self.name = name
        self.document = document
        self.is_signed: bool = document["authorizationType"] == "AWS_IAM"
        self.authorizer: Authorizer | None = None
        self.limits: tuple[float, int] | None = None
        self.logging: tuple[str, bool] = ("OFF", False)  # level, data trace
        self._compiled: tuple[list[Check], Integrate] | None = None

    def compiled(self, stage: "DeployedStage") -> tuple[list[Check], Integrate]:
        """Raises Refusal where the method cannot be served."""
        if self._compiled is None:
            checks = compile_checks(self.document, stage.validators, stage.models)
            self._compiled = checks, compile_integration(self.document["methodIntegration"], stage)
        return self._compiled


class DeployedStage(Stage):
    """What one stage serves: its deployment's snapshot with its own variables and settings.

    `canary`: whether this is the canary of a stage; None for a stage that has none.
    """

    def __init__(
        self, kernel: Kernel, account: str, region: str, document: Json, snapshot: Json, canary: bool | None = None
    ) -> None:
        api = snapshot["api"]
        self.kernel, self.account, self.region = kernel, account, region
        self.api_id: str = api["id"]
        self.name: str = document["stageName"]
        self.canary = canary
        self.deployment_id: str = document["deploymentId"]
        self.variables: dict[str, str] = document.get("variables") or {}
        self.binary = MediaTypes(api.get("binaryMediaTypes", ()))
        self.key_source: str = api.get("apiKeySource", "HEADER")
        self.validators = {validator["id"]: validator for validator in snapshot["validator"]}
        self.models = {model["name"]: model for model in snapshot["model"]}
        self._compresses_from: int | None = api.get("minimumCompressionSize")
        self._closed: bool = api.get("disableExecuteApiEndpoint", False)
        self._meter = kernel.shared(Meters).of(
            kernel.clock, REST_API, (account, region), ApiName=api["name"], Stage=self.name
        )
        where = f"arn:aws:execute-api:{region}:{account}:{self.api_id}"
        self._permission = Permission(api.get("policy") or "", where)
        self._refusals = Refusals(snapshot["gatewayresponse"])
        self._throttles = Throttles()
        self._router = self._routes(snapshot, document.get("methodSettings") or {})
        logs = document.get("accessLogSettings")
        self._log = AccessLog(logs, f"{self.api_id}/{self.name}") if logs else None
        self._execution_log = ExecutionLog(self.api_id, f"{self.name}/Canary" if canary else self.name)

    def _routes(self, snapshot: Json, settings: Json) -> Router[Method]:
        router: Router[Method] = Router()
        authorizers = {found["id"]: Authorizer(found) for found in snapshot["authorizer"]}
        for resource in snapshot["resources"]:
            for name, document in resource.get("resourceMethods", {}).items():
                method = Method(resource, name, document)
                method.authorizer = authorizers.get(document.get("authorizerId", ""))
                setting = _setting(settings, resource["path"], name)
                method.limits = _limits(setting)
                method.logging = setting.get("loggingLevel", "OFF"), setting.get("dataTraceEnabled", False)
                router.add(resource["path"], name, method)
        return router

    # -- the way of an exchange ------------------------------------------------------------------------

    def serve(self, path: str, request: Request, reply: Reply) -> None:
        exchange = RestExchange(self, path, request, reply)
        try:
            result = self._enter(exchange)
        except Exception as error:
            exchange.answer(self.failed(exchange, error))
            return
        if isinstance(result, Response):
            exchange.answer(result)
        else:
            exchange.run(result, lambda error: self.failed(exchange, error))

    def _enter(self, exchange: RestExchange) -> Result:
        if self._closed and exchange.request.domain is None:
            raise Refusal("DEFAULT_4XX", "Forbidden", status=403)
        if len(exchange.request.body) > MAX_BODY:
            raise Refusal("REQUEST_TOO_LARGE", "Request Too Long")
        if self._compresses_from is not None:
            decompress(exchange.request)
        match = self._router.match(exchange.path, exchange.request.method)
        if match is None:
            raise _missing_token()
        return self.run(exchange, *match)

    def run(self, exchange: RestExchange, method: Method, params: dict[str, str]) -> Result:
        """The exchange through one method. Raises Refusal."""
        exchange.resource, exchange.params, exchange.logging = method.resource, params, method.logging
        if method.logging[1] and exchange.steps is None:
            exchange.steps = []
        if method.limits is not None:
            throttled(self._throttles, method, method.limits, exchange.now)
        if method.is_signed or self.kernel.authorise is not None:
            self._permission.check(exchange, method.is_signed)
        return self._admit(exchange, method) if method.authorizer is None else self._authorised(exchange, method)

    async def _authorised(self, exchange: RestExchange, method: Method) -> Response:
        assert method.authorizer is not None
        await method.authorizer.authorise(exchange)
        result = self._admit(exchange, method)
        return result if isinstance(result, Response) else await result

    def _admit(self, exchange: RestExchange, method: Method) -> Result:
        if method.document["apiKeyRequired"]:
            check_key(exchange, self._throttles)
        checks, integrate = method.compiled(self)
        for check in checks:
            check(exchange)
        return integrate(exchange)

    # -- answers ---------------------------------------------------------------------------------------

    def refuse(self, exchange: RestExchange, refusal: Refusal) -> Response:
        exchange.failure = refusal.log or refusal.message or refusal.kind
        if refusal.log:
            where = f"{self.api_id}/{self.name} {exchange.request.method} {exchange.path}"
            text = f"{where}: {refusal.log}"
            log.warning("%s", text)
            line = LogLine(exchange.now, "WARNING", "apigateway", text, exchange.request_id)
            self.kernel.telemetry.log(line)
        return self._refusals.response(exchange, refusal)

    def failed(self, exchange: RestExchange, error: Exception) -> Response:
        if isinstance(error, Refusal):
            return self.refuse(exchange, error)
        log.error("%s %s failed", exchange.request.method, exchange.request.path, exc_info=error)
        return self.refuse(exchange, Refusal("DEFAULT_5XX", "Internal server error", log=repr(error)))

    def finish(self, exchange: RestExchange, response: Response) -> None:
        """What the gateway adds to every answer."""
        if exchange.request.mounted:
            relocate(exchange.request, response)
        if self._compresses_from is not None:
            compress(exchange.request, response, self._compresses_from)
        response.headers += [("x-amzn-RequestId", exchange.request_id), ("x-amz-apigw-id", exchange.extended_id)]
        if not isinstance(response.body, bytes):  # a stream has its line in the access log at its end
            response.body = counted(response.body, partial(self._note, exchange, response.status))

    def answered(self, exchange: RestExchange, response: Response) -> None:
        """Notes an exchange in the stage's metrics and logs."""
        self._measure(exchange, response.status)
        if exchange.logging[0] != "OFF":
            self._execution_log.write(exchange, response, *exchange.logging)
        if self._log is not None and isinstance(response.body, bytes):
            self._note(exchange, response.status, len(response.body))

    def _measure(self, exchange: RestExchange, status: int) -> None:
        self._meter.add(LATENCY, int((self.kernel.clock.now() - exchange.now) * 1000))
        if exchange.integration_latency is not None:
            self._meter.add(INTEGRATION, exchange.integration_latency)
        if status >= 400:
            self._meter.add(ERRORS[status // 100])

    def _note(self, exchange: RestExchange, status: int, length: int) -> None:
        if self._log is None:
            return
        now = self.kernel.clock.now()
        context = {**exchange.context(), "error": exchange.error, "status": status}
        context |= {"responseLength": length, "integrationErrorMessage": exchange.failure, **exchange.latencies()}
        self._log.write(exchange.ctx, now, context | {"xrayTraceId": exchange.ctx.trace.root})


def _missing_token() -> Refusal:
    return Refusal("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")


def _setting(settings: Json, path: str, http_method: str) -> Json:
    """The settings of a method: its own, else the stage's."""
    own = settings.get(f"{path.removeprefix('/')}/{http_method}") or settings.get(f"{path}/{http_method}")
    found: Json = own or settings.get("*/*") or {}
    return found


def _limits(setting: Json) -> tuple[float, int] | None:
    """None where they are the account's."""
    rate, burst = setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")
    if rate is None or burst is None or rate < 0 or (rate, burst) == _ACCOUNT_LIMITS:
        return None
    return float(rate), int(burst)

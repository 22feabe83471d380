"""AWS integrations with other services than Lambda: the mapped request goes to the AWS API endpoint itself.

`...:<service>:action/<Action>` names an operation, `...:<service>:path/<path>` the path of a request.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
"""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.call import Kernel
from penstock.iam.principal import Principal
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.http import timed_out, traced
from penstock.services.apigateway.serving.mapping import RequestMapping, ResponseMapping
from penstock.services.apigateway.serving.query_json import QueryJson
from penstock.services.apigateway.serving.refusal import misconfigured
from penstock.services.apigateway.serving.sources import Endpoint
from penstock.web.api import ApiEndpoint
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.services.apigateway.serving.integrations import Integrate
    from penstock.services.apigateway.serving.stage import Stage

# The service in the integration's URI -> its model's name, where they differ.
_MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch", "email": "ses"}
# Services of the JSON protocol that answer the query protocol still.
_OLDER = ("ssm",)


def compile_service_call(integration: Json, stage: "Stage") -> "Integrate":
    """Raises Refusal for a service that is not here."""
    uri = Arn.parse(integration["uri"])
    service = _MODELS.get(uri.account, uri.account)
    if service not in stage.kernel.services:
        raise misconfigured(f"Penstock does not run the service {uri.account!r} that an integration calls")
    kind, _, target = uri.resource.partition("/")
    call = _ServiceCall(stage.kernel, service, uri.region, kind, target, _access_key(integration, stage))
    mapping, responses = RequestMapping(integration), ResponseMapping(integration, stage)

    async def integrate(exchange: RestExchange) -> Response:
        late = timed_out()
        exchange.limit(integration["timeoutInMillis"] / 1000, lambda: stage.refuse(exchange, late))
        body, overrides = mapping.body(exchange)
        method = integration.get("httpMethod") or "ANY"
        method = exchange.request.method if method == "ANY" else method
        answer = await call.send(exchange, method, mapping, body, overrides)
        return traced(exchange, responses.response(exchange, answer, overrides))

    return integrate


def _access_key(integration: Json, stage: "Stage") -> str:
    """A key that stands for the integration's role, or for the gateway where it has none."""
    key = ids.upper_id(20)
    role = integration.get("credentials")
    if role:
        name = role.rpartition("/")[2]
        principal = Principal.role_session(stage.account, name, "BackplaneAssumeRoleSession", name)
    else:
        principal = Principal.service("apigateway.amazonaws.com", stage.account)
    stage.kernel.principals[key] = principal
    return key


class _ServiceCall:
    def __init__(self, kernel: Kernel, service: str, region: str, kind: str, target: str, access_key: str) -> None:
        self._endpoint = ApiEndpoint(kernel)
        model = kernel.loaded(service).model
        self._prefix: str | None = model.metadata.get("targetPrefix")
        self._json = QueryJson(model)
        self._service = service
        self._kind, self._target = kind, target
        signs_as = kernel.services[service].signs_as
        self._authorization = f"AWS4-HMAC-SHA256 Credential={access_key}/20150709/{region}/{signs_as}/aws4_request"

    async def send(
        self, exchange: RestExchange, method: str, mapping: RequestMapping, body: bytes, overrides: Json
    ) -> Endpoint:
        headers = {name.lower(): value.strip("'") for name, value in mapping.headers(exchange, overrides).items()}
        headers |= {"authorization": self._authorization, "x-amzn-trace-id": exchange.ctx.trace.header}
        query = [(name, str(value)) for name, value in mapping.values(exchange, "querystring", overrides).items()]
        target = f"/{self._target}" if self._kind == "path" else "/"
        path = mapping.url(exchange, target, proxy=False, overrides=overrides).partition("?")[0]
        if self._kind == "action":
            self._name_action(headers, query)
        if self._service == "sqs" and self._kind == "path" and b"QueueUrl=" not in body:
            query.append(("QueueUrl", f"{exchange.ctx.config.endpoint}{path}"))
        response = await self._perform(Request(method, path, urlencode(query), headers, body))
        return self._as_accepted(response, headers.get("accept", "application/json"))

    def _name_action(self, headers: dict[str, str], query: list[tuple[str, str]]) -> None:
        """A service with targets is called by them, unless parameters are mapped that only the older protocol has."""
        if self._prefix is not None and not (query and self._service in _OLDER):
            headers.setdefault("x-amz-target", f"{self._prefix}.{self._target}")
        else:
            query.append(("Action", self._target))

    def _as_accepted(self, response: Response, accept: str) -> Endpoint:
        body = response.body if isinstance(response.body, bytes) else b""
        if response.header("Content-Type") == "text/xml" and "xml" not in accept:
            kind = [("Content-Type", "application/json")]
            return Endpoint(response.status, kind, self._json.convert(body))
        return Endpoint(response.status, response.headers, body)

    async def _perform(self, request: Request) -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._endpoint.handle(request, answered.set_result)
        return await answered

"""AWS integrations with other services than Lambda: what is mapped is sent to the service.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
"""

from penstock.services.apigateway.serving.exchange import Integrate, RestExchange, Stage
from penstock.services.apigateway.serving.http import traced
from penstock.services.apigateway.serving.mapping import RequestMapping, ResponseMapping
from penstock.services.apigateway.serving.refusal import misconfigured
from penstock.services.apigateway.serving.sources import Endpoint
from penstock.web.gateways.service_call import NoSuchService, ServiceCall
from penstock.wire.message import Response
from penstock.wire.model import Json


def compile_service_call(integration: Json, stage: Stage) -> Integrate:
    """Raises Refusal for a service that is not here."""
    try:
        call = ServiceCall(stage.kernel, stage.account, integration["uri"], integration.get("credentials"))
    except NoSuchService as error:
        raise misconfigured(str(error)) from None
    mapping, responses = RequestMapping(integration), ResponseMapping(integration, stage)

    async def integrate(exchange: RestExchange) -> Response:
        exchange.time_out(integration["timeoutInMillis"] / 1000)
        body, overrides = mapping.body(exchange)
        method = integration.get("httpMethod") or "ANY"
        method = exchange.request.method if method == "ANY" else method
        answer = await _send(call, exchange, method, mapping, body, overrides)
        return traced(exchange, responses.response(exchange, answer, overrides))

    return integrate


async def _send(
    call: ServiceCall, exchange: RestExchange, method: str, mapping: RequestMapping, body: bytes, overrides: Json
) -> Endpoint:
    headers = {name.lower(): value.strip("'") for name, value in mapping.headers(exchange, overrides).items()}
    headers["x-amzn-trace-id"] = exchange.ctx.trace.header
    query = [(name, str(value)) for name, value in mapping.values(exchange, "querystring", overrides).items()]
    path = mapping.url(exchange, call.path, proxy=False, overrides=overrides).partition("?")[0]
    exchange.sending(path, headers, body)
    response = await call.send(method, path, query, headers, body)
    exchange.received(response.status, response.headers, response.body)
    return Endpoint(response.status, response.headers, response.body if isinstance(response.body, bytes) else b"")

"""A gateway's integration with an AWS service: its request goes to the AWS API endpoint itself, as its role.

`arn:aws:apigateway:<region>:<service>:action/<Action>` names an operation, `...:<service>:path/<path>` the path of a
request.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
"""

import asyncio
from urllib.parse import urlencode

from penstock.base.arn import Arn
from penstock.call import Kernel
from penstock.iam.principal import Principal
from penstock.web.api import ApiEndpoint
from penstock.web.gateways.exchange import acting
from penstock.web.gateways.query_json import QueryJson
from penstock.web.signer import Signer
from penstock.wire.message import Pairs, Request, Response

# The service in the integration's URI -> its model's name, where they differ.
_MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch", "email": "ses"}
# Services of the JSON protocol that answer the query protocol still.
_OLDER = ("ssm",)


class NoSuchService(Exception):
    """The service is not here; says which."""


class ServiceCall:
    """`path` is what the URI names, a slash before it; where an operation is named there, it is `/`.

    Raises NoSuchService.
    """

    def __init__(self, kernel: Kernel, account: str, uri: str, role: str | None) -> None:
        arn = Arn.parse(uri)
        service = _MODELS.get(arn.account, arn.account)
        if service not in kernel.services:
            raise NoSuchService(f"Penstock does not run the service {arn.account!r} that an integration calls")
        kind, _, target = arn.resource.partition("/")
        self.path = f"/{target}" if kind == "path" else "/"
        self._action = target if kind == "action" else ""
        self._endpoint = ApiEndpoint(kernel)
        self._runtime = kernel.config
        self._service = service
        model = kernel.loaded(service).model
        self._prefix: str | None = model.metadata.get("targetPrefix")
        self._json = QueryJson(model)
        who = acting(account, role) if role else Principal.service("apigateway.amazonaws.com", account)
        signs_as = kernel.services[service].signs_as
        self._authorization = kernel.shared(Signer).authorization(kernel, who, arn.region, signs_as)

    async def send(self, method: str, path: str, query: Pairs, headers: dict[str, str], body: bytes) -> Response:
        """The service's answer, in JSON unless another is accepted. `headers` have lower-case names."""
        headers = {**headers, "authorization": self._authorization}
        query = list(query)
        if self._action:
            self._name_action(headers, query)
        elif self._service == "sqs" and b"QueueUrl=" not in body:
            query.append(("QueueUrl", f"{self._runtime.endpoint}{path}"))
        response = await self._perform(Request(method, path, urlencode(query), headers, body))
        return self._as_accepted(response, headers.get("accept", "application/json"))

    def _name_action(self, headers: dict[str, str], query: Pairs) -> None:
        """A service with targets is called by them, unless parameters are mapped that only the older protocol has."""
        if self._prefix is not None and not (query and self._service in _OLDER):
            headers.setdefault("x-amz-target", f"{self._prefix}.{self._action}")
        else:
            query.append(("Action", self._action))

    def _as_accepted(self, response: Response, accept: str) -> Response:
        body = response.body if isinstance(response.body, bytes) else b""
        if response.header("Content-Type") == "text/xml" and "xml" not in accept:
            return Response(response.status, [("Content-Type", "application/json")], self._json.convert(body))
        return Response(response.status, response.headers, body)

    async def _perform(self, request: Request) -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._endpoint.handle(request, answered.set_result)
        return await answered

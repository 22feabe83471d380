"""The operations of an OpenAPI document as methods, with their responses and integrations."""

import re
from typing import Any

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway import integrations
from penstock.services.apigateway.lookup import bad_request
from penstock.services.apigateway.openapi.schemas import model_name, save_model
from penstock.wire.model import Json

_EXTENSION = "x-amazon-apigateway-"
_PLACES = {"path": "path", "query": "querystring", "header": "header"}
_INTEGRATION = (
    "uri", "credentials", "requestParameters", "requestTemplates", "timeoutInMillis", "cacheNamespace",
    "cacheKeyParameters", "connectionType", "connectionId", "tlsConfig", "responseTransferMode",
    "integrationTarget",
)  # fmt: skip
_PATH_PARAMETER = re.compile(r"\{([^}+]+)\+?\}")
_RESPONSE = ("responseParameters", "responseTemplates")


class MethodReader:
    """Reads operations; knows what they may refer to."""

    def __init__(
        self, ctx: Context, api: Json, spec: Json, validators: dict[str, str], security: dict[str, Json]
    ) -> None:
        self._ctx, self._api, self._spec = ctx, api, spec
        self._validators, self._security = validators, security

    def method(self, name: str, resource: Json, operation: Json, shared: list[Json]) -> Json:
        parameters = [self._resolved(parameter) for parameter in (*shared, *(operation.get("parameters") or ()))]
        method: Json = {"httpMethod": name, "authorizationType": "NONE", "apiKeyRequired": False}
        if operation.get("operationId"):
            method["operationName"] = operation["operationId"]
        method |= self._authorization(operation)
        required = {
            f"method.request.{_PLACES[found['in']]}.{found['name']}": bool(found.get("required"))
            for found in parameters
            if found.get("in") in _PLACES
        }
        for name in _PATH_PARAMETER.findall(resource["path"]):  # also one that the document does not name
            required.setdefault(f"method.request.path.{name}", True)
        models = self._request_models(operation, parameters)
        method |= {"requestParameters": required} if required else {}
        method |= {"requestModels": models} if models else {}
        validator = operation.get(_EXTENSION + "request-validator") or self._spec.get(_EXTENSION + "request-validator")
        if validator:
            method["requestValidatorId"] = self._validator(validator)
        responses = {str(code): found for code, found in (operation.get("responses") or {}).items()}
        if responses:
            method["methodResponses"] = {code: self._response(code, found) for code, found in responses.items()}
        integration = operation.get(_EXTENSION + "integration")
        if integration:
            method["methodIntegration"] = self._integration(integration, resource)
        return method

    def _resolved(self, item: Json) -> Json:
        """What a `$ref` points to within the document."""
        reference = item.get("$ref")
        if not isinstance(reference, str):
            return item
        found: Any = self._spec
        for name in reference.removeprefix("#/").split("/"):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise bad_request(f"Invalid OpenAPI input. Unable to resolve {reference}")
        return found

    def _authorization(self, operation: Json) -> Json:
        wanted: Json = {}
        requirements = operation.get("security", self._spec.get("security")) or []
        for name, scopes in (requirements[0] if requirements else {}).items():
            wanted |= self._security.get(name, {})
            if scopes and wanted.get("authorizationType") == "COGNITO_USER_POOLS":
                wanted["authorizationScopes"] = scopes
        for requirement in requirements[1:]:  # an API key may stand beside an authorizer
            wanted |= {k: v for name in requirement for k, v in self._security.get(name, {}).items() if k not in wanted}
        kind = (operation.get(_EXTENSION + "auth") or {}).get("type")
        return {**wanted, "authorizationType": kind} if kind else wanted

    def _request_models(self, operation: Json, parameters: list[Json]) -> dict[str, str]:
        body = self._resolved(operation.get("requestBody") or {})
        models = {kind: self._model(media.get("schema")) for kind, media in (body.get("content") or {}).items()}
        for parameter in parameters:
            if parameter.get("in") == "body":
                kinds = operation.get("consumes") or self._spec.get("consumes") or ["application/json"]
                models |= dict.fromkeys(kinds, self._model(parameter.get("schema")))
        return {kind: name for kind, name in models.items() if name}

    def _model(self, schema: Json | None) -> str:
        """The model of a schema; one that stands in place gets a name."""
        if not schema:
            return ""
        if "$ref" in schema:
            return model_name(schema["$ref"])
        return save_model(self._ctx, self._api, f"MODEL{ids.hex_id(6)}", schema)

    def _validator(self, name: str) -> str:
        if name not in self._validators:
            raise bad_request(f"Invalid OpenAPI input. Request validator {name} is not defined")
        return self._validators[name]

    def _response(self, code: str, response: Json) -> Json:
        response = self._resolved(response)
        found: Json = {"statusCode": code}
        headers = {f"method.response.header.{name}": False for name in response.get("headers") or ()}
        content = response.get("content") or ({"application/json": response} if response.get("schema") else {})
        models = {kind: self._model(media.get("schema")) for kind, media in content.items()}
        models = {kind: name for kind, name in models.items() if name}
        found |= {"responseParameters": headers} if headers else {}
        return found | ({"responseModels": models} if models else {})

    def _integration(self, given: Json, resource: Json) -> Json:
        request = {name: given[name] for name in _INTEGRATION if given.get(name) is not None}
        request["type"] = str(given.get("type", "")).upper()
        if request["type"] not in ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"):
            raise bad_request(f"Invalid OpenAPI input. Invalid integration type {given.get('type')!r}")
        if given.get("httpMethod"):
            request["integrationHttpMethod"] = str(given["httpMethod"]).upper()
        for name in ("passthroughBehavior", "contentHandling"):
            if given.get(name):
                request[name] = str(given[name]).upper()
        if problem := integrations.unsupported(request):
            raise AwsError("NotImplemented", problem, status=501)
        integration = integrations.build(request, resource["id"])
        responses = dict(
            _integration_response(pattern, item) for pattern, item in (given.get("responses") or {}).items()
        )
        return integration | ({"integrationResponses": responses} if responses else {})


def _integration_response(pattern: Any, item: Json) -> tuple[str, Json]:
    """Status -> integration response; the key in the document is the pattern that selects it."""
    status = str(item.get("statusCode", "200"))
    response: Json = {"statusCode": status, **{name: item[name] for name in _RESPONSE if name in item}}
    if str(pattern) != "default":
        response["selectionPattern"] = str(pattern)
    if item.get("contentHandling"):
        response["contentHandling"] = str(item["contentHandling"]).upper()
    return status, response

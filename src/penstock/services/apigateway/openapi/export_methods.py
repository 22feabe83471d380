"""Methods as the operations of an OpenAPI document, and the schemas and security schemes that they lead to."""

import re
from collections.abc import Iterable
from typing import Any

import orjson

from penstock.services.apigateway.lookup import members
from penstock.services.apigateway.openapi.export_dialects import Dialect
from penstock.wire.model import Json

_EXTENSION = "x-amazon-apigateway-"
_ANY = f"{_EXTENSION}any-method"
_PLACES = {"path": "path", "querystring": "query", "header": "header"}
_MODEL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/(\w+)")
_INTEGRATION = (
    "httpMethod", "uri", "credentials", "requestParameters", "requestTemplates", "connectionId", "tlsConfig",
    "contentHandling", "responseTransferMode", "integrationTarget",
)  # fmt: skip
_RESPONSE = ("statusCode", "responseParameters", "responseTemplates", "contentHandling")
_TIMEOUT = 29_000


class MethodWriter:
    """Writes the methods of a deployment; `schemes` are the names of the security schemes met so far."""

    def __init__(self, snapshot: Json, dialect: Dialect, integrations: bool) -> None:
        self.schemes: dict[str, None] = {}
        self._dialect, self._integrations = dialect, integrations
        self._authorizers = {found["id"]: found["name"] for found in snapshot["authorizer"]}
        self._validators = {found["id"]: found.get("name", found["id"]) for found in snapshot["validator"]}
        self._models = {model["name"]: model for model in snapshot["model"]}
        self._met: dict[str, None] = {}  # names of models

    def write(self, resource: Json) -> Json:
        methods = resource["resourceMethods"].items()
        return {_ANY if name == "ANY" else name.lower(): self._operation(method) for name, method in methods}

    def schemas(self) -> Json:
        """The schemas of the models that were met, and of those that they refer to."""
        found: Json = {}
        waiting = list(self._met)
        while waiting:
            name = waiting.pop(0)
            if name not in found and name in self._models:
                schema = orjson.loads(self._models[name]["schema"])
                found[name] = self._rewritten({key: item for key, item in schema.items() if key != "$schema"})
                waiting += self._met
        return found

    def _operation(self, method: Json) -> Json:
        operation: Json = {"operationId": method["operationName"]} if method.get("operationName") else {}
        models = self._references(method.get("requestModels"))
        integration = method["methodIntegration"]
        operation |= self._dialect.media(
            _names(method.get("requestModels"), integration.get("requestTemplates")), _produced(method, integration)
        )
        parameters = [self._parameter(name, needed) for name, needed in (method.get("requestParameters") or {}).items()]
        body = self._dialect.body(models)
        parameters += body.pop("parameters", [])
        operation |= ({"parameters": parameters} if parameters else {}) | body
        responses = method.get("methodResponses") or {}
        operation["responses"] = {code: self._response(code, found) for code, found in responses.items()}
        return operation | self._security(method) | self._extensions(method, integration)

    def _parameter(self, source: str, required: bool) -> Json:
        place, _, name = source.removeprefix("method.request.").partition(".")
        return self._dialect.parameter({"name": name, "in": _PLACES.get(place, place), "required": required})

    def _response(self, code: str, response: Json) -> Json:
        headers = [name.removeprefix("method.response.header.") for name in response.get("responseParameters") or ()]
        models = self._references(response.get("responseModels"))
        return self._dialect.response({"description": f"{code} response"}, headers, models)

    def _references(self, models: Json | None) -> Json:
        """Media type -> reference to the schema of its model."""
        self._met |= dict.fromkeys((models or {}).values())
        return {kind: {"$ref": self._dialect.schemas + name} for kind, name in (models or {}).items()}

    def _security(self, method: Json) -> Json:
        needed: Json = {}
        if method["authorizationType"] == "AWS_IAM":
            needed["sigv4"] = []
        elif name := self._authorizers.get(method.get("authorizerId", "")):
            needed[name] = method.get("authorizationScopes", [])
        if method.get("apiKeyRequired"):
            needed["api_key"] = []
        self.schemes |= dict.fromkeys(needed)
        return {"security": [{name: scopes} for name, scopes in needed.items()]} if needed else {}

    def _extensions(self, method: Json, integration: Json) -> Json:
        if not self._integrations:
            return {}
        validator = self._validators.get(method.get("requestValidatorId", ""))
        named = {f"{_EXTENSION}request-validator": validator} if validator else {}
        return {**named, f"{_EXTENSION}integration": _integration(integration)}

    def _rewritten(self, value: Any) -> Any:
        """References between models become references between schemas."""
        if isinstance(value, list):
            return [self._rewritten(item) for item in value]
        if isinstance(value, dict):
            return {key: self._rewritten(item) for key, item in value.items()}
        if isinstance(value, str) and (match := _MODEL.fullmatch(value)):
            self._met[match[1]] = None
            return self._dialect.schemas + match[1]
        return value


def _names(*maps: Iterable[str] | None) -> list[str]:
    """The keys of several maps, each once."""
    return list(dict.fromkeys(key for found in maps for key in found or ()))


def _produced(method: Json, integration: Json) -> list[str]:
    models = [found.get("responseModels") for found in (method.get("methodResponses") or {}).values()]
    templates = [found.get("responseTemplates") for found in (integration.get("integrationResponses") or {}).values()]
    return _names(*models, *templates)


def _integration(integration: Json) -> Json:
    """What AWS's defaults say already is left out."""
    found = {"type": integration["type"].lower(), **members(integration, _INTEGRATION)}
    found["passthroughBehavior"] = integration["passthroughBehavior"].lower()
    if integration.get("connectionType") == "VPC_LINK":
        found["connectionType"] = "VPC_LINK"
    if integration["timeoutInMillis"] != _TIMEOUT:
        found["timeoutInMillis"] = integration["timeoutInMillis"]
    if integration.get("cacheKeyParameters"):
        found |= members(integration, ("cacheNamespace", "cacheKeyParameters"))
    responses = (integration.get("integrationResponses") or {}).values()
    if responses:
        found["responses"] = {item.get("selectionPattern") or "default": members(item, _RESPONSE) for item in responses}
    return found

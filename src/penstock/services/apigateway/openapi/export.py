"""GetExport: a deployed stage as an OpenAPI document, with API Gateway's extensions where they are asked for.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html; as observed.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import yaml

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, members, not_found, part
from penstock.services.apigateway.openapi.export_dialects import OAS30, SWAGGER, Dialect
from penstock.services.apigateway.openapi.export_methods import MethodWriter
from penstock.services.apigateway.store import DOCUMENTS, api_owner
from penstock.wire.model import Json

_EXTENSION = "x-amazon-apigateway-"
_DIALECTS = {"oas30": OAS30, "swagger": SWAGGER}
_WRITERS: dict[str, Callable[[Json], bytes]] = {
    "json": lambda document: orjson.dumps(document, option=orjson.OPT_INDENT_2),
    "yaml": lambda document: yaml.safe_dump(document, sort_keys=False).encode(),
}
_AUTHORIZER = (
    "providerARNs", "authorizerUri", "authorizerCredentials", "authorizerResultTtlInSeconds", "identitySource",
    "identityValidationExpression",
)  # fmt: skip


def get_export(ctx: Context, request: Json) -> Json:
    stage = part(ctx, request["restApiId"], "stage", request["stageName"])
    kind = request["exportType"]
    if kind not in _DIALECTS:
        raise bad_request(f"No API exporter for type '{kind}'")
    asked = (request.get("parameters") or {}).get("extensions", "")
    if asked == "postman":
        raise AwsError("NotImplemented", "Penstock does not export with Postman's extensions.", status=501)
    snapshot = DOCUMENTS.get(ctx.store, api_owner(ctx, request["restApiId"]), "snapshot", stage["deploymentId"])
    if snapshot is None:
        raise not_found("Invalid Deployment identifier specified")
    document = _Exporter(ctx, snapshot, stage["stageName"], _DIALECTS[kind], asked).document()
    form = "yaml" if "yaml" in (request.get("accepts") or "") else "json"
    name = f"{kind}_{document['info']['version']}.{form}"
    return {
        "contentType": "application/octet-stream",
        "contentDisposition": f'attachment; filename="{name}"',
        "body": _WRITERS[form](document),
    }


class _Exporter:
    """One document. `asked`: `integrations`, `authorizers`, or `apigateway` for every extension."""

    def __init__(self, ctx: Context, snapshot: Json, stage: str, dialect: Dialect, asked: str) -> None:
        self._snapshot, self._api, self._stage, self._dialect = snapshot, snapshot["api"], stage, dialect
        self._host = f"{self._api['id']}.execute-api.{ctx.region}.amazonaws.com"
        self._all = asked == "apigateway"
        self._shows_authorizers = asked in ("apigateway", "authorizers")
        self._methods = MethodWriter(snapshot, dialect, asked in ("apigateway", "integrations"))

    def document(self) -> Json:
        paths = {
            resource["path"]: self._methods.write(resource)
            for resource in sorted(self._snapshot["resources"], key=lambda resource: str(resource["path"]))
            if resource.get("resourceMethods")
        }
        schemes = {name: self._scheme(name) for name in self._methods.schemes}
        schemas = self._methods.schemas()
        head = self._swagger() if self._dialect is SWAGGER else self._openapi()
        extensions = self._extensions() if self._all else {}
        return {**head, "paths": paths, **self._dialect.components(schemas, schemes), **extensions}

    def _info(self) -> Json:
        created = datetime.fromtimestamp(self._api["createdDate"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"title": self._api["name"], **members(self._api, ("description",))}
        return {**about, "version": self._api.get("version", created)}

    def _swagger(self) -> Json:
        where = {"host": self._host, "basePath": f"/{self._stage}", "schemes": ["https"]}
        return {"swagger": "2.0", "info": self._info(), **where}

    def _openapi(self) -> Json:
        server = {
            "url": f"https://{self._host}/{{basePath}}",
            "variables": {"basePath": {"default": self._stage}},
        }
        return {"openapi": "3.0.1", "info": self._info(), "servers": [server]}

    def _scheme(self, name: str) -> Json:
        """A security scheme: the API key, the signature, or an authorizer of this name."""
        if name == "api_key":
            return {"type": "apiKey", "name": "x-api-key", "in": "header"}
        scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
        if name == "sigv4":
            return {**scheme, f"{_EXTENSION}authtype": "awsSigv4"}
        authorizer = next(found for found in self._snapshot["authorizer"] if found["name"] == name)
        source = authorizer.get("identitySource") or ""
        if authorizer["type"] == "REQUEST":
            scheme["name"] = "Unused"
        elif source.startswith("method.request.header."):
            scheme["name"] = source.removeprefix("method.request.header.")
        scheme[f"{_EXTENSION}authtype"] = authorizer["authType"]
        if not self._shows_authorizers:
            return scheme
        settings = {"type": authorizer["type"].lower(), **members(authorizer, _AUTHORIZER)}
        return {**scheme, f"{_EXTENSION}authorizer": settings}

    def _extensions(self) -> Json:
        """What of an API stands in the document as a whole."""
        found: Json = {}
        if validators := self._snapshot["validator"]:
            settings = ("validateRequestParameters", "validateRequestBody")
            found["request-validators"] = {item["name"]: members(item, settings) for item in validators}
        if responses := self._snapshot["gatewayresponse"]:
            own = ("statusCode", "responseParameters", "responseTemplates")
            found["gateway-responses"] = {item["responseType"]: members(item, own) for item in responses}
        if self._api.get("binaryMediaTypes"):
            found["binary-media-types"] = self._api["binaryMediaTypes"]
        if self._api.get("minimumCompressionSize") is not None:
            found["minimum-compression-size"] = self._api["minimumCompressionSize"]
        if self._api.get("apiKeySource") == "AUTHORIZER":
            found["api-key-source"] = "AUTHORIZER"
        if self._api.get("policy"):
            found["policy"] = orjson.loads(self._api["policy"])
        return {_EXTENSION + name: value for name, value in found.items()}

"""HTTP APIs as OpenAPI 3 documents with API Gateway's extensions, which `openapi` reads again.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
"""

import re
from collections.abc import Mapping

import orjson
import yaml

from penstock.call import Context
from penstock.services.apigatewayv2.openapi import ANY, AUTHORIZER, EXTENSION, INTEGRATION
from penstock.services.apigatewayv2.served import deployed
from penstock.services.apigatewayv2.store import api_of, bad_request, part_of
from penstock.wire.model import Json

_PARAMETER = re.compile(r"\{([^{}+]+)\+?\}")


def export_api(ctx: Context, request: Json) -> Json:
    """The API as it is, or as a stage serves it."""
    api = api_of(ctx, request)
    if api["ProtocolType"] != "HTTP":
        raise bad_request("Export is supported for HTTP protocol only")
    if request["Specification"] != "OAS30":
        raise bad_request("Invalid specification specified. Must be one of [OAS30]")
    stage = request.get("StageName")
    content = deployed(ctx, api, part_of(ctx, request, "stage", stage) if stage else None)
    document = _document(ctx, content, stage or "", request.get("IncludeExtensions", True))
    if request["OutputType"] == "YAML":
        return {"body": yaml.safe_dump(document, sort_keys=False).encode()}
    if request["OutputType"] != "JSON":
        raise bad_request("Invalid output type specified. Must be one of [YAML, JSON]")
    return {"body": orjson.dumps(document, option=orjson.OPT_INDENT_2)}


def _document(ctx: Context, content: Json, stage: str, extensions: bool) -> Json:
    api = content["api"]
    info = {"title": api["Name"], "version": api.get("Version", "1.0")}
    if api.get("Description"):
        info["description"] = api["Description"]
    base = "" if stage == "$default" else stage
    url = f"https://{api['ApiId']}.execute-api.{ctx.region}.amazonaws.com/{{basePath}}"
    document: Json = {
        "openapi": "3.0.1",
        "info": info,
        "servers": [{"url": url, "variables": {"basePath": {"default": base}}}],
        "paths": _paths(content, extensions),
    }
    if content["authorizer"] and extensions:
        schemes = {authorizer["Name"]: _scheme(authorizer) for authorizer in content["authorizer"]}
        document["components"] = {"securitySchemes": schemes}
    if extensions:
        if api.get("CorsConfiguration"):
            document[f"{EXTENSION}cors"] = {_small(name): value for name, value in api["CorsConfiguration"].items()}
        document[f"{EXTENSION}importexport-version"] = "1.0"
    return document


def _paths(content: Json, extensions: bool) -> Json:
    integrations = {f"integrations/{found['IntegrationId']}": found for found in content["integration"]}
    names = {authorizer["AuthorizerId"]: authorizer["Name"] for authorizer in content["authorizer"]}
    paths: Json = {}
    for route in content["route"]:
        method, _, path = route["RouteKey"].partition(" ")
        if not path and not extensions:
            continue
        verb = ANY if method in ("ANY", "$default") else method.lower()
        operation = _operation(route, path or "/$default", names if extensions else {})
        integration = integrations.get(route.get("Target", ""))
        if integration is not None and extensions:
            operation[f"{EXTENSION}integration"] = _integration(integration)
        paths.setdefault(path or "/$default", {})[verb] = operation
    return paths


def _operation(route: Json, path: str, authorizers: Mapping[str, str]) -> Json:
    operation: Json = {}
    if route.get("OperationName"):
        operation["operationId"] = route["OperationName"]
    names = _PARAMETER.findall(path)
    if names:
        operation["parameters"] = [_parameter(name) for name in names]
    operation["responses"] = {"default": {"description": f"Default response for {route['RouteKey']}"}}
    if route.get("AuthorizerId") in authorizers:
        operation["security"] = [{authorizers[route["AuthorizerId"]]: route.get("AuthorizationScopes", [])}]
    return operation


def _parameter(name: str) -> Json:
    description = f"Generated path parameter for {name}"
    return {"name": name, "in": "path", "description": description, "required": True, "schema": {"type": "string"}}


def _integration(integration: Json) -> Json:
    known = {theirs: integration[mine] for theirs, mine in INTEGRATION.items() if mine in integration}
    return {"type": integration["IntegrationType"].lower(), **known}


def _scheme(authorizer: Json) -> Json:
    source = ",".join(authorizer.get("IdentitySource") or [])
    kind = authorizer["AuthorizerType"].lower()
    extension: Json = {"type": kind, "identitySource": source}
    extension |= {theirs: authorizer[mine] for theirs, mine in AUTHORIZER.items() if mine in authorizer}
    if kind == "jwt":
        extension["jwtConfiguration"] = {_small(name): value for name, value in authorizer["JwtConfiguration"].items()}
        return {"type": "oauth2", "flows": {}, f"{EXTENSION}authorizer": extension}
    where = {"type": "apiKey", "name": source.rpartition(".")[2] or "Unused", "in": "header"}
    return {**where, f"{EXTENSION}authorizer": extension}


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]

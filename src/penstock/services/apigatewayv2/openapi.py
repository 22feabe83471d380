"""OpenAPI 3 documents with API Gateway's extensions, read into an HTTP API.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import yaml

from penstock.call import Context
from penstock.services.apigatewayv2 import authorizers, integrations, routes
from penstock.services.apigatewayv2.store import bad_request
from penstock.template.document import load_yaml
from penstock.wire.model import Json

EXTENSION = "x-amazon-apigateway-"
_VERBS = ("get", "put", "post", "delete", "patch", "options", "head")
ANY = EXTENSION + "any-method"
_SCHEMAS = "#/components/schemas/"
_SERVER_VARIABLE = re.compile(r"\{(\w+)\}")
# Member of the extension -> member of the integration.
INTEGRATION = {
    "uri": "IntegrationUri",
    "httpMethod": "IntegrationMethod",
    "payloadFormatVersion": "PayloadFormatVersion",
    "credentials": "CredentialsArn",
    "connectionType": "ConnectionType",
    "connectionId": "ConnectionId",
    "timeoutInMillis": "TimeoutInMillis",
    "integrationSubtype": "IntegrationSubtype",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
    "tlsConfig": "TlsConfig",
}
AUTHORIZER = {
    "authorizerUri": "AuthorizerUri",
    "authorizerCredentials": "AuthorizerCredentialsArn",
    "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
    "enableSimpleResponses": "EnableSimpleResponses",
    "identityValidationExpression": "IdentityValidationExpression",
}


def parse(body: str) -> Json:
    """Raises BadRequestException."""
    try:
        spec = load_yaml(body)
    except yaml.YAMLError as error:
        raise bad_request(f"Unable to parse the OpenAPI document: {error}") from None
    if not isinstance(spec, dict) or not str(spec.get("openapi", "")).startswith("3."):
        raise bad_request("Only OpenAPI 3.0 documents can be imported as HTTP APIs")
    return spec


def api_members(spec: Json) -> Json:
    """What the document says of the API itself."""
    info = spec.get("info") or {}
    found: Json = {"Name": str(info["title"])} if info.get("title") else {}
    found |= {"Version": str(info["version"])} if info.get("version") else {}
    found |= {"Description": str(info["description"])} if info.get("description") else {}
    cors = spec.get(EXTENSION + "cors")
    if cors:
        found["CorsConfiguration"] = {name[:1].upper() + name[1:]: value for name, value in cors.items()}
    return found


def warnings(spec: Json) -> list[str]:
    """What is wrong with a document that can be imported all the same: schemas that it refers to and does not have."""
    known = (spec.get("components") or {}).get("schemas") or {}
    return [
        f"Parse issue: attribute {place}.schema.{reference} is missing"
        for place, reference in _references(spec)
        if reference.removeprefix(_SCHEMAS) not in known
    ]


def _references(spec: Json) -> Iterator[tuple[str, str]]:
    """Where in a document's responses and bodies a schema is referred to, and the reference."""
    for path, item in (spec.get("paths") or {}).items():
        for verb, operation in (item or {}).items():
            if not isinstance(operation, dict):
                continue
            parts = {f"responses.{status}": part for status, part in (operation.get("responses") or {}).items()}
            for name, part in {**parts, "requestBody": operation.get("requestBody")}.items():
                for media in ((part or {}).get("content") or {}).values():
                    reference = (media.get("schema") or {}).get("$ref", "")
                    if reference.startswith(_SCHEMAS):
                        yield f"paths.'{path}'({verb}).{name}.content", reference


def base_of(spec: Json, mode: str) -> str:
    """What stands before every path: the path of the document's server, where it is asked for."""
    if mode != "prepend":
        return ""
    server: Json = next(iter(spec.get("servers") or ()), {})
    variables = server.get("variables") or {}
    url = _SERVER_VARIABLE.sub(lambda match: str(variables.get(match[1], {}).get("default", "")), server.get("url", ""))
    return urlsplit(url).path.rstrip("/")


def read_routes(ctx: Context, api_id: str, spec: Json, base: str = "") -> None:
    """Makes authorizers, integrations and routes. Raises BadRequestException, NotImplemented."""
    schemes = _read_authorizers(ctx, api_id, spec)
    shared = (spec.get("components") or {}).get(EXTENSION + "integrations") or {}
    for path, item in (spec.get("paths") or {}).items():
        for verb in (*_VERBS, ANY):
            if verb not in item:
                continue
            operation = item[verb] or {}
            key = "$default" if path == "/$default" else f"{'ANY' if verb == ANY else verb.upper()} {base}{path}"
            route: Json = {"ApiId": api_id, "RouteKey": key, **_authorization(operation, spec, schemes)}
            integration = operation.get(EXTENSION + "integration")
            if integration:
                made = integrations.create_integration(ctx, _integration(api_id, _shared(integration, shared)))
                route["Target"] = f"integrations/{made['IntegrationId']}"
            routes.create_route(ctx, route)


def _shared(integration: Json, shared: Json) -> Json:
    reference = integration.get("$ref")
    found: Json = shared.get(str(reference).rpartition("/")[2], {}) if reference else integration
    return found


def _integration(api_id: str, given: Json) -> Json:
    members: dict[str, Any] = {mine: given[theirs] for theirs, mine in INTEGRATION.items() if theirs in given}
    for name in ("PayloadFormatVersion", "IntegrationMethod"):
        if name in members:
            members[name] = str(members[name])
    return {"ApiId": api_id, "IntegrationType": str(given.get("type", "")).upper(), **members}


def _read_authorizers(ctx: Context, api_id: str, spec: Json) -> dict[str, Json]:
    """What each security scheme asks of a route."""
    found: dict[str, Json] = {}
    for name, scheme in ((spec.get("components") or {}).get("securitySchemes") or {}).items():
        extension = scheme.get(EXTENSION + "authorizer")
        if extension is None:
            continue
        made = authorizers.create_authorizer(ctx, _authorizer(api_id, name, extension))
        kind = "JWT" if made["AuthorizerType"] == "JWT" else "CUSTOM"
        found[name] = {"AuthorizationType": kind, "AuthorizerId": made["AuthorizerId"]}
    return found


def issuers(spec: Json) -> Iterator[str]:
    """The token issuers that a document names, where they are known."""
    for scheme in ((spec.get("components") or {}).get("securitySchemes") or {}).values():
        issuer = ((scheme.get(EXTENSION + "authorizer") or {}).get("jwtConfiguration") or {}).get("issuer")
        if isinstance(issuer, str):
            yield issuer


def _authorizer(api_id: str, name: str, extension: Json) -> Json:
    source = extension.get("identitySource", "$request.header.Authorization")
    sources = source if isinstance(source, list) else [part.strip() for part in str(source).split(",")]
    members: Json = {mine: extension[theirs] for theirs, mine in AUTHORIZER.items() if theirs in extension}
    jwt = extension.get("jwtConfiguration")
    if jwt:
        members["JwtConfiguration"] = {"Issuer": jwt.get("issuer"), "Audience": jwt.get("audience", [])}
    kind = str(extension.get("type", "jwt")).upper()
    return {"ApiId": api_id, "Name": name, "AuthorizerType": kind, "IdentitySource": sources, **members}


def _authorization(operation: Json, spec: Json, schemes: dict[str, Json]) -> Json:
    for requirement in operation.get("security", spec.get("security")) or []:
        for name, scopes in requirement.items():
            if name in schemes:
                return {**schemes[name], **({"AuthorizationScopes": scopes} if scopes else {})}
    return {}

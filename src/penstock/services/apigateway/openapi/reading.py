"""OpenAPI 3 and Swagger 2 documents with API Gateway's extensions, read into an API.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from typing import Any

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigateway import gateway_responses, tree
from penstock.services.apigateway.api_policy import policy_text
from penstock.services.apigateway.documentation import read_parts
from penstock.services.apigateway.lookup import delete_part, parts, save_beside, save_part
from penstock.services.apigateway.openapi.methods import MethodReader
from penstock.services.apigateway.openapi.schemas import read_models
from penstock.wire.model import Json

_VERBS = ("get", "put", "post", "delete", "patch", "options", "head")
_ANY = "x-amazon-apigateway-any-method"
_EXTENSION = "x-amazon-apigateway-"
# Extension -> member of the API.
_API_MEMBERS = {
    "binary-media-types": "binaryMediaTypes",
    "api-key-source": "apiKeySource",
    "minimum-compression-size": "minimumCompressionSize",
}


def apply(ctx: Context, api: Json, spec: Json, parameters: Json, overwrite: bool = False) -> Json:
    """Reads `spec` into `api`, whose new state it returns. Raises BadRequestException.

    `overwrite`: resources that the document does not have are deleted; the others keep their ids, as on AWS.
    """
    _read_info(api, spec)
    read_models(ctx, api, spec)
    validators = _read_validators(ctx, api, spec)
    security = _read_security(ctx, api, spec)
    for kind, response in (spec.get(_EXTENSION + "gateway-responses") or {}).items():
        document = gateway_responses.build({"responseType": kind, **_gateway_response(response)})
        save_part(ctx, api["id"], "gatewayresponse", kind, document)
    reader = MethodReader(ctx, api, spec, validators, security)
    base = _base_path(spec, parameters.get("basepath", "ignore"))
    resources = {resource["path"]: resource for resource in parts(ctx, api["id"], "resource")}
    old = set(resources) - {"/"} if overwrite else set()
    for resource in resources.values() if overwrite else ():
        resource.pop("resourceMethods", None)
        save_part(ctx, api["id"], "resource", resource["id"], resource)
    read_parts(ctx, api["id"], spec, overwrite=False)
    for path, item in (spec.get("paths") or {}).items():
        resource = _resource(ctx, api, resources, base + path)
        for verb in (*_VERBS, _ANY):
            if verb in item:
                name = "ANY" if verb == _ANY else verb.upper()
                method = reader.method(name, resource, item[verb], item.get("parameters") or [])
                resource.setdefault("resourceMethods", {})[name] = method
        save_part(ctx, api["id"], "resource", resource["id"], resource)
        old -= {known for known in old if f"{resource['path']}/".startswith(f"{known}/")}
    for path in old:
        delete_part(ctx, api["id"], "resource", resources[path]["id"])
    return save_beside(ctx, "restapi", api["id"], api)


def _read_info(api: Json, spec: Json) -> None:
    info = spec.get("info") or {}
    for name in ("description", "version"):
        if info.get(name):
            api[name] = str(info[name])
    for extension, member in _API_MEMBERS.items():
        if _EXTENSION + extension in spec:
            api[member] = spec[_EXTENSION + extension]
    if spec.get(_EXTENSION + "policy"):
        api["policy"] = policy_text(spec[_EXTENSION + "policy"])
    endpoint = spec.get(_EXTENSION + "endpoint-configuration") or {}
    if endpoint.get("types"):
        api["endpointConfiguration"] = {**api["endpointConfiguration"], "types": endpoint["types"]}
    if "disableExecuteApiEndpoint" in endpoint:
        api["disableExecuteApiEndpoint"] = bool(endpoint["disableExecuteApiEndpoint"])


def _gateway_response(response: Json) -> Json:
    known = {name: response[name] for name in ("responseParameters", "responseTemplates") if name in response}
    return known | ({"statusCode": str(response["statusCode"])} if response.get("statusCode") else {})


def _read_validators(ctx: Context, api: Json, spec: Json) -> dict[str, str]:
    """The request validators by name -> id."""
    known = {found["name"]: found["id"] for found in parts(ctx, api["id"], "validator") if "name" in found}
    for name, settings in (spec.get(_EXTENSION + "request-validators") or {}).items():
        validator = {
            "id": known.get(name) or ids.lower_id(6),
            "name": name,
            "validateRequestBody": bool(settings.get("validateRequestBody")),
            "validateRequestParameters": bool(settings.get("validateRequestParameters")),
        }
        known[name] = save_part(ctx, api["id"], "validator", validator["id"], validator)["id"]
    return known


def _read_security(ctx: Context, api: Json, spec: Json) -> dict[str, Json]:
    """What each security scheme asks of a method: an authorizer, an API key, a signature."""
    schemes = spec.get("securityDefinitions") or (spec.get("components") or {}).get("securitySchemes") or {}
    known = {found["name"]: found for found in parts(ctx, api["id"], "authorizer")}
    return {name: _scheme(ctx, api, name, scheme, known.get(name)) for name, scheme in schemes.items()}


def _scheme(ctx: Context, api: Json, name: str, scheme: Json, known: Json | None) -> Json:
    extension = scheme.get(_EXTENSION + "authorizer")
    if extension is not None:
        authorizer = _authorizer(name, scheme, extension, known)
        save_part(ctx, api["id"], "authorizer", authorizer["id"], authorizer)
        kind = "COGNITO_USER_POOLS" if authorizer["type"] == "COGNITO_USER_POOLS" else "CUSTOM"
        return {"authorizationType": kind, "authorizerId": authorizer["id"]}
    if scheme.get(_EXTENSION + "authtype") == "awsSigv4":
        return {"authorizationType": "AWS_IAM"}
    if scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key":
        return {"apiKeyRequired": True}
    return {}


def _authorizer(name: str, scheme: Json, extension: Json, known: Json | None) -> Json:
    kind = str(extension.get("type", "token")).upper()
    authorizer: dict[str, Any] = {
        "id": known["id"] if known else ids.lower_id(6),
        "name": name,
        "type": kind,
        "authType": scheme.get(_EXTENSION + "authtype", "custom"),
    }
    if "authorizerResultTtlInSeconds" in extension:
        authorizer["authorizerResultTtlInSeconds"] = int(extension["authorizerResultTtlInSeconds"])
    for member in ("authorizerUri", "authorizerCredentials", "identitySource", "identityValidationExpression"):
        if extension.get(member):
            authorizer[member] = extension[member]
    if extension.get("providerARNs"):
        authorizer["providerARNs"] = extension["providerARNs"]
    if kind != "REQUEST":
        authorizer.setdefault("identitySource", f"method.request.header.{scheme.get('name', 'Authorization')}")
    return authorizer


def _base_path(spec: Json, mode: str) -> str:
    """`ignore` (AWS's default), `prepend`, or `split`, which leaves the first part out."""
    servers = spec.get("servers") or [{}]
    base = str(spec.get("basePath") or _server_path(servers[0])).rstrip("/")
    if mode == "ignore" or not base:
        return ""
    return base if mode == "prepend" else "/" + "/".join(base.split("/")[2:]) if base.count("/") > 1 else ""


def _server_path(server: Json) -> str:
    default = (server.get("variables") or {}).get("basePath", {}).get("default", "")
    url = str(server.get("url", "")).replace("{basePath}", str(default).strip("/"))
    return "/" + url.split("://", 1)[-1].partition("/")[2] if "/" in url else ""


def _resource(ctx: Context, api: Json, resources: dict[str, Json], path: str) -> Json:
    """The resource of a path, made with its parents where it is new."""
    found = resources["/"]
    for name in [part for part in path.split("/") if part]:
        below = f"{found['path'].rstrip('/')}/{name}"
        if below not in resources:
            resources[below] = tree.add(ctx, api["id"], found, name)
        found = resources[below]
    return found

"""APIs: create (an HTTP API also in one step with a target), read, change, delete, import.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigatewayv2 import integrations, openapi, routes, stages
from penstock.services.apigatewayv2.served import changed, disconnect, forget
from penstock.services.apigatewayv2.sockets.connections import Connections
from penstock.services.apigatewayv2.sockets.selection import is_selection
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_of,
    api_owner,
    bad_request,
    members,
    owner,
    page,
    parts_of,
    save_part,
)
from penstock.web.secure_names import SecureNames
from penstock.wire.model import Json

_OPTIONAL = ("Description", "Version", "CorsConfiguration", "DisableSchemaValidation", "Tags")
_SETTABLE = (
    "ApiKeySelectionExpression", "DisableExecuteApiEndpoint", "IpAddressType", "Name", "RouteSelectionExpression",
)  # fmt: skip
_QUICK = ("CredentialsArn", "RouteKey", "Target")
_KEY_SOURCE = "$request.header.x-api-key"
_ROUTE_SELECTION = "$request.method $request.path"
_BRACED = "${request.method} ${request.path}"


def create_api(ctx: Context, request: Json) -> Json:
    protocol = request["ProtocolType"]
    api_id = str(request.get("Tags", {}).get("_custom_id_") or ids.lower_id(10))
    api = {
        "ApiId": api_id,
        "Name": request["Name"],
        "ProtocolType": protocol,
        "RouteSelectionExpression": _ROUTE_SELECTION if protocol == "HTTP" else "",
        "ApiKeySelectionExpression": request.get("ApiKeySelectionExpression", _KEY_SOURCE),
        "CreatedDate": int(ctx.clock.now()),
        "DisableExecuteApiEndpoint": request.get("DisableExecuteApiEndpoint", False),
        "IpAddressType": request.get("IpAddressType", "ipv4"),
        **members(request, ("RouteSelectionExpression", *_OPTIONAL)),
    }
    _check(api)
    if request.get("Target") and protocol != "HTTP":
        raise bad_request("Quick create is supported for HTTP protocol only")
    save(ctx, api)
    if protocol == "WEBSOCKET":
        ctx.spawn(ctx.kernel.shared(SecureNames).open(ctx.kernel, ctx.region), "names of WebSocket APIs")
    if request.get("Target"):
        _quick_create(ctx, api_id, request)
    return shown(ctx, api)


def _check(api: Json) -> None:
    """Raises BadRequestException."""
    if not api["Name"]:
        raise bad_request("Invalid API name specified")
    _CHECKS[api["ProtocolType"]](api)


def _check_http(api: Json) -> None:
    if api["RouteSelectionExpression"] not in (_ROUTE_SELECTION, _BRACED):
        raise bad_request(f'Route selection expression is currently limited to "{_BRACED}"')
    api["RouteSelectionExpression"] = _ROUTE_SELECTION
    cors = api.get("CorsConfiguration") or {}
    if cors.get("AllowCredentials") and "*" in cors.get("AllowOrigins", ()):
        raise bad_request("allow-credentials is not supported if 'allow-origin' is *")


def _check_websocket(api: Json) -> None:
    if not api["RouteSelectionExpression"] or not is_selection(api["RouteSelectionExpression"]):
        raise bad_request("Invalid routeSelectionExpression")
    if api.get("CorsConfiguration"):
        raise bad_request("Cors is not supported for WEBSOCKET protocolType")


_CHECKS = {"HTTP": _check_http, "WEBSOCKET": _check_websocket}


def save(ctx: Context, api: Json) -> Json:
    DOCUMENTS.put(ctx.store, owner(ctx), "api", api["ApiId"], api)
    forget(ctx, api["ApiId"])
    return api


def shown(ctx: Context, api: Json) -> Json:
    """With its endpoint, in the form that needs no name resolution."""
    endpoint = f"{ctx.config.endpoint}/_aws/execute-api/{api['ApiId']}"
    if api["ProtocolType"] == "WEBSOCKET":
        endpoint = endpoint.replace("http", "ws", 1)
    return {**api, "ApiEndpoint": endpoint, "Tags": api.get("Tags", {})}


def _quick_create(ctx: Context, api_id: str, request: Json) -> None:
    """A target makes an integration, a catch-all route to it and a stage that deploys by itself."""
    where = {"ApiId": api_id}
    integration = integrations.create_integration(ctx, {**where, **_target(request)})
    target = f"integrations/{integration['IntegrationId']}"
    key = request.get("RouteKey", "$default")
    route = routes.create_route(ctx, {**where, "RouteKey": key, "Target": target})
    stage = stages.create_stage(ctx, {**where, "StageName": "$default", "AutoDeploy": True})
    for kind, name, part in (
        ("integration", "IntegrationId", integration),
        ("route", "RouteId", route),
        ("stage", "StageName", stage),
    ):
        save_part(ctx, api_id, kind, part[name], {**part, "ApiGatewayManaged": True})


def _target(request: Json) -> Json:
    """The integration that a target stands for."""
    function = ":lambda:" in request["Target"]
    return {
        "IntegrationType": "AWS_PROXY" if function else "HTTP_PROXY",
        "IntegrationUri": request["Target"],
        "IntegrationMethod": "POST" if function else "ANY",
        "PayloadFormatVersion": "2.0" if function else "1.0",
        **members(request, ("CredentialsArn",)),
    }


def _quick_update(ctx: Context, api_id: str, request: Json) -> None:
    """What quick create has made follows; what somebody else has made does not. Raises BadRequestException."""
    where = {"ApiId": api_id}
    made = {kind: _managed(ctx, where, kind) for kind in ("integration", "route")}
    if made["integration"] is None or made["route"] is None:
        raise bad_request("Target, RouteKey and CredentialsArn can be updated for APIs made by quick create only")
    change = _target(request) if request.get("Target") else members(request, ("CredentialsArn",))
    if change:
        found = {**where, "IntegrationId": made["integration"]["IntegrationId"]}
        integrations.update_integration(ctx, {**found, **change})
    if request.get("RouteKey"):
        found = {**where, "RouteId": made["route"]["RouteId"]}
        routes.update_route(ctx, {**found, "RouteKey": request["RouteKey"]})


def _managed(ctx: Context, where: Json, kind: str) -> Json | None:
    return next((part for part in parts_of(ctx, where, kind) if part.get("ApiGatewayManaged")), None)


def get_api(ctx: Context, request: Json) -> Json:
    return shown(ctx, api_of(ctx, request))


def get_apis(ctx: Context, request: Json) -> Json:
    return page([shown(ctx, api) for api in DOCUMENTS.all(ctx.store, owner(ctx), "api")], request)


def update_api(ctx: Context, request: Json) -> Json:
    api = api_of(ctx, request) | members(request, (*_SETTABLE, *_OPTIONAL))
    _check(api)
    save(ctx, api)
    changed(ctx, api["ApiId"])
    if any(request.get(name) for name in _QUICK):
        _quick_update(ctx, api["ApiId"], request)
    return shown(ctx, api)


def delete_api(ctx: Context, request: Json) -> Json:
    api_id = api_of(ctx, request)["ApiId"]
    DOCUMENTS.delete(ctx.store, owner(ctx), "api", api_id)
    DOCUMENTS.drop(ctx.store, api_owner(ctx, api_id))
    forget(ctx, api_id)
    disconnect(ctx, api_id)
    return {}


def delete_cors_configuration(ctx: Context, request: Json) -> Json:
    api = api_of(ctx, request)
    api.pop("CorsConfiguration", None)
    save(ctx, api)
    changed(ctx, api["ApiId"])
    return {}


def import_api(ctx: Context, request: Json) -> Json:
    spec, warnings = _read(request)
    info = spec.get("info") or {}
    api = create_api(ctx, {"Name": str(info.get("title", "")), "ProtocolType": "HTTP"})
    return _imported(ctx, api["ApiId"], spec, request, warnings)


def reimport_api(ctx: Context, request: Json) -> Json:
    api_id = api_of(ctx, request)["ApiId"]
    spec, warnings = _read(request)
    for kind, name in (("route", "RouteId"), ("integration", "IntegrationId"), ("authorizer", "AuthorizerId")):
        for document in DOCUMENTS.all(ctx.store, api_owner(ctx, api_id), kind):
            DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), kind, document[name])
    return _imported(ctx, api_id, spec, request, warnings)


def _read(request: Json) -> tuple[Json, list[str]]:
    """The document, and what it is warned of. Raises BadRequestException."""
    spec = openapi.parse(request["Body"])
    warnings = openapi.warnings(spec)
    if warnings and request.get("FailOnWarnings"):
        raise bad_request("Warnings found during import:\n\t" + "\n\t".join(warnings))
    return spec, warnings


def _imported(ctx: Context, api_id: str, spec: Json, request: Json, warnings: list[str]) -> Json:
    api = api_of(ctx, {"ApiId": api_id}) | openapi.api_members(spec)
    _check(api)
    save(ctx, api)
    openapi.read_routes(ctx, api_id, spec, openapi.base_of(spec, request.get("Basepath", "ignore")))
    changed(ctx, api_id)
    return {**shown(ctx, api), **({"Warnings": warnings} if warnings else {})}


async def take_up(ctx: Context) -> None:
    """The names of the WebSocket APIs that there are already."""
    for place, api in DOCUMENTS.every(ctx.store, "api"):
        if api["ProtocolType"] == "WEBSOCKET":
            await ctx.kernel.shared(SecureNames).open(ctx.kernel, place.partition(":")[2])


async def leave(ctx: Context) -> None:
    ctx.kernel.shared(Connections).stop()
    ctx.kernel.shared(SecureNames).close()

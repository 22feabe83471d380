"""HTTP APIs: create (also in one step with a target), read, change, delete, import.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
"""

from penstock.base import ids
from penstock.call import Context
from penstock.services.apigatewayv2 import integrations, openapi, routes, stages
from penstock.services.apigatewayv2.served import changed, forget
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    api_of,
    api_owner,
    bad_request,
    members,
    not_implemented,
    owner,
    page,
)
from penstock.wire.model import Json

_OPTIONAL = ("Description", "Version", "CorsConfiguration", "DisableSchemaValidation", "Tags")
_SETTABLE = ("Name", "IpAddressType", "DisableExecuteApiEndpoint", "RouteSelectionExpression")
_KEY_SOURCE = "$request.header.x-api-key"
_ROUTE_SELECTION = "$request.method $request.path"
_BRACED = "${request.method} ${request.path}"


def create_api(ctx: Context, request: Json) -> Json:
    if request["ProtocolType"] != "HTTP":
        raise not_implemented("Penstock does not implement WebSocket APIs.")
    if request.get("RouteSelectionExpression", _ROUTE_SELECTION) not in (_ROUTE_SELECTION, _BRACED):
        raise bad_request(f"Invalid routeSelectionExpression. For HTTP APIs it must be {_BRACED}")
    api_id = str(request.get("Tags", {}).get("_custom_id_") or ids.lower_id(10))
    api = {
        "ApiId": api_id,
        "Name": request["Name"],
        "ProtocolType": "HTTP",
        "RouteSelectionExpression": _ROUTE_SELECTION,
        "ApiKeySelectionExpression": request.get("ApiKeySelectionExpression", _KEY_SOURCE),
        "CreatedDate": int(ctx.clock.now()),
        "DisableExecuteApiEndpoint": request.get("DisableExecuteApiEndpoint", False),
        "IpAddressType": request.get("IpAddressType", "ipv4"),
        **members(request, _OPTIONAL),
    }
    _check_cors(api)
    save(ctx, api)
    if request.get("Target"):
        _quick_create(ctx, api_id, request)
    return shown(ctx, api)


def save(ctx: Context, api: Json) -> Json:
    DOCUMENTS.put(ctx.store, owner(ctx), "api", api["ApiId"], api)
    forget(ctx, api["ApiId"])
    return api


def shown(ctx: Context, api: Json) -> Json:
    """With its endpoint, in the form that needs no name resolution."""
    endpoint = f"{ctx.config.endpoint}/_aws/execute-api/{api['ApiId']}"
    return {**api, "ApiEndpoint": endpoint, "Tags": api.get("Tags", {})}


def _quick_create(ctx: Context, api_id: str, request: Json) -> None:
    """A target makes an integration, a catch-all route to it and a stage that deploys by itself."""
    function = ":lambda:" in request["Target"]
    integration = integrations.create_integration(
        ctx,
        {
            "ApiId": api_id,
            "IntegrationType": "AWS_PROXY" if function else "HTTP_PROXY",
            "IntegrationUri": request["Target"],
            "IntegrationMethod": "POST" if function else "ANY",
            "PayloadFormatVersion": "2.0" if function else "1.0",
            **members(request, ("CredentialsArn",)),
        },
    )
    key = request.get("RouteKey", "$default")
    target = f"integrations/{integration['IntegrationId']}"
    routes.create_route(ctx, {"ApiId": api_id, "RouteKey": key, "Target": target})
    stages.create_stage(ctx, {"ApiId": api_id, "StageName": "$default", "AutoDeploy": True})


def get_api(ctx: Context, request: Json) -> Json:
    return shown(ctx, api_of(ctx, request))


def get_apis(ctx: Context, request: Json) -> Json:
    return page([shown(ctx, api) for api in DOCUMENTS.all(ctx.store, owner(ctx), "api")], request)


def update_api(ctx: Context, request: Json) -> Json:
    api = api_of(ctx, request) | members(request, (*_SETTABLE, *_OPTIONAL))
    _check_cors(api)
    save(ctx, api)
    changed(ctx, api["ApiId"])
    return shown(ctx, api)


def _check_cors(api: Json) -> None:
    cors = api.get("CorsConfiguration") or {}
    if cors.get("AllowCredentials") and "*" in cors.get("AllowOrigins", ()):
        raise bad_request("allowCredentials is not supported when allowOrigin is *.")


def delete_api(ctx: Context, request: Json) -> Json:
    api_id = api_of(ctx, request)["ApiId"]
    DOCUMENTS.delete(ctx.store, owner(ctx), "api", api_id)
    DOCUMENTS.drop(ctx.store, api_owner(ctx, api_id))
    forget(ctx, api_id)
    return {}


def delete_cors_configuration(ctx: Context, request: Json) -> Json:
    api = api_of(ctx, request)
    api.pop("CorsConfiguration", None)
    save(ctx, api)
    changed(ctx, api["ApiId"])
    return {}


def import_api(ctx: Context, request: Json) -> Json:
    spec = openapi.parse(request["Body"])
    info = spec.get("info") or {}
    api = create_api(ctx, {"Name": str(info.get("title", "")), "ProtocolType": "HTTP"})
    return _imported(ctx, api["ApiId"], spec)


def reimport_api(ctx: Context, request: Json) -> Json:
    api_id = api_of(ctx, request)["ApiId"]
    for kind, name in (("route", "RouteId"), ("integration", "IntegrationId"), ("authorizer", "AuthorizerId")):
        for document in DOCUMENTS.all(ctx.store, api_owner(ctx, api_id), kind):
            DOCUMENTS.delete(ctx.store, api_owner(ctx, api_id), kind, document[name])
    return _imported(ctx, api_id, openapi.parse(request["Body"]))


def _imported(ctx: Context, api_id: str, spec: Json) -> Json:
    api = api_of(ctx, {"ApiId": api_id}) | openapi.api_members(spec)
    _check_cors(api)
    save(ctx, api)
    openapi.read_routes(ctx, api_id, spec)
    changed(ctx, api_id)
    return shown(ctx, api)

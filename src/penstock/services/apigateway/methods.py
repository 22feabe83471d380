"""Methods and method responses; they are kept inside their resource.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html; texts as observed.
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, members, method_of, not_found, part, save_part
from penstock.services.apigateway.patch import Member, Patch, Patcher, boolean, mapping, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner
from penstock.wire.model import Json

_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
_OPTIONAL = ("authorizerId", "operationName", "requestParameters", "requestModels", "requestValidatorId")
_NEED_AUTHORIZER = ("CUSTOM", "COGNITO_USER_POOLS")
_AUTHORIZER_TEXT = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid "
    "authorizer."
)


def resource_of(ctx: Context, request: Json) -> Json:
    return part(ctx, request["restApiId"], "resource", request["resourceId"])


def save(ctx: Context, request: Json, resource: Json) -> None:
    save_part(ctx, request["restApiId"], "resource", resource["id"], resource)


def put_method(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    http_method = request["httpMethod"]
    if http_method not in _METHODS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(_METHODS)}")
    method = {
        "httpMethod": http_method,
        "authorizationType": request["authorizationType"].upper(),
        "apiKeyRequired": request.get("apiKeyRequired", False),
        **members(request, (*_OPTIONAL, "authorizationScopes")),
    }
    _check(ctx, request["restApiId"], method)
    if http_method in resource.setdefault("resourceMethods", {}):
        raise AwsError("ConflictException", "Method already exists for this resource")
    resource["resourceMethods"][http_method] = method
    save(ctx, request, resource)
    return method


def _check(ctx: Context, api_id: str, method: Json) -> None:
    names = [name.rpartition(".")[2] for name in method.get("requestParameters", ())]
    if len(set(names)) != len(names):
        raise bad_request("Parameter names must be unique across querystring, header and path")
    if method["authorizationType"] in _NEED_AUTHORIZER and not _has(
        ctx, api_id, "authorizer", method.get("authorizerId")
    ):
        raise bad_request(_AUTHORIZER_TEXT)
    validator = method.get("requestValidatorId")
    if validator and not _has(ctx, api_id, "validator", validator):
        raise bad_request("Invalid Request Validator identifier specified")
    check_models(ctx, api_id, method.get("requestModels", {}).values())


def check_models(ctx: Context, api_id: str, names: Iterable[str]) -> None:
    for name in names:
        if name != "Empty" and not _has(ctx, api_id, "model", name):
            raise bad_request(f"Invalid model identifier specified: {name}")


def _has(ctx: Context, api_id: str, kind: str, id: str | None) -> bool:
    return bool(id) and DOCUMENTS.get(ctx.store, api_owner(ctx, api_id), kind, id or "") is not None


def get_method(ctx: Context, request: Json) -> Json:
    return method_of(resource_of(ctx, request), request["httpMethod"])


def delete_method(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    method_of(resource, request["httpMethod"])
    del resource["resourceMethods"][request["httpMethod"]]
    if not resource["resourceMethods"]:
        del resource["resourceMethods"]
    save(ctx, request, resource)
    return {}


def _scopes(document: Json, patch: Patch) -> None:
    scopes = [scope for scope in document.get("authorizationScopes", ()) if scope != patch.value]
    document["authorizationScopes"] = scopes if patch.op == "remove" else [*scopes, patch.value]


_PATCHER = Patcher(
    {
        "authorizationType": scalar(),
        "authorizerId": scalar(),
        "apiKeyRequired": scalar(boolean),
        "operationName": scalar(),
        "requestValidatorId": scalar(),
        "requestParameters": mapping(boolean),
        "requestModels": mapping(),
        "authorizationScopes": Member(("add", "remove"), _scopes),
    }
)


def update_method(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    method = method_of(resource, request["httpMethod"])
    _PATCHER.apply(method, request.get("patchOperations", ()))
    _check(ctx, request["restApiId"], method)
    if method["authorizationType"] not in _NEED_AUTHORIZER:
        method.pop("authorizerId", None)  # AWS ignores it there
    save(ctx, request, resource)
    return method


# -- method responses --------------------------------------------------------------------------------


def response_of(method: Json, status_code: str) -> Json:
    """Raises NotFoundException."""
    found: Json | None = method.get("methodResponses", {}).get(status_code)
    if found is None:
        raise not_found("Invalid Response status code specified")
    return found


def put_method_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    method = method_of(resource, request["httpMethod"])
    check_models(ctx, request["restApiId"], request.get("responseModels", {}).values())
    status = request["statusCode"]
    response = {"statusCode": status, **members(request, ("responseParameters", "responseModels"))}
    if status in method.setdefault("methodResponses", {}):
        raise AwsError("ConflictException", "Response already exists for this resource")
    method["methodResponses"][status] = response
    save(ctx, request, resource)
    return response


def get_method_response(ctx: Context, request: Json) -> Json:
    return response_of(method_of(resource_of(ctx, request), request["httpMethod"]), request["statusCode"])


def delete_method_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    method = method_of(resource, request["httpMethod"])
    response_of(method, request["statusCode"])
    del method["methodResponses"][request["statusCode"]]
    if not method["methodResponses"]:
        del method["methodResponses"]
    save(ctx, request, resource)
    return {}


_RESPONSE_PATCHER = Patcher(
    {
        "responseParameters": mapping(boolean, missing="Invalid parameter name specified"),
        "responseModels": mapping(missing="Content-Type specified was not found"),
    }
)


def update_method_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    response = response_of(method_of(resource, request["httpMethod"]), request["statusCode"])
    _RESPONSE_PATCHER.apply(response, request.get("patchOperations", ()))
    check_models(ctx, request["restApiId"], response.get("responseModels", {}).values())
    save(ctx, request, resource)
    return response

"""Gateway responses: what the gateway itself answers when a request does not reach its integration.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from collections.abc import Mapping

from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, members, not_found, page, parts, rest_api, save_part
from penstock.services.apigateway.patch import Patcher, mapping, scalar
from penstock.services.apigateway.store import DOCUMENTS, api_owner
from penstock.wire.model import Json

# Response type -> status; DEFAULT_4XX and DEFAULT_5XX leave it as it is.
STATUS: Mapping[str, str] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": "",
    "DEFAULT_5XX": "",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
_SETTABLE = ("statusCode", "responseParameters", "responseTemplates")


def effective(kind: str, custom: Mapping[str, Json]) -> Json:
    """The response of a type: its own, else the one for its class, else AWS's."""
    if kind in custom:
        return custom[kind]
    status = STATUS[kind]
    general = custom.get(f"DEFAULT_{status[:1]}XX") if status else None
    response = {
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": DEFAULT_TEMPLATES,
        "defaultResponse": True,
    }
    if status:
        response["statusCode"] = status
    return response | members(general, _SETTABLE) if general else response


def _custom(ctx: Context, api_id: str) -> dict[str, Json]:
    return {found["responseType"]: found for found in parts(ctx, api_id, "gatewayresponse")}


def put_gateway_response(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return save_part(ctx, request["restApiId"], "gatewayresponse", request["responseType"], build(request))


def build(request: Json) -> Json:
    response = effective(request["responseType"], {}) | members(request, _SETTABLE)
    return {**response, "defaultResponse": False}


def get_gateway_response(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    return effective(request["responseType"], _custom(ctx, request["restApiId"]))


def get_gateway_responses(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    custom = _custom(ctx, request["restApiId"])
    return page([effective(kind, custom) for kind in STATUS], request, limit=len(STATUS))


_UNKNOWN = "Invalid parameter name specified"
_PATCHER = Patcher(
    {
        "statusCode": scalar(),
        "responseParameters": mapping(missing=_UNKNOWN, null="Invalid null or empty value in responseParameters"),
        "responseTemplates": mapping(missing=_UNKNOWN, null="Invalid null or empty value in responseTemplates"),
    }
)


def update_gateway_response(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    kind = request["responseType"]
    response = {**effective(kind, _custom(ctx, request["restApiId"])), "defaultResponse": False}
    response["responseTemplates"] = dict(response["responseTemplates"])
    for operation in request.get("patchOperations", ()):
        if operation.get("path") == "/statusCode" and operation["op"] != "replace":
            raise bad_request("Invalid patch path /statusCode")
        _PATCHER.apply(response, [operation])
    response.setdefault("responseParameters", {})
    return save_part(ctx, request["restApiId"], "gatewayresponse", kind, response)


def delete_gateway_response(ctx: Context, request: Json) -> Json:
    rest_api(ctx, request["restApiId"])
    api_owner_id = api_owner(ctx, request["restApiId"])
    if not DOCUMENTS.delete(ctx.store, api_owner_id, "gatewayresponse", request["responseType"]):
        raise not_found("Gateway response type not defined on api")
    return {}

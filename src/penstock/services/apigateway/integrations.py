"""Integrations and integration responses; they are kept inside their method.

An integration that could not be served here is refused when it is put, not when it is called.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html; texts as observed.
"""

import re

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigateway.lookup import bad_request, integration_of, members, method_of, not_found
from penstock.services.apigateway.methods import resource_of, save
from penstock.services.apigateway.patch import Patcher, boolean, listed, mapping, nested, scalar
from penstock.wire.model import Json

_OPTIONAL = (
    "connectionId", "credentials", "requestParameters", "requestTemplates", "contentHandling", "tlsConfig",
    "responseTransferMode", "integrationTarget",
)  # fmt: skip
_SHORTEST, _TIMEOUT = 50, 29_000  # milliseconds; an account may have a higher quota
_SOURCE = re.compile(
    r"method\.request\.(path|header|querystring|multivaluequerystring|multivalueheader)\.[^\s]+"
    r"|method\.request\.body(\..+)?|context\..+|stageVariables\..+|'.*'"
)
_TARGET = re.compile(r"integration\.request\.(path|header|querystring)\..+")
_FUNCTIONS = "path/2015-03-31/functions/"
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")


def put_integration(ctx: Context, request: Json) -> Json:
    kind = request["type"]
    if kind in ("AWS", "AWS_PROXY"):
        _check_aws(request)
        _check_role(ctx, request)
    elif kind in ("HTTP", "HTTP_PROXY"):
        _check_http(request)
    problem = unsupported(request)
    if problem:
        raise AwsError("NotImplemented", problem, status=501)
    if request.get("timeoutInMillis", _TIMEOUT) < _SHORTEST:
        raise bad_request(f"Timeout should be between {_SHORTEST} ms and {_TIMEOUT} ms")
    resource = resource_of(ctx, request)
    method = method_of(resource, request["httpMethod"])
    _check_parameters(request.get("requestParameters", {}))
    integration = build(request, resource["id"])
    method["methodIntegration"] = integration
    save(ctx, request, resource)
    return integration


def build(request: Json, resource_id: str) -> Json:
    """An integration with AWS's defaults."""
    kind = request["type"]
    integration = {
        "type": kind,
        "passthroughBehavior": request.get("passthroughBehavior", "WHEN_NO_MATCH"),
        "timeoutInMillis": request.get("timeoutInMillis", _TIMEOUT),
        "cacheNamespace": request.get("cacheNamespace", resource_id),
        "cacheKeyParameters": request.get("cacheKeyParameters", []),
        **members(request, _OPTIONAL),
    }
    if kind != "MOCK":
        integration |= {"uri": request.get("uri", ""), "httpMethod": request.get("integrationHttpMethod", "")}
    if kind in ("HTTP", "HTTP_PROXY"):
        integration["connectionType"] = request.get("connectionType", "INTERNET")
    return integration


def unsupported(request: Json) -> str:
    """What of an integration cannot be served here, in one sentence; empty where all of it can."""
    if request.get("responseTransferMode") == "STREAM" and request.get("type") == "AWS_PROXY":
        return "Penstock does not stream the responses of functions (responseTransferMode STREAM)."
    return ""


def _check_aws(request: Json) -> None:
    if not request.get("integrationHttpMethod"):
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    try:
        uri = Arn.parse(request.get("uri", ""))
    except ValueError:
        raise bad_request("Invalid ARN specified in the request") from None
    if not uri.resource.startswith(("path", "action")):
        raise bad_request("AWS ARN for integration must contain path or action")


def _check_role(ctx: Context, request: Json) -> None:
    """Raises AccessDeniedException for the role of another account, BadRequestException where one is missing."""
    role = re.match(r"arn:[\w-]+:iam::(\d+):", request.get("credentials", ""))
    if role is not None and role[1] != ctx.account:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", status=403)
    uri = Arn.parse(request["uri"])
    functions = uri.account == "lambda" and uri.resource.replace("path//", "path/").startswith(_FUNCTIONS)
    if request["type"] == "AWS" and not functions and not request.get("credentials"):
        raise bad_request("Role ARN must be specified for AWS integrations")
    if request["type"] == "AWS_PROXY" and not functions:
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )


def _check_http(request: Json) -> None:
    uri = request.get("uri", "")
    if not request.get("integrationHttpMethod"):
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    if not uri.startswith(("http://", "https://", "${stageVariables.")):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    if request.get("connectionType") == "VPC_LINK" and not request.get("connectionId"):
        raise bad_request("ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK")
    if request.get("responseTransferMode") == "STREAM" and request["type"] != "HTTP_PROXY":
        raise bad_request(f"Integrations of type '{request['type']}' do not support the response transfer mode STREAM.")


def _check_parameters(parameters: Json) -> None:
    for target, source in parameters.items():
        if not _TARGET.fullmatch(target):
            raise bad_request(
                f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
                f"expression specified: {target}]"
            )
        if not _SOURCE.fullmatch(source):
            raise bad_request(
                f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
                f"expression specified: {source}]"
            )


def get_integration(ctx: Context, request: Json) -> Json:
    return integration_of(resource_of(ctx, request), request["httpMethod"])


def delete_integration(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    integration_of(resource, request["httpMethod"])
    del resource["resourceMethods"][request["httpMethod"]]["methodIntegration"]
    save(ctx, request, resource)
    return {}


def _passthrough(text: str) -> str:
    if text not in _PASSTHROUGH:
        raise ValueError(text)
    return text


_PATCHER = Patcher(
    {
        "uri": scalar(),
        "httpMethod": scalar(),
        "credentials": scalar(ops=("add", "replace", "remove")),
        "timeoutInMillis": scalar(int),
        "passthroughBehavior": scalar(_passthrough),
        "contentHandling": scalar(),
        "cacheNamespace": scalar(),
        "connectionType": scalar(),
        "connectionId": scalar(),
        "integrationTarget": scalar(),
        "responseTransferMode": scalar(),
        "tlsConfig": nested({"insecureSkipVerification": boolean}),
        "requestTemplates": mapping(),
        "requestParameters": mapping(),
        "cacheKeyParameters": listed(),
    }
)


def update_integration(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    if request["httpMethod"] not in resource.get("resourceMethods", {}):
        raise not_found("Invalid Integration identifier specified")
    integration = integration_of(resource, request["httpMethod"])
    _PATCHER.apply(integration, request.get("patchOperations", ()))
    _check_parameters(integration.get("requestParameters", {}))
    if problem := unsupported(integration):
        raise AwsError("NotImplemented", problem, status=501)
    save(ctx, request, resource)
    return integration


# -- integration responses ---------------------------------------------------------------------------

_RESPONSE = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
_CONTENT_TYPE = re.compile(r"[^/\s]+/[^/\s]+|\$default")


def put_integration_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    method_of(resource, request["httpMethod"])
    integration = integration_of(resource, request["httpMethod"])
    for content_type in request.get("responseTemplates", ()):
        if not _CONTENT_TYPE.fullmatch(content_type):
            text = f"[Invalid content type specified: {content_type}]"
            raise bad_request(f"Validation Result: warnings : [], errors : {text}")
    _check_declared(resource, request)
    response = {"statusCode": request["statusCode"], **members(request, _RESPONSE)}
    integration.setdefault("integrationResponses", {})[request["statusCode"]] = response
    save(ctx, request, resource)
    return response


def _check_declared(resource: Json, request: Json) -> None:
    """A header that is mapped has to stand in the method response."""
    declared = resource["resourceMethods"][request["httpMethod"]].get("methodResponses", {})
    known = declared.get(request["statusCode"], {}).get("responseParameters", {})
    for target in request.get("responseParameters", ()):
        if target not in known:
            text = f"Invalid mapping expression parameter specified: {target}"
            raise bad_request(
                f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{text}]"
            )


def _integration_response(resource: Json, request: Json) -> Json:
    integration = integration_of(resource, request["httpMethod"])
    found: Json | None = integration.get("integrationResponses", {}).get(request["statusCode"])
    if found is None:
        raise not_found("Invalid Response status code specified")
    return found


def get_integration_response(ctx: Context, request: Json) -> Json:
    return _integration_response(resource_of(ctx, request), request)


def delete_integration_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    if request["httpMethod"] not in resource.get("resourceMethods", {}):
        raise not_found("Invalid Integration identifier specified")
    _integration_response(resource, request)
    integration = integration_of(resource, request["httpMethod"])
    del integration["integrationResponses"][request["statusCode"]]
    if not integration["integrationResponses"]:
        del integration["integrationResponses"]
    save(ctx, request, resource)
    return {}


_RESPONSE_PATCHER = Patcher(
    {
        "selectionPattern": scalar(ops=("add", "replace", "remove")),
        "contentHandling": scalar(ops=("add", "replace", "remove")),
        "responseParameters": mapping(),
        "responseTemplates": mapping(),
    }
)


def update_integration_response(ctx: Context, request: Json) -> Json:
    resource = resource_of(ctx, request)
    response = _integration_response(resource, request)
    _RESPONSE_PATCHER.apply(response, request.get("patchOperations", ()))
    save(ctx, request, resource)
    return response

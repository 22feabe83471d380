"""Integrations. One that could not be served here is refused when it is made, not when it is called.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    bad_request,
    delete_part,
    members,
    not_implemented,
    page,
    part_of,
    parts_of,
    save_part,
)
from penstock.wire.model import Json

_OPTIONAL = (
    "ConnectionId",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "IntegrationUri",
    "RequestParameters",
    "ResponseParameters",
    "TlsConfig",
)
_SETTABLE = ("IntegrationType", "ConnectionType", "PayloadFormatVersion", "TimeoutInMillis", *_OPTIONAL)
_TIMEOUT = 30_000


def create_integration(ctx: Context, request: Json) -> Json:
    parts_of(ctx, request, "integration")
    integration = build(request)
    check(integration)
    save_part(ctx, request["ApiId"], "integration", integration["IntegrationId"], integration)
    changed(ctx, request["ApiId"])
    return integration


def build(request: Json) -> Json:
    """An integration with AWS's defaults."""
    integration = {
        "IntegrationId": ids.lower_id(7),
        "IntegrationType": request["IntegrationType"],
        "ConnectionType": request.get("ConnectionType", "INTERNET"),
        "PayloadFormatVersion": request.get("PayloadFormatVersion", "1.0"),
        "TimeoutInMillis": request.get("TimeoutInMillis", _TIMEOUT),
        **members(request, _OPTIONAL),
    }
    if integration["IntegrationType"] == "AWS_PROXY" and "IntegrationSubtype" not in integration:
        integration.setdefault("IntegrationMethod", "POST")
    return integration


def check(integration: Json) -> None:
    """Raises BadRequestException for what AWS would refuse, NotImplemented for what cannot be served here."""
    if integration["IntegrationType"] not in ("AWS_PROXY", "HTTP_PROXY"):
        raise bad_request("HTTP APIs support integrations of type AWS_PROXY and HTTP_PROXY only")
    if problem := unsupported(integration):
        raise not_implemented(problem)
    if not integration.get("IntegrationUri"):
        raise bad_request("IntegrationUri is required")
    if integration["IntegrationType"] == "HTTP_PROXY" and not integration.get("IntegrationMethod"):
        raise bad_request("HttpMethod must be specified for HTTP_PROXY integrations")
    if integration["PayloadFormatVersion"] not in ("1.0", "2.0"):
        raise bad_request("PayloadFormatVersion must be 1.0 or 2.0")


def unsupported(integration: Json) -> str:
    """What of an integration cannot be served here, in one sentence; empty where all of it can."""
    if integration.get("ConnectionType") == "VPC_LINK":
        return "Penstock does not serve integrations through a VPC link yet."
    if integration.get("IntegrationSubtype"):
        return f"Penstock does not serve integrations of subtype {integration['IntegrationSubtype']}."
    for name in ("RequestParameters", "ResponseParameters"):
        if integration.get(name):
            return f"Penstock does not map parameters of HTTP APIs ({name})."
    return ""


def get_integration(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "integration", request["IntegrationId"])


def get_integrations(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "integration"), request)


def update_integration(ctx: Context, request: Json) -> Json:
    integration = get_integration(ctx, request) | members(request, _SETTABLE)
    check(integration)
    save_part(ctx, request["ApiId"], "integration", integration["IntegrationId"], integration)
    changed(ctx, request["ApiId"])
    return integration


def delete_integration(ctx: Context, request: Json) -> Json:
    integration_id = request["IntegrationId"]
    users = [r for r in parts_of(ctx, request, "route") if r.get("Target") == f"integrations/{integration_id}"]
    if users:
        keys = ", ".join(route["RouteKey"] for route in users)
        raise AwsError("ConflictException", f"Cannot delete Integration {integration_id}: it is used by routes {keys}")
    delete_part(ctx, request, "integration", integration_id)
    changed(ctx, request["ApiId"])
    return {}

"""Integrations. One that could not be served here is refused when it is made, not when it is called.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.integration_rules import LONGEST, check
from penstock.services.apigatewayv2.responses import delete_responses
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import api_of, delete_part, members, page, part_of, parts_of, save_part
from penstock.wire.model import Json

_OPTIONAL = (
    "ConnectionId",
    "ContentHandlingStrategy",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "IntegrationUri",
    "PassthroughBehavior",
    "RequestParameters",
    "RequestTemplates",
    "ResponseParameters",
    "TemplateSelectionExpression",
    "TlsConfig",
)
_MAPPINGS = ("RequestParameters", "ResponseParameters")
_SETTABLE = ("IntegrationType", "ConnectionType", "PayloadFormatVersion", "TimeoutInMillis", *_OPTIONAL)
_SELECTION = "${integration.response.statuscode}"


def create_integration(ctx: Context, request: Json) -> Json:
    protocol = api_of(ctx, request)["ProtocolType"]
    integration = _build(request, protocol)
    check(ctx, integration, protocol)
    save_part(ctx, request["ApiId"], "integration", integration["IntegrationId"], integration)
    changed(ctx, request["ApiId"])
    return integration


def _build(request: Json, protocol: str) -> Json:
    """An integration with AWS's defaults."""
    kind = request["IntegrationType"]
    integration = {
        "IntegrationId": ids.lower_id(7),
        "IntegrationType": kind,
        "ConnectionType": request.get("ConnectionType", "INTERNET"),
        "PayloadFormatVersion": request.get("PayloadFormatVersion", "1.0"),
        "TimeoutInMillis": request.get("TimeoutInMillis", LONGEST[protocol]),
        **members(request, _OPTIONAL),
    }
    if kind == "AWS_PROXY" and "IntegrationSubtype" not in integration:
        integration.setdefault("IntegrationMethod", "POST")
    if protocol == "WEBSOCKET":
        integration["IntegrationResponseSelectionExpression"] = _SELECTION
        integration.setdefault("PassthroughBehavior", "WHEN_NO_MATCH")
    return integration


def get_integration(ctx: Context, request: Json) -> Json:
    return part_of(ctx, request, "integration", request["IntegrationId"])


def get_integrations(ctx: Context, request: Json) -> Json:
    return page(parts_of(ctx, request, "integration"), request)


def update_integration(ctx: Context, request: Json) -> Json:
    integration = get_integration(ctx, request)
    merged = {
        name: _merged(integration.get(name), request[name]) for name in _MAPPINGS if request.get(name) is not None
    }
    integration |= members(request, _SETTABLE) | merged
    check(ctx, integration, api_of(ctx, request)["ProtocolType"])
    save_part(ctx, request["ApiId"], "integration", integration["IntegrationId"], integration)
    changed(ctx, request["ApiId"])
    return integration


def _merged(old: Json | None, given: Json) -> Json:
    """A mapping that is given as nothing is taken away; what is not mentioned stays."""
    return {key: value for key, value in {**(old or {}), **given}.items() if value}


def delete_integration(ctx: Context, request: Json) -> Json:
    integration_id = request["IntegrationId"]
    users = [r for r in parts_of(ctx, request, "route") if r.get("Target") == f"integrations/{integration_id}"]
    if users:
        keys = ", ".join(route["RouteKey"] for route in users)
        raise AwsError("ConflictException", f"Cannot delete Integration {integration_id}: it is used by routes {keys}")
    delete_part(ctx, request, "integration", integration_id)
    delete_responses(ctx, request["ApiId"], "integrationresponse", integration_id)
    changed(ctx, request["ApiId"])
    return {}

"""Integrations. One that could not be served here is refused when it is made, not when it is called.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

import re

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.apigatewayv2.parameters import Invalid, request_rules, response_rules
from penstock.services.apigatewayv2.served import changed
from penstock.services.apigatewayv2.store import (
    DOCUMENTS,
    bad_request,
    delete_part,
    members,
    not_implemented,
    owner,
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
_MAPPINGS = ("RequestParameters", "ResponseParameters")
_SETTABLE = ("IntegrationType", "ConnectionType", "PayloadFormatVersion", "TimeoutInMillis", *_OPTIONAL)
_SHORTEST, _TIMEOUT = 50, 30_000  # milliseconds
_PRIVATE = re.compile(
    r"arn:[\w-]+:(elasticloadbalancing:[\w-]+:\d+:listener/(app|net)/.+|servicediscovery:[\w-]+:\d+:service/.+)"
)


def create_integration(ctx: Context, request: Json) -> Json:
    parts_of(ctx, request, "integration")
    integration = build(request)
    check(ctx, integration)
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


def check(ctx: Context, integration: Json) -> None:
    """Raises BadRequestException for what AWS would refuse, NotImplemented for what cannot be served here."""
    kind = integration["IntegrationType"]
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise bad_request("HTTP APIs support integrations of type AWS_PROXY and HTTP_PROXY only")
    if problem := unsupported(integration):
        raise not_implemented(problem)
    if integration["ConnectionType"] == "VPC_LINK":
        _check_private(ctx, integration)
    if not integration.get("IntegrationUri"):
        raise bad_request("IntegrationUri is required")
    if kind == "HTTP_PROXY" and not integration.get("IntegrationMethod"):
        raise bad_request("HttpMethod must be specified for HTTP_PROXY integrations")
    version = integration["PayloadFormatVersion"]
    if version not in ("1.0", "2.0"):
        raise bad_request(f"Unsupported PayloadFormatVersion: {version}")
    if kind == "HTTP_PROXY" and version != "1.0":
        raise bad_request(f"PayloadFormatVersion {version} is not supported for integration of type {kind}")
    if not _SHORTEST <= integration["TimeoutInMillis"] <= _TIMEOUT:
        raise bad_request(f"Timeout should be between {_SHORTEST} ms and {_TIMEOUT} ms")
    _check_parameters(integration)


def _check_private(ctx: Context, integration: Json) -> None:
    link = integration.get("ConnectionId")
    if not link:
        raise bad_request("ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK")
    if DOCUMENTS.get(ctx.store, owner(ctx), "vpclink", link) is None:
        raise bad_request(f"Invalid VpcLink identifier specified {link}")
    if integration["IntegrationType"] != "HTTP_PROXY" or not _PRIVATE.fullmatch(integration.get("IntegrationUri", "")):
        raise bad_request(
            "For VpcLink VPC_LINK, integration uri should be a valid ELB listener ARN or a valid Cloud Map service ARN."
        )


def _check_parameters(integration: Json) -> None:
    try:
        request_rules(integration.get("RequestParameters") or {})
        response_rules(integration.get("ResponseParameters") or {})
    except Invalid as error:
        raise bad_request(str(error)) from None


def unsupported(integration: Json) -> str:
    """What of an integration cannot be served here, in one sentence; empty where all of it can."""
    if integration.get("IntegrationSubtype"):
        return f"Penstock does not serve integrations of subtype {integration['IntegrationSubtype']}."
    return ""


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
    check(ctx, integration)
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
    changed(ctx, request["ApiId"])
    return {}

"""What an integration may be: AWS's rules, by protocol, and what of them cannot be served here.

Sources: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html; texts as observed.
"""

import re

from penstock.call import Context
from penstock.services.apigatewayv2.http.parameters import Invalid, request_rules, response_rules
from penstock.services.apigatewayv2.http.service_calls import check_call, unserved
from penstock.services.apigatewayv2.sockets.selection import is_selection
from penstock.services.apigatewayv2.store import DOCUMENTS, bad_request, not_implemented, owner
from penstock.wire.model import Json

LONGEST = {"HTTP": 30_000, "WEBSOCKET": 29_000}  # milliseconds
_SHORTEST = 50
_PRIVATE = re.compile(
    r"arn:[\w-]+:(elasticloadbalancing:[\w-]+:\d+:listener/(app|net)/.+|servicediscovery:[\w-]+:\d+:service/.+)"
)
_TEMPLATES = ("PassthroughBehavior", "RequestTemplates", "TemplateSelectionExpression", "ContentHandlingStrategy")


def check(ctx: Context, integration: Json, protocol: str) -> None:
    """Raises BadRequestException for what AWS would refuse, NotImplemented for what cannot be served here."""
    _PROTOCOLS[protocol](ctx, integration)
    longest = LONGEST[protocol]
    if not _SHORTEST <= integration["TimeoutInMillis"] <= longest:
        raise bad_request(f"Timeout should be between {_SHORTEST} ms and {longest} ms")


def unsupported(integration: Json) -> str:
    """What of an integration cannot be served here, in one sentence; empty where all of it can."""
    subtype = integration.get("IntegrationSubtype")
    return unserved(subtype) if isinstance(subtype, str) else ""


# -- HTTP --------------------------------------------------------------------------------------------


def _check_http(ctx: Context, integration: Json) -> None:
    kind, version = integration["IntegrationType"], integration["PayloadFormatVersion"]
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise bad_request("HTTP APIs support integrations of type AWS_PROXY and HTTP_PROXY only")
    if integration.get("IntegrationSubtype"):
        _check_subtype(integration)
        return
    if integration["ConnectionType"] == "VPC_LINK":
        _check_private(ctx, integration)
    if not integration.get("IntegrationUri"):
        raise bad_request("IntegrationUri is required")
    if kind == "HTTP_PROXY" and not integration.get("IntegrationMethod"):
        raise bad_request("HttpMethod parameter method must be specified for integrationType HTTPPROXY")
    if version not in ("1.0", "2.0"):
        raise bad_request(f"Unsupported PayloadFormatVersion: {version}")
    if kind == "HTTP_PROXY" and version != "1.0":
        raise bad_request(f"PayloadFormatVersion {version} is not supported for integration of type {kind}")
    for name in _TEMPLATES:
        if integration.get(name):
            raise bad_request(f"{name} is supported for WEBSOCKET protocol only")
    _check_parameters(integration)


def _check_subtype(integration: Json) -> None:
    subtype = integration["IntegrationSubtype"]
    if integration["IntegrationType"] != "AWS_PROXY" or integration["PayloadFormatVersion"] != "1.0":
        raise bad_request(f"Operation: {subtype} is not supported.")
    check_call(subtype, integration)
    if problem := unserved(subtype):
        raise not_implemented(problem)
    _check_responses(integration)


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
    except Invalid as error:
        raise bad_request(str(error)) from None
    _check_responses(integration)


def _check_responses(integration: Json) -> None:
    try:
        response_rules(integration.get("ResponseParameters") or {})
    except Invalid as error:
        raise bad_request(str(error)) from None


# -- WebSocket ---------------------------------------------------------------------------------------


def _check_websocket(ctx: Context, integration: Json) -> None:
    kind, version = integration["IntegrationType"], integration["PayloadFormatVersion"]
    if integration.get("IntegrationSubtype"):
        raise bad_request("IntegrationSubtype is supported for HTTP protocol only")
    if version != "1.0":
        raise bad_request(f"Unsupported PayloadFormatVersion: {version}")
    if integration["ConnectionType"] == "VPC_LINK":
        raise not_implemented("Penstock does not serve private integrations of WebSocket APIs.")
    if kind != "MOCK" and not integration.get("IntegrationUri"):
        raise bad_request("IntegrationUri is required")
    if kind in ("HTTP", "HTTP_PROXY", "AWS") and not integration.get("IntegrationMethod"):
        raise bad_request(f"HttpMethod parameter method must be specified for integrationType {kind.replace('_', '')}")
    expression = integration.get("TemplateSelectionExpression")
    if expression and not is_selection(expression):
        raise bad_request(f"Invalid templateSelectionExpression specified: {expression}")


_PROTOCOLS = {"HTTP": _check_http, "WEBSOCKET": _check_websocket}

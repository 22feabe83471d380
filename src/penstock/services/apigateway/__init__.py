"""Amazon API Gateway, REST APIs (v1). Source: https://docs.aws.amazon.com/apigateway/latest/api/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service, TagListing
from penstock.services.apigateway import (
    account,
    authorizers,
    client_certificates,
    deployments,
    documentation,
    domain_names,
    gateway_responses,
    integrations,
    keys,
    methods,
    model_template,
    models,
    resources,
    rest_apis,
    stages,
    store,
    tree,
    trial,
    usage_plans,
    vpc_links,
)
from penstock.services.apigateway.deployed import Deployed
from penstock.services.apigateway.openapi import export
from penstock.services.apigateway.serving import domains
from penstock.web.gateways import api_management
from penstock.wire.constraints import Faults, summary
from penstock.wire.model import Json, OperationModel

# AWS lists these values in an order of its own.
_ENUMS = {
    "Op": ["add", "remove", "move", "test", "replace", "copy"],
    "EndpointType": ["PRIVATE", "EDGE", "REGIONAL"],
    "IntegrationType": ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"],
    "DocumentationPartType": [
        "RESPONSE_BODY", "RESPONSE", "METHOD", "MODEL", "AUTHORIZER", "RESPONSE_HEADER", "RESOURCE", "PATH_PARAMETER",
        "REQUEST_BODY", "QUERY_PARAMETER", "API", "REQUEST_HEADER",
    ],
    "GatewayResponseType": [
        "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "AUTHORIZER_CONFIGURATION_ERROR", "MISSING_AUTHENTICATION_TOKEN",
        "BAD_REQUEST_BODY", "INVALID_SIGNATURE", "INVALID_API_KEY", "BAD_REQUEST_PARAMETERS", "AUTHORIZER_FAILURE",
        "UNAUTHORIZED", "INTEGRATION_TIMEOUT", "ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX", "WAF_FILTERED",
        "QUOTA_EXCEEDED", "THROTTLED", "API_CONFIGURATION_ERROR", "UNSUPPORTED_MEDIA_TYPE", "INTEGRATION_FAILURE",
        "EXPIRED_TOKEN",
    ],
}  # fmt: skip


def _refuse(model: OperationModel, faults: Faults) -> AwsError:
    """Members of the body are named below the operation's input, and come before those of the path."""
    members = model.service.shapes[model.input or ""].get("members", {})
    body = f"{model.name[:1].lower()}{model.name[1:]}Input."

    def outside(path: str) -> bool:
        return "location" in members.get(path.split(".", 1)[0], {})

    for fault in faults:
        fault.path = fault.path if outside(fault.path) else body + fault.path
    ordered = sorted(faults, key=lambda fault: not fault.path.startswith(body))
    return AwsError("ValidationException", summary(ordered), status=400)


def _resource(ctx: Context, operation: str, request: Json) -> str:
    return api_management.resource(ctx, "apigateway", operation, request)


SERVICE = Service(
    name="apigateway",
    operations=(
        account,
        authorizers,
        client_certificates,
        deployments,
        documentation,
        domain_names,
        export,
        gateway_responses,
        integrations,
        keys,
        methods,
        model_template,
        models,
        rest_apis,
        stages,
        tree,
        trial,
        usage_plans,
        vpc_links,
    ),
    schema=store.SCHEMA,
    resource=_resource,
    tags=TagListing("GetTags", "resourceArn", "tags"),
    actions=api_management.action,
    resources=resources.TABLE,
    # The mode of an import is checked by hand: it has a text of its own.
    patches={name: {"enum": values} for name, values in (_ENUMS | {"PutMode": None}).items()},
    refuse=_refuse,
    state=Deployed,
    places={"execute-api": lambda kernel: kernel.states["apigateway"].serve, "custom-domain": domains.place},
)

"""Amazon API Gateway, HTTP and WebSocket APIs (v2). Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services.apigatewayv2 import (
    apis,
    authorizers,
    domains,
    export,
    integrations,
    models,
    resources,
    responses,
    routes,
    stages,
    store,
    tags,
    vpc_links,
)
from penstock.services.apigatewayv2.served import Served
from penstock.services.apigatewayv2.sockets import management
from penstock.web.gateways import api_management
from penstock.wire.constraints import Faults, summary
from penstock.wire.model import Json, OperationModel


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """A protocol that is none has words of its own."""
    if any(fault.path == "protocolType" and fault.kind == "enum" for fault in faults):
        return store.bad_request("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    return store.bad_request(summary(faults))


def _resource(ctx: Context, operation: str, request: Json) -> str:
    return api_management.resource(ctx, "apigatewayv2", operation, request)


SERVICE = Service(
    name="apigatewayv2",
    signing_name="apigateway",
    operations=(apis, authorizers, domains, export, integrations, models, responses, routes, stages, tags, vpc_links),
    schema=store.SCHEMA,
    resource=_resource,
    actions=api_management.action,
    resources=resources.TABLE,
    # Time-outs and times to live have messages of their own; CloudFormation makes authorizers without an identity.
    patches={
        "IntegerWithLengthBetween50And30000": {"min": -(2**31), "max": 2**31 - 1},
        "IntegerWithLengthBetween0And3600": {"min": -(2**31), "max": 2**31 - 1},
        "CreateAuthorizerRequest": {"required": ["ApiId", "AuthorizerType", "Name"]},
    },
    refuse=_refuse,
    state=Served,
    start=apis.take_up,
    stop=apis.leave,
    places={"execute-api": lambda kernel: kernel.states["apigatewayv2"].serve},
)


def _refuse_message(operation: OperationModel, faults: Faults) -> AwsError:
    if any(fault.path.lower() == "data" for fault in faults):
        return AwsError("PayloadTooLargeException", "Message too long")
    return AwsError("BadRequestException", summary(faults), status=400)


# A service of its own in botocore and in signatures; the connections are those of the APIs here.
MANAGEMENT = Service(
    name="apigatewaymanagementapi",
    signing_name="execute-api",
    operations=(management,),
    refuse=_refuse_message,
    resource=management.resource,
    actions=dict.fromkeys(("PostToConnection", "GetConnection", "DeleteConnection"), "execute-api:ManageConnections"),
)

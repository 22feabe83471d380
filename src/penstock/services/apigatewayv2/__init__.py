"""Amazon API Gateway, HTTP APIs (v2). Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"""

from penstock.base.errors import AwsError
from penstock.call import Service
from penstock.services.apigatewayv2 import (
    apis,
    authorizers,
    integrations,
    resources,
    routes,
    stages,
    store,
    tags,
    vpc_links,
)
from penstock.services.apigatewayv2.served import Served
from penstock.wire.constraints import Faults, summary
from penstock.wire.model import OperationModel


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """A protocol that is none has words of its own."""
    if any(fault.path == "protocolType" and fault.kind == "enum" for fault in faults):
        return store.bad_request("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    return store.bad_request(summary(faults))


SERVICE = Service(
    name="apigatewayv2",
    signing_name="apigateway",
    operations=(apis, authorizers, integrations, routes, stages, tags, vpc_links),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    # An integration's time-out has a message of its own, in `integrations`.
    patches={"IntegerWithLengthBetween50And30000": {"min": -(2**31), "max": 2**31 - 1}},
    refuse=_refuse,
    state=Served,
    places={"execute-api": lambda kernel: kernel.states["apigatewayv2"].serve},
)

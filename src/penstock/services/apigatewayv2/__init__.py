"""Amazon API Gateway, HTTP APIs (v2). Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"""

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

SERVICE = Service(
    name="apigatewayv2",
    signing_name="apigateway",
    operations=(apis, authorizers, integrations, routes, stages, tags, vpc_links),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    # An integration's time-out has a message of its own, in `integrations`.
    patches={"IntegerWithLengthBetween50And30000": {"min": -(2**31), "max": 2**31 - 1}},
    validation_code="BadRequestException",
    state=Served,
    places={"execute-api": lambda kernel: kernel.states["apigatewayv2"].serve},
)

"""A public HTTP API in front of one function."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from penstock_constructs.public_http_api import PublicHttpApi


class HttpService(PublicHttpApi):
    """`routes` are written `GET /tasks/{id}`. What is not among them is answered 404 without waking the function.

    Its URL has no stage in it. `options` go to PublicHttpApi.
    """

    def __init__(
        self, scope: Construct, id: str, *, function: lambda_.IFunction, routes: Sequence[str], **options: Any
    ) -> None:
        super().__init__(scope, id, **{"stage_name": "$default"} | options)
        # One permission for the API, not one for each of its routes.
        integration = integrations.HttpLambdaIntegration("Function", function, scope_permission_to_route=False)
        for route in routes:
            method, path = route.split()
            self.add(path, apigatewayv2.HttpMethod[method], integration)

"""A public REST API in front of one function."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from penstock_constructs.public_rest_api import PublicRestApi


class RestService(PublicRestApi):
    """`routes` are written `GET /product/{id}`. What is not among them is answered 404 without waking the function.

    `options` go to PublicRestApi.
    """

    def __init__(
        self, scope: Construct, id: str, *, function: lambda_.IFunction, routes: Sequence[str], **options: Any
    ) -> None:
        super().__init__(scope, id, **options)
        # One permission for the API, not two for each of its methods.
        integration = apigateway.LambdaIntegration(function, scope_permission_to_method=False)
        for route in routes:
            method, path = route.split()
            self.api.root.resource_for_path(path).add_method(method, integration)

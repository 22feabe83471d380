"""Who may call a route of an HTTP API: whoever signed, or whoever its authorizer lets through.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

from importlib import import_module

from penstock.services.apigatewayv2.http.exchange import Authorise, HttpExchange
from penstock.services.apigatewayv2.http.lambda_authorizer import LambdaAuthorizer
from penstock.services.apigatewayv2.signatures import permit, signer
from penstock.wire.model import Json


async def signed(exchange: HttpExchange) -> None:
    """Lets in whoever signed the request, if IAM allows it. Raises Denied."""
    found = signer(exchange.ctx.kernel, exchange.request, exchange.stage.account)
    exchange.authorizer = {"iam": found}
    permit(exchange.ctx, found["accessKey"], exchange.route_arn())


def compile_authorizer(settings: Json) -> Authorise:
    if settings["AuthorizerType"] == "REQUEST":
        return LambdaAuthorizer(settings).authorise
    # The libraries behind it take 10 MB and a tenth of a second: loaded by the first API that has such an authorizer.
    module = import_module("penstock.services.apigatewayv2.http.jwt_authorizer")
    authorise: Authorise = module.JwtAuthorizer(settings).authorise
    return authorise

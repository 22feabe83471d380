"""IAM authorization of HTTP APIs: the request has to be signed, and whose key it is becomes known. Nothing is denied.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
"""

from penstock.services.apigatewayv2.authorization import Denied
from penstock.services.apigatewayv2.exchange import HttpExchange

_SIGNATURE = "AWS4-HMAC-SHA256 Credential="


async def authorise(exchange: HttpExchange) -> None:
    """Lets the exchange through, or raises Denied."""
    header = exchange.request.headers.get("authorization", "")
    if not header.startswith(_SIGNATURE):
        raise Denied(403, "Forbidden", "missing: signature not provided")
    key = header.removeprefix(_SIGNATURE).partition("/")[0]
    principal = exchange.ctx.kernel.principals.get(key)
    account = principal.account if principal else exchange.stage.account
    user_id = principal.user_id if principal else account
    exchange.authorizer = {
        "iam": {
            "accessKey": key,
            "accountId": account,
            "callerId": user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": principal.arn if principal else f"arn:aws:iam::{account}:root",
            "userId": user_id,
        }
    }

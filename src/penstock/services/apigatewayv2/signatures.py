"""IAM authorization: the request has to be signed, and whose key it is becomes known.

Where IAM is enforced, they have to be allowed to invoke the route.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.iam.principal import Principal
from penstock.services.apigatewayv2.authorization import Denied
from penstock.wire.message import Request
from penstock.wire.model import Json

_SIGNATURE = "AWS4-HMAC-SHA256 Credential="


def permit(ctx: Context, access_key: str, route_arn: str) -> None:
    """Asks IAM whether whose key this is may invoke the route. Raises Denied."""
    principal = ctx.kernel.principals.get(access_key) or Principal.root(ctx.account)
    try:
        ctx.at(principal=principal).ask("execute-api:Invoke", route_arn)
    except AwsError as error:
        raise Denied(403, "Forbidden", error.message) from None


def signer(kernel: Kernel, request: Request, account: str) -> Json:
    """Who signed a request, in its header or in its query (a presigned URL). Raises Denied."""
    key = _credential(request).partition("/")[0]
    if not key:
        raise Denied(403, "Forbidden", "missing: signature not provided")
    principal = kernel.principals.get(key)
    account = principal.account if principal else account
    user_id = principal.user_id if principal else account
    return {
        "accessKey": key,
        "accountId": account,
        "callerId": user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": principal.arn if principal else f"arn:aws:iam::{account}:root",
        "userId": user_id,
    }


def _credential(request: Request) -> str:
    header = request.headers.get("authorization", "")
    if header.startswith(_SIGNATURE):
        return header.removeprefix(_SIGNATURE).partition(",")[0] if "Signature=" in header else ""
    query = dict(request.query)
    return query.get("X-Amz-Credential", "") if "X-Amz-Signature" in query else ""

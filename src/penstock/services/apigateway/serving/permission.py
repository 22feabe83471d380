"""May the caller of a method invoke it? IAM authorization and the API's resource policy, where IAM is enforced.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import re

from penstock.base.errors import AwsError
from penstock.iam.principal import Principal
from penstock.services.apigateway.serving.exchange import RestExchange
from penstock.services.apigateway.serving.refusal import Refusal

_SIGNATURE = "AWS4-HMAC-SHA256 Credential="
_ACTION = "execute-api:Invoke"
# Of the account in the method's ARN, API Gateway shows the last four digits.
_ACCOUNT = re.compile(r"(execute-api:[^:]*:)\d{8}(?=\d{4}:)")


class Permission:
    """What one stage asks IAM. `policy` is the API's own, as it was deployed."""

    def __init__(self, policy: str, api_arn: str) -> None:
        self._policy = policy.replace('"execute-api:/', f'"{api_arn}/')

    def check(self, exchange: RestExchange, signed: bool) -> None:
        """Raises Refusal: `signed` methods are for who signs, all others for whom the API's policy lets in."""
        caller = _signer(exchange) if signed else None
        if signed and caller is None:
            raise Refusal("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        if exchange.ctx.kernel.authorise is None or not (signed or self._policy):
            return
        asking = exchange.ctx.at(principal=caller or Principal.unsigned(exchange.stage.account))
        try:
            asking.ask(_ACTION, exchange.method_arn(), self._policy)
        except AwsError as error:
            raise Refusal("ACCESS_DENIED", _ACCOUNT.sub(r"\1********", error.message)) from None


def _signer(exchange: RestExchange) -> Principal | None:
    """Whoever signed the request; whose key it is becomes part of the identity."""
    header = exchange.header("authorization") or ""
    if not header.startswith(_SIGNATURE):
        return None
    key = header.removeprefix(_SIGNATURE).partition("/")[0]
    principal = exchange.ctx.kernel.principals.get(key) or Principal.root(exchange.stage.account)
    user = principal.user_id
    identity = {"accessKey": key, "accountId": principal.account, "caller": user, "user": user}
    exchange.identity |= {**identity, "userArn": principal.arn}
    return principal

"""What IAM is asked about: the role that is to be assumed, whose trust policy has to agree.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from urllib.parse import unquote

from penstock.base.arn import account_of
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.wire.model import Json

_KEYS = {
    "sts:ExternalId": "ExternalId",
    "sts:RoleSessionName": "RoleSessionName",
    "sts:SourceIdentity": "SourceIdentity",
    "sts:TransitiveTagKeys": "TransitiveTagKeys",
}


def resource(ctx: Context, operation: str, request: Json) -> str:
    arn: str = request.get("RoleArn", "*")
    return arn


def policy(ctx: Context, arn: str) -> str | None:
    """The trust policy of a role."""
    if ":role/" not in arn:
        return None
    there = ctx.as_service("sts.amazonaws.com").at(account=account_of(arn))
    try:
        role = there.call_now("iam", "GetRole", {"RoleName": arn.rpartition("/")[2]})["Role"]
    except AwsError:
        return None
    return unquote(role["AssumeRolePolicyDocument"])


def keys(ctx: Context, operation: str, request: Json) -> dict[str, str | list[str]]:
    return {key: request[member] for key, member in _KEYS.items() if request.get(member)}

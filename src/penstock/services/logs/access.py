"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from penstock.call import Context
from penstock.services.logs import groups
from penstock.wire.model import Json


def resource(ctx: Context, operation: str, request: Json) -> str:
    name = request.get("logGroupName") or request.get("logGroupIdentifier") or request.get("resourceArn")
    if not isinstance(name, str):
        return "*"
    group_arn = name.removesuffix(":*") if name.startswith("arn:") else groups.arn_of(ctx, name)
    stream = request.get("logStreamName")
    return f"{group_arn}:log-stream:{stream}" if stream else group_arn

"""What IAM is asked about: the topic, or what else a request names."""

from penstock.base.arn import arn
from penstock.call import Context
from penstock.wire.model import Json

ACTIONS = {"PublishBatch": "sns:Publish"}


def resource(ctx: Context, operation: str, request: Json) -> str:
    """The ARN of the topic that a request is about, whether or not there is one."""
    if operation == "CreateTopic":
        return arn("sns", ctx.region, ctx.account, request["Name"])
    found: str | None = next(
        (request[name] for name in ("TopicArn", "TargetArn", "ResourceArn") if request.get(name)), None
    )
    return found or str(request.get("SubscriptionArn", "*")).rpartition(":")[0] or "*"

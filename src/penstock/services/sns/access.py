"""What IAM is asked about: the topic, or what else a request names, and the topic's policy.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.sns.state import state
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


def policy(ctx: Context, topic_arn: str) -> str | None:
    topic = state(ctx).topics.get(topic_arn)
    return topic.attributes.get("Policy") if topic is not None else None


def keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    members = {"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"}
    return {key: str(request[member]) for key, member in members.items() if request.get(member)}

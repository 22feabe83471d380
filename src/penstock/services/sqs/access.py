"""What IAM is asked about: the queue's ARN, its policy, and the action of which a batch is many."""

from collections.abc import Iterable

from penstock.base.arn import arn
from penstock.call import Context, Question
from penstock.services.sqs.state import state
from penstock.wire.model import Json

ACTIONS = {
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "DeleteMessageBatch": "sqs:DeleteMessage",
    "SendMessageBatch": "sqs:SendMessage",
}


def resource(ctx: Context, operation: str, request: Json) -> str:
    """The ARN of the queue that a request names, whether or not there is one."""
    if "SourceArn" in request:
        return str(request["SourceArn"])
    account, _, name = request.get("QueueUrl", "").rpartition("/")
    account = account.rpartition("/")[2] or request.get("QueueOwnerAWSAccountId") or ctx.account
    name = name or request.get("QueueName", "")
    return arn("sqs", ctx.region, account, name) if name else "*"


def policy(ctx: Context, queue_arn: str) -> str | None:
    parts = queue_arn.split(":", 5)
    queue = state(ctx).queues.get((parts[4], parts[3], parts[5])) if len(parts) == 6 else None
    return queue.attributes.get("Policy") if queue is not None else None


_MOVING = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def moved(ctx: Context, request: Json) -> Iterable[Question]:
    """Who moves messages takes them from one queue and sends them to another.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    for action in _MOVING:
        yield Question(f"sqs:{action}", request["SourceArn"])
    if "DestinationArn" in request:
        yield Question("sqs:SendMessage", request["DestinationArn"])

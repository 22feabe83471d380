"""Which queue may be the dead-letter queue of which.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

import orjson

from penstock.call import Context
from penstock.services.sqs.attributes import Attributes
from penstock.services.sqs.errors import invalid_value
from penstock.services.sqs.state import state


def check_redrive(ctx: Context, source_arn: str, given: Attributes) -> None:
    """Refuses a well-formed redrive policy whose target is missing, of another type, or does not allow this source."""
    policy = given.get("RedrivePolicy", "")
    target_arn: str = orjson.loads(policy or "{}").get("deadLetterTargetArn", "")
    if not target_arn:
        return
    if target_arn.split(":")[2] != "sqs":
        reason = "Only SQS queues are valid resources for deadLetterTargetArn"
        raise invalid_value("RedrivePolicy", policy, reason)
    target = state(ctx).by_arn(target_arn)
    if target is None:
        raise invalid_value("RedrivePolicy", policy, "Dead letter target does not exist")
    if target.fifo != source_arn.endswith(".fifo"):
        raise invalid_value("RedrivePolicy", policy, "Dead-letter queue must be same type of queue as the source")
    if not _allows(target.attributes.get("RedriveAllowPolicy", "{}"), source_arn):
        reason = f"Queue {source_arn} is not allowed to use {target_arn} as its dead-letter queue"
        raise invalid_value("RedrivePolicy", policy, reason)


def _allows(policy: str, source_arn: str) -> bool:
    allow = orjson.loads(policy)
    permission = allow.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in allow["sourceQueueArns"])

"""Amazon SQS.

Where AWS leaves room, this is what it does here: a standard queue delivers each message once per visibility timeout,
the oldest first; counts are exact; attributes and deletions take effect at once. A queue's name can be used again as
soon as the queue is deleted (AWS makes callers wait 60 seconds). `MessageGroupId` in a standard queue is kept and
returned; there is no noisy neighbour to be fair to.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

from functools import partial

from penstock.call import Context, Service, TagListing
from penstock.services.sqs import (
    access,
    errors,
    levels,
    model,
    move_tasks,
    permissions,
    queue_attributes,
    queues,
    receipts,
    receiving,
    resources,
    sending,
    store,
)
from penstock.services.sqs.state import State


async def _start(ctx: Context) -> None:
    await queues.start(ctx)
    await move_tasks.start(ctx)


SERVICE = Service(
    name="sqs",
    operations=(queues, queue_attributes, permissions, sending, receiving, receipts, move_tasks),
    schema=store.SCHEMA,
    patches=model.PATCHES,
    query_codes=errors.QUERY_CODES,
    query_texts=errors.QUERY_TEXTS,
    query_path="QueueUrl",
    refuse=errors.refuse,
    resource=access.resource,
    tags=TagListing("ListQueueTags", "QueueUrl", named=lambda arn: f"/{arn.account}/{arn.resource}"),
    actions=access.ACTIONS,
    questions={"StartMessageMoveTask": access.moved},
    policy=access.policy,
    denied="AccessDenied",
    resources=resources.TABLE,
    state=partial(State, look=levels.look),
    start=_start,
)

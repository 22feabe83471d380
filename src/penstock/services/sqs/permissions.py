"""Permissions: statements of a queue's policy, by label.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
"""

from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sqs.attributes import Attributes
from penstock.services.sqs.errors import invalid_value, missing
from penstock.services.sqs.queue_attributes import update
from penstock.services.sqs.state import Queue, queue_at
from penstock.wire.model import Json

MAX_ACTIONS = 7
GRANTABLE = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)
OWNER_ONLY = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)


def add_permission(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    label, actions, accounts = request["Label"], request["Actions"], request["AWSAccountIds"]
    _check(actions, accounts)
    policy = _policy(queue)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid_value("Label", label, "Already exists")
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": queue.arn,
    }
    _store(ctx, queue, policy, [*policy["Statement"], statement])
    return {}


def remove_permission(ctx: Context, request: Json) -> Json:
    queue = queue_at(ctx, request["QueueUrl"])
    policy = _policy(queue)
    kept = [statement for statement in policy["Statement"] if statement.get("Sid") != request["Label"]]
    if len(kept) == len(policy["Statement"]):
        raise invalid_value("Label", request["Label"], "can't find label")
    _store(ctx, queue, policy, kept)
    return {}


def _check(actions: list[str], accounts: list[str]) -> None:
    if not actions:
        raise missing("Actions")
    if not accounts:
        raise invalid_value("PrincipalId", "[]", "Unable to verify")
    if len(actions) > MAX_ACTIONS:
        raise AwsError("OverLimit", f"{len(actions)} Actions were found, maximum allowed is {MAX_ACTIONS}.", status=403)
    for action in actions:
        if action in OWNER_ONLY:
            raise invalid_value("ActionName", f"SQS:{action}", "Only the queue owner is allowed to invoke this action")
        if action not in GRANTABLE:
            reason = "Please refer to the appropriate WSDL for a list of valid actions"
            raise invalid_value("ActionName", f"SQS:{action}", reason)


def _policy(queue: Queue) -> dict[str, Any]:
    """The queue's policy, or an empty one, with its statements as a list."""
    empty = {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    policy: dict[str, Any] = orjson.loads(queue.attributes.get("Policy", "null")) or empty
    statements = policy.get("Statement", [])
    return policy | {"Statement": statements if isinstance(statements, list) else [statements]}


def _store(ctx: Context, queue: Queue, policy: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    attributes: Attributes = {name: value for name, value in queue.attributes.items() if name != "Policy"}
    if statements:
        attributes["Policy"] = orjson.dumps(policy | {"Statement": statements}).decode()
    update(ctx, queue, attributes, queue.tags)


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values

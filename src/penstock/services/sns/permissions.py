"""AddPermission and RemovePermission: statements of a topic's policy.

Source: https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
"""

from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.sns.errors import invalid
from penstock.services.sns.state import Topic, put_topic, topic_of
from penstock.wire.model import Json

ACTIONS = frozenset({"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
                     "Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive"})  # fmt: skip


def add_permission(ctx: Context, request: Json) -> Json:
    topic = topic_of(ctx, request["TopicArn"])
    statements = _statements(topic)
    if any(statement.get("Sid") == request["Label"] for statement in statements):
        raise invalid("Statement already exists")
    if not ACTIONS.issuperset(request["ActionName"]):
        raise invalid("Policy statement action out of service scope!")
    statement = {
        "Sid": request["Label"],
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([arn("iam", "", account, "root") for account in request["AWSAccountId"]])},
        "Action": _one_or_all([f"SNS:{action}" for action in request["ActionName"]]),
        "Resource": topic.arn,
    }
    _store(ctx, topic, [*statements, statement])
    return {}


def remove_permission(ctx: Context, request: Json) -> Json:
    topic = topic_of(ctx, request["TopicArn"])
    _store(ctx, topic, [each for each in _statements(topic) if each.get("Sid") != request["Label"]])
    return {}


def _statements(topic: Topic) -> list[Json]:
    statements = orjson.loads(topic.attributes["Policy"]).get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _store(ctx: Context, topic: Topic, statements: list[Json]) -> None:
    policy: dict[str, Any] = orjson.loads(topic.attributes["Policy"]) | {"Statement": statements}
    attributes = topic.attributes | {"Policy": orjson.dumps(policy).decode()}
    put_topic(ctx, topic.arn, topic.document | {"attributes": attributes})


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values

"""AddPermission, RemovePermission."""

import json
from collections.abc import Callable
from typing import Any

Refusal = Callable[..., tuple[str, str]]


def statements(sns: Any, topic: str) -> dict[str, Any]:
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_permissions_are_statements_of_the_policy(sns: Any, topic: str) -> None:
    accounts = ["111111111111", "222222222222"]
    sns.add_permission(TopicArn=topic, Label="both", AWSAccountId=accounts, ActionName=["Publish", "Subscribe"])
    sns.add_permission(TopicArn=topic, Label="one", AWSAccountId=accounts[:1], ActionName=["Publish"])
    found = statements(sns, topic)
    assert found["both"] == {
        "Sid": "both",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]},
        "Action": ["SNS:Publish", "SNS:Subscribe"],
        "Resource": topic,
    }
    assert found["one"]["Action"] == "SNS:Publish"
    sns.remove_permission(TopicArn=topic, Label="both")
    assert statements(sns, topic).keys() == {"__default_statement_ID", "one"}


def test_permissions_that_are_refused(sns: Any, topic: str, error: Refusal) -> None:
    given = {"TopicArn": topic, "Label": "x", "AWSAccountId": ["111111111111"]}
    assert error(sns.add_permission, **given, ActionName=["NotAnAction"]) == (
        "InvalidParameter",
        "Invalid parameter: Policy statement action out of service scope!",
    )
    sns.add_permission(**given, ActionName=["Publish"])
    assert error(sns.add_permission, **given, ActionName=["Publish"]) == (
        "InvalidParameter",
        "Invalid parameter: Statement already exists",
    )

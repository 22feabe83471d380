"""Stack policies: set, read, and held at updates."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": statements})


def reasons(stacks: Any, name: str) -> list[str]:
    events = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]


def test_set_and_read(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group()}})
    assert "StackPolicyBody" not in stacks.client.get_stack_policy(StackName=unique)
    for text in (policy(ALL), "{}"):
        stacks.client.set_stack_policy(StackName=unique, StackPolicyBody=text)
        assert stacks.client.get_stack_policy(StackName=unique)["StackPolicyBody"] == text


def test_with_the_creation(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group()}}, StackPolicyBody=policy(ALL))
    assert stacks.client.get_stack_policy(StackName=unique)["StackPolicyBody"] == policy(ALL)


def test_from_a_bucket(stacks: Any, unique: str, group: Any) -> None:
    s3 = stacks.runtime.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="policy.json", Body=policy(ALL).encode())
    stacks.create(unique, {"Resources": {"A": group()}})
    url = f"https://{unique}.s3.amazonaws.com/policy.json"
    stacks.client.set_stack_policy(StackName=unique, StackPolicyURL=url)
    assert stacks.client.get_stack_policy(StackName=unique)["StackPolicyBody"] == policy(ALL)
    with pytest.raises(ClientError, match="You cannot specify both StackPolicyURL and StackPolicyBody"):
        stacks.client.set_stack_policy(StackName=unique, StackPolicyURL=url, StackPolicyBody="{}")


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        policy({**ALL, "Principal": "somebody"}),
        policy({**ALL, "Action": "Delete:*"}),
        policy({**ALL, "Effect": "Perhaps"}),
        policy({"Effect": "Allow", "Action": "Update:*", "Principal": "*"}),
        "[]",
    ],
)
def test_what_is_no_policy(stacks: Any, unique: str, group: Any, text: str) -> None:
    stacks.create(unique, {"Resources": {"A": group()}})
    with pytest.raises(ClientError) as caught:
        stacks.client.set_stack_policy(StackName=unique, StackPolicyBody=text)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationError",
        "Error validating stack policy: Invalid stack policy",
    )


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (
            (ALL, {**ALL, "Effect": "Deny", "Resource": "LogicalResourceId/G*"}),
            "Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource "
            "[LogicalResourceId/Group]",
        ),
        (
            ({**ALL, "Effect": "Deny", "Condition": {"StringEquals": {"ResourceType": ["AWS::Logs::LogGroup"]}}}, ALL),
            "Action denied by stack policy: Statement [#1] does not allow [Update:Modify] for resource "
            "[LogicalResourceId/Group]",
        ),
        (({**ALL, "NotAction": "Update:Modify", "Action": "Update:Delete"},), "Action not allowed by stack policy"),
        (({**ALL, "Resource": "LogicalResourceId/Other"},), "Action not allowed by stack policy"),
    ],
)
def test_an_update_that_is_refused(
    stacks: Any, unique: str, group: Any, statements: tuple[dict[str, Any], ...], reason: str
) -> None:
    stacks.create(unique, {"Resources": {"Group": group(RetentionInDays=1)}}, StackPolicyBody=policy(*statements))
    updated = stacks.update(unique, {"Resources": {"Group": group(RetentionInDays=3)}})
    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert reasons(stacks, unique) == [reason]


def test_a_deletion_that_is_refused(stacks: Any, unique: str, group: Any) -> None:
    denied = policy({**ALL, "Effect": "Deny", "Action": "Update:Delete"}, ALL)
    stacks.create(unique, {"Resources": {"A": group(), "B": group()}}, StackPolicyBody=denied)
    assert stacks.update(unique, {"Resources": {"A": group()}})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert sorted(stacks.resources(unique)) == ["A", "B"]


def test_another_policy_for_one_update(stacks: Any, unique: str, group: Any) -> None:
    denied = policy({**ALL, "Effect": "Deny"})
    stacks.create(unique, {"Resources": {"A": group(RetentionInDays=1)}}, StackPolicyBody=denied)
    updated = stacks.update(
        unique, {"Resources": {"A": group(RetentionInDays=3)}}, StackPolicyDuringUpdateBody=policy(ALL)
    )
    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.client.get_stack_policy(StackName=unique)["StackPolicyBody"] == denied

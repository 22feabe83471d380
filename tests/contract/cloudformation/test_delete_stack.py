"""DeleteStack and termination protection."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_dependents_go_first(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"A": group(), "B": group(LogGroupName={"Fn::Sub": "${A}-b"})}}
    stack_id = stacks.create(unique, template)["StackId"]
    stacks.delete(unique)
    assert stacks.log_groups(unique) == []
    assert stacks.events(stack_id)[-6:] == [
        (unique, "DELETE_IN_PROGRESS"),
        ("B", "DELETE_IN_PROGRESS"),
        ("B", "DELETE_COMPLETE"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
        (unique, "DELETE_COMPLETE"),
    ]
    with pytest.raises(ClientError, match="does not exist"):
        stacks.client.describe_stacks(StackName=unique)
    assert stacks.client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_what_is_gone_already_is_no_failure(stacks: Any, unique: str, group: Any) -> None:
    stack_id = stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique)}})["StackId"]
    stacks.logs.delete_log_group(logGroupName=unique)
    stacks.delete(unique)
    assert stacks.client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_what_is_retained_stays(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": {**group(LogGroupName=unique), "DeletionPolicy": "Retain"}}})
    stacks.delete(unique)
    assert stacks.log_groups(unique) == [unique]


def test_the_name_can_be_used_again(stacks: Any, unique: str, group: Any) -> None:
    first = stacks.create(unique, {"Resources": {"A": group()}})
    before = stacks.resources(unique)
    stacks.delete(unique)
    second = stacks.create(unique, {"Resources": {"A": group()}})
    assert first["StackId"] != second["StackId"]
    assert before != stacks.resources(unique)


def test_a_stack_that_never_was(stacks: Any, unique: str) -> None:
    assert stacks.client.delete_stack(StackName=unique)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_termination_protection(stacks: Any, unique: str, group: Any) -> None:
    stack = stacks.create(unique, {"Resources": {"A": group()}}, EnableTerminationProtection=True)
    assert stack["EnableTerminationProtection"] is True
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        stacks.delete(unique)
    stacks.client.update_termination_protection(StackName=unique, EnableTerminationProtection=False)
    stacks.delete(unique)
    assert stacks.log_groups(unique) == []


def test_what_has_gone_is_still_told(stacks: Any, unique: str, group: Any) -> None:
    kept = {**group(LogGroupName=unique), "DeletionPolicy": "Retain"}
    id = stacks.create(unique, {"Resources": {"A": group(), "B": kept}})["StackId"]
    stacks.delete(unique)
    found = stacks.client.describe_stack_resources(StackName=id)["StackResources"]
    told = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in found]
    assert told == [("A", "DELETE_COMPLETE"), ("B", "DELETE_SKIPPED")]
    assert len(stacks.client.list_stack_resources(StackName=id)["StackResourceSummaries"]) == 2
    with pytest.raises(ClientError, match=f"Stack for {unique} does not exist"):
        stacks.client.describe_stack_resources(PhysicalResourceId=unique)

"""What ends a deployment before its time, and what is done with one that has failed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def silent(function: Any) -> dict[str, Any]:
    """A resource that never gets ready."""
    return {"Type": "Custom::Slow", "Properties": {"ServiceToken": function(lambda event: None)}}


def statuses(stacks: Any, name: str, logical_id: str = "") -> list[tuple[str, str | None]]:
    events = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    return [
        (event["ResourceStatus"], event.get("ResourceStatusReason"))
        for event in reversed(events)
        if event["LogicalResourceId"] == (logical_id or event["StackName"])
    ]


def broken(group: Any) -> dict[str, Any]:
    return group(LogGroupName="no name!")  # type: ignore[no-any-return]


def test_a_creation_in_its_time(stacks: Any, unique: str, group: Any, function: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(), "Slow": silent(function)}}, TimeoutInMinutes=5)
    stacks.runtime.advance(301)
    stack = stacks.settled(unique)
    assert (stack["StackStatus"], stack["TimeoutInMinutes"]) == ("ROLLBACK_COMPLETE", 5)
    reason = "Stack creation time exceeded the specified timeout. Rollback requested by user."
    assert ("ROLLBACK_IN_PROGRESS", reason) in statuses(stacks, unique)
    assert ("CREATE_FAILED", "Resource creation cancelled") in statuses(stacks, unique, "Slow")
    assert ("DELETE_COMPLETE", None) in statuses(stacks, unique, "A")


def test_an_update_that_is_cancelled(stacks: Any, unique: str, group: Any, function: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(RetentionInDays=1)}})
    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
        stacks.client.cancel_update_stack(StackName=unique)
    changed = {"Resources": {"A": group(RetentionInDays=3), "Slow": silent(function)}}
    assert stacks.update(unique, changed)["StackStatus"] == "UPDATE_IN_PROGRESS"
    stacks.client.cancel_update_stack(StackName=unique)
    assert stacks.settled(unique)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated") in statuses(stacks, unique)
    assert list(stacks.resources(unique)) == ["A"]


def test_a_stack_is_deleted_while_it_is_created(stacks: Any, unique: str, group: Any, function: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique), "Slow": silent(function)}})
    id = stacks.settled(unique)["StackId"]
    stacks.delete(unique)
    assert stacks.settled(id)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.log_groups(unique) == []


def test_a_failure_is_rolled_back_later(stacks: Any, unique: str, group: Any) -> None:
    failed = {"Resources": {"A": group(LogGroupName=unique), "B": {**broken(group), "DependsOn": "A"}}}
    assert stacks.create(unique, failed, OnFailure="DO_NOTHING")["DisableRollback"] is True
    stacks.client.rollback_stack(StackName=unique)
    assert stacks.settled(unique)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.log_groups(unique) == []
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be rolled back"):
        stacks.client.rollback_stack(StackName=unique)


def test_a_failed_update_is_rolled_back_later(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(RetentionInDays=1)}})
    changed = {"Resources": {"A": group(RetentionInDays=3), "B": broken(group)}}
    assert stacks.update(unique, changed, DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName=unique)
    assert stacks.settled(unique)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.client.get_template(StackName=unique)["TemplateBody"] == {
        "Resources": {"A": group(RetentionInDays=1)}
    }
    assert list(stacks.resources(unique)) == ["A"]


def test_what_cannot_be_deleted(stacks: Any, unique: str, group: Any, function: Any, answer: Any) -> None:
    def handler(event: dict[str, Any]) -> None:
        answer(event, "FAILED" if event["RequestType"] == "Delete" else "SUCCESS", Reason="stuck")

    custom = {"Type": "Custom::Stuck", "Properties": {"ServiceToken": function(handler)}}
    id = stacks.create(unique, {"Resources": {"A": group(), "Stuck": custom}})["StackId"]
    stacks.delete(unique)
    stack = stacks.settled(unique)
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [Stuck]. "
    found = stacks.client.describe_stack_resources(StackName=unique)["StackResources"]
    told = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in found]
    assert told == [("A", "DELETE_COMPLETE"), ("Stuck", "DELETE_FAILED")]
    stacks.delete(unique, DeletionMode="FORCE_DELETE_STACK")
    gone = stacks.settled(id)
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert "DeletionTime" in gone and "EnableTerminationProtection" not in gone


def test_new_resources_go_though_they_would_be_retained(stacks: Any, unique: str, group: Any) -> None:
    kept = {**group(LogGroupName=unique), "DeletionPolicy": "Retain"}
    failed = {"Resources": {"A": kept, "B": {**broken(group), "DependsOn": "A"}}}
    assert stacks.create(unique, failed, RetainExceptOnCreate=True)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.log_groups(unique) == []


def test_types_that_are_not_allowed(stacks: Any, unique: str, group: Any) -> None:
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, {"Resources": {"A": group()}}, ResourceTypes=["AWS::EC2::*"])
    text = "Resource type AWS::Logs::LogGroup is not allowed by parameter ResourceTypes [AWS::EC2::*]"
    assert caught.value.response["Error"]["Message"] == text
    stacks.create(unique, {"Resources": {"A": group()}}, ResourceTypes=["AWS::Logs::*"])


@pytest.mark.parametrize(
    ("arn", "kind", "message"),
    [
        ("arn:aws:cloudwatch:us-east-1:000000000000:alarm:a", "Other", "Rollback Trigger Type not supported"),
        (
            "arn:aws:cloudwatch:us-east-1:000000000000:a",
            "AWS::CloudWatch::Alarm",
            "RelativeId of a Rollback Trigger's ARN is incorrect",
        ),
    ],
)
def test_rollback_triggers(stacks: Any, unique: str, group: Any, arn: str, kind: str, message: str) -> None:
    configuration = {"RollbackTriggers": [{"Arn": arn, "Type": kind}], "MonitoringTimeInMinutes": 1}
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, {"Resources": {"A": group()}}, RollbackConfiguration=configuration)
    assert caught.value.response["Error"]["Message"] == message


def test_a_rollback_that_is_stuck(stacks: Any, unique: str, group: Any, function: Any, answer: Any) -> None:
    def handler(event: dict[str, Any]) -> None:
        answer(event, "FAILED" if event["RequestType"] == "Update" else "SUCCESS", Reason="stuck")

    token = function(handler)

    def template(value: int) -> dict[str, Any]:
        stuck = {"Type": "Custom::Stuck", "Properties": {"ServiceToken": token, "Value": value}}
        return {"Resources": {"A": group(RetentionInDays=value), "Stuck": {**stuck, "DependsOn": "A"}}}

    stacks.create(unique, template(1))
    assert stacks.update(unique, template(3))["StackStatus"] == "UPDATE_ROLLBACK_FAILED"  # it is updated back, too
    stacks.client.continue_update_rollback(StackName=unique)
    assert stacks.settled(unique)["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName=unique, ResourcesToSkip=["Stuck"])
    assert stacks.settled(unique)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId="Stuck")["StackResourceDetail"][
            "ResourceStatus"
        ]
        == "UPDATE_COMPLETE"
    )

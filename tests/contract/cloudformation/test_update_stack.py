"""UpdateStack: in place, by replacement, rolled back."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def retention(stacks: Any, name: str) -> int | None:
    found = stacks.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    days: int | None = found.get("retentionInDays")
    return days


def test_in_place(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group(LogGroupName=unique, RetentionInDays=3)}})
    stack = stacks.update(unique, {"Resources": {"G": group(LogGroupName=unique, RetentionInDays=7)}})
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stack["LastUpdatedTime"] > stack["CreationTime"]
    assert retention(stacks, unique) == 7
    assert stacks.events(unique)[-4:] == [
        ("G", "UPDATE_IN_PROGRESS"),
        ("G", "UPDATE_COMPLETE"),
        (unique, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        (unique, "UPDATE_COMPLETE"),
    ]


def test_replacement_reaches_those_that_refer_to_it(stacks: Any, unique: str, group: Any) -> None:
    def template(name: str) -> dict[str, Any]:
        return {"Resources": {"A": group(LogGroupName=name), "B": group(LogGroupName={"Fn::Sub": "${A}-b"})}}

    stacks.create(unique, template(f"{unique}-old"))
    stacks.update(unique, template(f"{unique}-new"))
    assert stacks.resources(unique) == {"A": f"{unique}-new", "B": f"{unique}-new-b"}
    assert stacks.log_groups(unique) == [f"{unique}-new", f"{unique}-new-b"]
    assert stacks.events(unique)[-6:] == [
        (unique, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("B", "DELETE_IN_PROGRESS"),
        ("B", "DELETE_COMPLETE"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
        (unique, "UPDATE_COMPLETE"),
    ]


def test_added_and_removed(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=f"{unique}-a")}})
    stacks.update(unique, {"Resources": {"B": group(LogGroupName=f"{unique}-b")}})
    assert stacks.log_groups(unique) == [f"{unique}-b"]


def test_what_is_to_be_retained_stays(stacks: Any, unique: str, group: Any) -> None:
    kept = {**group(LogGroupName=f"{unique}-a"), "DeletionPolicy": "Retain"}
    stacks.create(unique, {"Resources": {"A": kept, "B": group(LogGroupName=f"{unique}-b")}})
    stacks.update(unique, {"Resources": {"B": group(LogGroupName=f"{unique}-b")}})
    assert stacks.log_groups(unique) == [f"{unique}-a", f"{unique}-b"]
    assert ("A", "DELETE_SKIPPED") in stacks.events(unique)


def test_a_replaced_resource_is_retained_by_its_policy(stacks: Any, unique: str, group: Any) -> None:
    def template(name: str) -> dict[str, Any]:
        return {"Resources": {"A": {**group(LogGroupName=name), "UpdateReplacePolicy": "Retain"}}}

    stacks.create(unique, template(f"{unique}-old"))
    stacks.update(unique, template(f"{unique}-new"))
    assert stacks.log_groups(unique) == [f"{unique}-new", f"{unique}-old"]


def test_a_failure_is_rolled_back(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique, RetentionInDays=3)}})
    broken = {
        "Resources": {
            "A": group(LogGroupName=unique, RetentionInDays=7),
            "New": group(LogGroupName=f"{unique}-new"),
            "Bad": {**group(LogGroupName=unique), "DependsOn": ["A", "New"]},
        }
    }
    stack = stacks.update(unique, broken)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert retention(stacks, unique) == 3
    assert stacks.log_groups(unique) == [unique]
    assert stacks.resources(unique) == {"A": unique}
    assert "New" not in str(stacks.client.get_template(StackName=unique)["TemplateBody"])


def test_after_a_failure_without_rollback_the_next_update_goes_on(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique)}})
    broken = {"Resources": {"A": group(LogGroupName=unique), "B": group(LogGroupName=unique)}}
    assert stacks.update(unique, broken, DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    mended = {"Resources": {"A": group(LogGroupName=unique), "B": group(LogGroupName=f"{unique}-b")}}
    assert stacks.update(unique, mended)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.log_groups(unique) == [unique, f"{unique}-b"]


def test_nothing_to_do(stacks: Any, unique: str, group: Any) -> None:
    template = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"G": group()}}
    stacks.create(unique, template, Parameters=[{"ParameterKey": "P", "ParameterValue": "1"}])
    previous = [{"ParameterKey": "P", "UsePreviousValue": True}]
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update(unique, template, Parameters=previous)


def test_previous_template_and_value(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "Parameters": {"Days": {"Type": "Number"}, "Name": {"Type": "String"}},
        "Resources": {"G": group(RetentionInDays={"Ref": "Days"}, LogGroupName={"Ref": "Name"})},
    }
    given = [{"ParameterKey": "Days", "ParameterValue": "3"}, {"ParameterKey": "Name", "ParameterValue": unique}]
    stacks.create(unique, template, Parameters=given)
    changed = [{"ParameterKey": "Days", "ParameterValue": "7"}, {"ParameterKey": "Name", "UsePreviousValue": True}]
    stacks.client.update_stack(StackName=unique, UsePreviousTemplate=True, Parameters=changed)
    stacks.settled(unique)
    assert retention(stacks, unique) == 7


def test_a_stack_that_is_not_there(stacks: Any, unique: str, group: Any) -> None:
    with pytest.raises(ClientError, match=rf"Stack \[{unique}\] does not exist"):
        stacks.update(unique, {"Resources": {"G": group()}})


def test_a_stack_that_cannot_be_updated(stacks: Any, unique: str, group: Any) -> None:
    broken = {"Resources": {"A": group(LogGroupName=unique), "B": group(LogGroupName={"Ref": "A"})}}
    stacks.create(unique, broken)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update(unique, {"Resources": {"A": group()}})


def test_an_export_in_use_stays_as_it_is(stacks: Any, unique: str, group: Any) -> None:
    def exporting(value: str) -> dict[str, Any]:
        return {"Resources": {"G": group()}, "Outputs": {"O": {"Value": value, "Export": {"Name": unique}}}}

    stacks.create(unique, exporting("one"))
    stacks.create(f"{unique}-b", {"Resources": {"G": group(LogGroupName={"Fn::ImportValue": unique})}})
    stack = stacks.update(unique, exporting("two"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "one"
    with pytest.raises(ClientError, match=f"Export {unique} cannot be deleted as it is in use by {unique}-b"):
        stacks.delete(unique)


def test_what_a_failed_update_replaced_is_taken_back(stacks: Any, unique: str, group: Any) -> None:
    def template(name: str, **more: Any) -> dict[str, Any]:
        return {"Resources": {"A": group(LogGroupName=name), **more}}

    stacks.create(unique, template(f"{unique}-old"))
    stacks.logs.create_log_stream(logGroupName=f"{unique}-old", logStreamName="data")
    bad = {**group(LogGroupName=f"{unique}-new"), "DependsOn": "A"}
    stack = stacks.update(unique, template(f"{unique}-new", Bad=bad))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.log_groups(unique) == [f"{unique}-old"]
    found = stacks.logs.describe_log_streams(logGroupName=f"{unique}-old")["logStreams"]
    assert [stream["logStreamName"] for stream in found] == ["data"]


def test_retain_except_on_create(stacks: Any, unique: str, group: Any) -> None:
    def kept(name: str) -> dict[str, Any]:
        return {**group(LogGroupName=name), "DeletionPolicy": "RetainExceptOnCreate"}

    stacks.create(unique, {"Resources": {"A": kept(f"{unique}-a")}})
    bad = {**group(LogGroupName=f"{unique}-b"), "DependsOn": "B"}
    stacks.update(unique, {"Resources": {"A": kept(f"{unique}-a"), "B": kept(f"{unique}-b"), "Bad": bad}})
    assert stacks.log_groups(unique) == [f"{unique}-a"]
    stacks.delete(unique)
    assert stacks.log_groups(unique) == [f"{unique}-a"]


def test_attributes_are_a_change_too(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique)}})
    kept = {**group(LogGroupName=unique), "DeletionPolicy": "Retain", "Metadata": {"why": "kept"}}
    template = {"Resources": {"A": kept}}
    made = stacks.client.create_change_set(StackName=unique, ChangeSetName="c", TemplateBody=json.dumps(template))
    [change] = stacks.client.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    assert change["ResourceChange"]["Scope"] == ["DeletionPolicy", "Metadata"]
    assert change["ResourceChange"]["Replacement"] == "False"
    assert stacks.update(unique, template)["StackStatus"] == "UPDATE_COMPLETE"
    stacks.delete(unique)
    assert stacks.log_groups(unique) == [unique]

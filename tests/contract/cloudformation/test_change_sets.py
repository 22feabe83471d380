"""Change sets, and `aws cloudformation deploy`, which is built on them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError


def make(stacks: Any, name: str, template: Any, **members: Any) -> dict[str, Any]:
    text = json.dumps(template)
    made: dict[str, Any] = stacks.client.create_change_set(
        StackName=name, ChangeSetName="changes", TemplateBody=text, **members
    )
    return made


def test_creating_a_stack(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"G": group(LogGroupName=unique)}}
    made = make(stacks, unique, template, ChangeSetType="CREATE", Description="first")
    assert stacks.settled(unique)["StackStatus"] == "REVIEW_IN_PROGRESS"
    found = stacks.client.describe_change_set(ChangeSetName="changes", StackName=unique)
    assert (found["Status"], found["ExecutionStatus"], found["Description"]) == (
        "CREATE_COMPLETE",
        "AVAILABLE",
        "first",
    )
    assert found["ChangeSetId"] == made["Id"]
    assert found["Changes"] == [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Add",
                "LogicalResourceId": "G",
                "ResourceType": "AWS::Logs::LogGroup",
                "Scope": [],
                "Details": [],
            },
        }
    ]
    assert stacks.log_groups(unique) == []
    stacks.client.execute_change_set(ChangeSetName=made["Id"])
    assert stacks.settled(unique)["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.log_groups(unique) == [unique]


def test_changing_a_stack(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(
        unique,
        {
            "Resources": {
                "InPlace": group(LogGroupName=f"{unique}-a", RetentionInDays=3),
                "Replaced": group(LogGroupName=f"{unique}-b"),
                "Follows": group(LogGroupName={"Fn::Sub": "${Replaced}-c"}),
                "Removed": group(),
                "Same": group(),
            }
        },
    )
    made = make(
        stacks,
        unique,
        {
            "Resources": {
                "InPlace": group(LogGroupName=f"{unique}-a", RetentionInDays=7),
                "Replaced": group(LogGroupName=f"{unique}-new"),
                "Follows": group(LogGroupName={"Fn::Sub": "${Replaced}-c"}),
                "Same": group(),
            }
        },
    )
    found = stacks.client.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    changes = [change["ResourceChange"] for change in found]
    assert [(each["LogicalResourceId"], each["Action"], each.get("Replacement")) for each in changes] == [
        ("InPlace", "Modify", "False"),
        ("Replaced", "Modify", "True"),
        ("Follows", "Modify", "True"),
        ("Removed", "Remove", None),
    ]
    assert changes[0]["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "RetentionInDays",
        "RequiresRecreation": "Never",
    }


def changes_of(stacks: Any, id: str, **members: Any) -> list[dict[str, Any]]:
    found = stacks.client.describe_change_set(ChangeSetName=id, **members)["Changes"]
    return [change["ResourceChange"] for change in found]


def test_values_before_and_after(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique, RetentionInDays=1), "Gone": group()}})
    changed = {"Resources": {"A": group(LogGroupName=f"{unique}-b"), "New": group(LogGroupName={"Ref": "A"})}}
    made = make(stacks, unique, changed)
    a, new, gone = changes_of(stacks, made["Id"], IncludePropertyValues=True)
    assert (a["PolicyAction"], a["Replacement"]) == ("ReplaceAndDelete", "True")
    assert json.loads(a["BeforeContext"]) == {"Properties": {"LogGroupName": unique, "RetentionInDays": "1"}}
    assert json.loads(a["AfterContext"]) == {"Properties": {"LogGroupName": f"{unique}-b"}}
    assert [detail["Target"] for detail in a["Details"]] == [
        {
            "Attribute": "Properties",
            "Name": "LogGroupName",
            "RequiresRecreation": "Always",
            "Path": "/Properties/LogGroupName",
            "BeforeValue": unique,
            "AfterValue": f"{unique}-b",
            "AttributeChangeType": "Modify",
        },
        {
            "Attribute": "Properties",
            "Name": "RetentionInDays",
            "RequiresRecreation": "Never",
            "Path": "/Properties/RetentionInDays",
            "BeforeValue": "1",
            "AttributeChangeType": "Remove",
        },
    ]
    assert json.loads(new["AfterContext"]) == {"Properties": {"LogGroupName": "{{changeSet:KNOWN_AFTER_APPLY}}"}}
    assert (gone["Action"], gone["PolicyAction"], "AfterContext" in gone) == ("Remove", "Delete", False)
    assert "BeforeContext" not in changes_of(stacks, made["Id"])[0]


def test_why_a_property_changes(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "Parameters": {"Days": {"Type": "String"}, "Name": {"Type": "String", "Default": unique}},
        "Resources": {
            "A": group(LogGroupName={"Ref": "Name"}, RetentionInDays={"Ref": "Days"}),
            "B": group(LogGroupName={"Fn::Sub": "${A}-b"}),
        },
    }
    stacks.create(unique, template, Parameters=[{"ParameterKey": "Days", "ParameterValue": "1"}])
    parameters = [
        {"ParameterKey": "Days", "ParameterValue": "3"},
        {"ParameterKey": "Name", "ParameterValue": f"{unique}-new"},
    ]
    made = make(stacks, unique, template, Parameters=parameters)
    found = stacks.client.describe_change_set(ChangeSetName=made["Id"])
    assert found["Parameters"] == parameters
    a, b = changes_of(stacks, made["Id"])
    assert [(each["ChangeSource"], each.get("CausingEntity"), each["Evaluation"]) for each in a["Details"]] == [
        ("ParameterReference", "Name", "Static"),
        ("DirectModification", None, "Dynamic"),
        ("ParameterReference", "Days", "Static"),
        ("DirectModification", None, "Dynamic"),
    ]
    assert [(each["ChangeSource"], each["CausingEntity"], each["Evaluation"]) for each in b["Details"]] == [
        ("ResourceReference", "A", "Static")
    ]


def test_a_new_stack_of_nothing(stacks: Any, unique: str, group: Any) -> None:
    never = {"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"A": {**group(), "Condition": "No"}}}
    made = make(stacks, unique, never, ChangeSetType="CREATE")
    found = stacks.client.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["Changes"], found["Capabilities"]) == ("CREATE_COMPLETE", [], [])
    stacks.client.execute_change_set(ChangeSetName=made["Id"])
    stack = stacks.settled(unique)
    assert (stack["StackStatus"], stack["ChangeSetId"]) == ("CREATE_COMPLETE", made["Id"])
    assert "LastUpdatedTime" in stack
    assert stacks.client.list_change_sets(StackName=unique)["Summaries"] == []
    again = stacks.client.describe_change_set(ChangeSetName=made["Id"])
    assert again["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_a_stack_that_is_created_while_in_review(stacks: Any, unique: str, group: Any) -> None:
    template = {"Parameters": {"P": {"Type": "String", "Default": "p"}}, "Resources": {"A": group()}}
    made = make(stacks, unique, template, ChangeSetType="CREATE", Capabilities=["CAPABILITY_IAM"])
    assert {"Parameters", "Capabilities", "ChangeSetId"}.isdisjoint(stacks.settled(unique))
    stack = stacks.create(unique, template)
    assert (stack["StackId"], stack["StackStatus"]) == (made["StackId"], "CREATE_COMPLETE")
    assert stacks.client.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"] == "OBSOLETE"
    with pytest.raises(ClientError, match=r"cannot be executed in its current execution status of \[OBSOLETE\]"):
        stacks.client.execute_change_set(ChangeSetName=made["Id"])


def test_a_change_set_outlives_its_stack(stacks: Any, unique: str, group: Any) -> None:
    made = make(stacks, unique, {"Resources": {"A": group()}}, ChangeSetType="CREATE")
    stacks.delete(unique)
    assert stacks.settled(made["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    again = make(stacks, unique, {"Resources": {"A": group()}}, ChangeSetType="CREATE")
    assert again["StackId"] != made["StackId"]
    assert stacks.client.describe_change_set(ChangeSetName=made["Id"])["StackId"] == made["StackId"]
    with pytest.raises(ClientError, match="already exists and cannot be created again"):
        make(stacks, made["StackId"], {"Resources": {"A": group()}}, ChangeSetType="CREATE")


@pytest.mark.parametrize("name", ["*@_$", "arn:aws:cloudformation:us-east-1:000000000000:stack/none/none"])
def test_a_stack_name_of_the_wrong_form(stacks: Any, group: Any, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        make(stacks, name, {"Resources": {"A": group()}}, ChangeSetType="CREATE")
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert f"Value '{name}' at 'stackName' failed to satisfy constraint" in error["Message"]


def test_without_changes(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"G": group()}}
    stacks.create(unique, template)
    made = make(stacks, unique, template)
    found = stacks.client.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "The submitted information didn't contain changes" in found["StatusReason"]
    with pytest.raises(ClientError) as caught:
        stacks.client.execute_change_set(ChangeSetName=made["Id"])
    text = f"ChangeSet [{made['Id']}] cannot be executed in its current status of [FAILED]"
    assert caught.value.response["Error"]["Code"] == "InvalidChangeSetStatus"
    assert caught.value.response["Error"]["Message"] == text


def test_listed_and_deleted(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group()}})
    made = make(stacks, unique, {"Resources": {"G": group(RetentionInDays=1)}})
    listed = stacks.client.list_change_sets(StackName=unique)["Summaries"]
    assert [each["ChangeSetId"] for each in listed] == [made["Id"]]
    stacks.client.delete_change_set(ChangeSetName="changes", StackName=unique)
    assert stacks.client.list_change_sets(StackName=unique)["Summaries"] == []
    with pytest.raises(ClientError) as caught:
        stacks.client.describe_change_set(ChangeSetName="changes", StackName=unique)
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ChangeSetNotFound",
        "Message": "ChangeSet [changes] does not exist",
    }


def test_iam_needs_to_be_acknowledged(stacks: Any, unique: str) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    summary = stacks.client.get_template_summary(TemplateBody=json.dumps({"Resources": {"R": role}}))
    assert summary["Capabilities"] == ["CAPABILITY_IAM"]
    role["Properties"]["RoleName"] = unique  # type: ignore[index]
    summary = stacks.client.get_template_summary(TemplateBody=json.dumps({"Resources": {"R": role}}))
    assert summary["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


def deploy(stacks: Any, name: str, template: Any, folder: Path, *options: str) -> str:
    file = folder / "template.json"
    file.write_text(json.dumps(template))
    command = ["cloudformation", "deploy", "--stack-name", name, "--template-file", str(file), *options]
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": stacks.runtime.endpoint,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    aws = Path(sys.executable).with_name("aws")
    done = subprocess.run([sys.executable, str(aws), *command], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_aws_cli_deploys(stacks: Any, unique: str, group: Any, tmp_path: Path) -> None:
    template = {
        "Parameters": {"Days": {"Type": "Number", "Default": 1}},
        "Resources": {"G": group(LogGroupName=unique, RetentionInDays={"Ref": "Days"})},
    }
    assert "Successfully created/updated stack" in deploy(
        stacks, unique, template, tmp_path, "--no-fail-on-empty-changeset"
    )
    deploy(stacks, unique, template, tmp_path, "--parameter-overrides", "Days=7")
    assert stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["retentionInDays"] == 7
    assert "No changes to deploy" in deploy(stacks, unique, template, tmp_path, "--no-fail-on-empty-changeset")

"""Transforms: macros, AWS::Include, AWS::LanguageExtensions and AWS::Serverless, through the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

EXPAND = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}


@pytest.fixture
def macro(stacks: Any, unique: str, function: Any) -> Callable[[Callable[[Any], Any]], str]:
    """`macro(handler)`: the name of a macro that does what the handler does."""

    def make(handler: Callable[[Any], Any]) -> str:
        name = f"M{unique[2:]}"
        properties = {"Name": name, "FunctionName": function(handler)}
        made = stacks.create(
            f"{unique}-macro", {"Resources": {"M": {"Type": "AWS::CloudFormation::Macro", "Properties": properties}}}
        )
        assert made["StackStatus"] == "CREATE_COMPLETE"
        assert stacks.resources(f"{unique}-macro") == {"M": name}
        return name

    return make


def processed(stacks: Any, name: str) -> Any:
    return stacks.client.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]


def succeed(fragment: Any) -> dict[str, Any]:
    return {"requestId": "r", "status": "success", "fragment": fragment}


def test_a_macro_of_the_template(stacks: Any, unique: str, group: Any, macro: Any) -> None:
    events: list[dict[str, Any]] = []

    def handler(event: dict[str, Any]) -> Any:
        events.append(event)
        resources = {"Added": group(LogGroupName=event["params"]["Name"])}
        return succeed({**event["fragment"], "Resources": {**event["fragment"]["Resources"], **resources}})

    name = macro(handler)
    template = {
        "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        "Transform": {"Name": name, "Parameters": {"Name": {"Ref": "P"}}},
        "Resources": {"G": group(RetentionInDays={"Fn::Join": ["", ["1"]]})},
    }
    given = {"Parameters": [{"ParameterKey": "P", "ParameterValue": unique}]}
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, template, **given)
    error = caught.value.response["Error"]
    expected = ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
    assert (error["Code"], error["Message"]) == expected
    assert stacks.create(unique, template, **given, **EXPAND)["StackStatus"] == "CREATE_COMPLETE"
    [event] = events
    assert event.pop("requestId")
    assert event == {
        "accountId": "000000000000",
        "region": "us-east-1",
        "transformId": f"000000000000::{name}",
        "params": {"Name": unique},
        "templateParameterValues": {"P": unique, "L": ["a", "b"]},
        "fragment": {key: body for key, body in template.items() if key != "Transform"},
    }
    assert stacks.resources(unique)["Added"] == unique
    assert processed(stacks, unique)["Resources"]["Added"] == group(LogGroupName=unique)
    assert stacks.client.get_template(StackName=unique)["TemplateBody"] == template
    events_told = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    assert events_told[-2]["ResourceStatusReason"] == "Transformation succeeded"
    stacks.update(unique, template, **given, **EXPAND)  # what a macro does may be another thing each time
    assert stacks.settled(unique)["StackStatus"] == "UPDATE_COMPLETE"


def test_a_macro_inside(stacks: Any, unique: str, macro: Any) -> None:
    name = macro(lambda event: succeed({**event["fragment"], "RetentionInDays": event["params"]["Days"]}))
    inside = {"LogGroupName": unique, "Fn::Transform": {"Name": name, "Parameters": {"Days": 7}}}
    stacks.create(unique, {"Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": inside}}}, **EXPAND)
    assert processed(stacks, unique)["Resources"]["G"]["Properties"] == {"LogGroupName": unique, "RetentionInDays": 7}
    assert stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["retentionInDays"] == 7


def fail(event: Any) -> Any:
    raise ValueError("broken")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (lambda event: {"status": "failed", "errorMessage": "no"}, "Transform {} failed with: no. "),
        (lambda event: {"status": "failed"}, "Transform {} failed without an error message.. "),
        (lambda event: succeed("text"), "Template format error: unsupported structure.. "),
        (fail, "Received malformed response from transform {}. "),
    ],
)
def test_a_macro_that_fails(stacks: Any, unique: str, group: Any, macro: Any, handler: Any, reason: str) -> None:
    name = macro(handler)
    template = {"Transform": name, "Resources": {"G": group()}}
    assert stacks.create(unique, template, **EXPAND)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    [told] = [event for event in events if event["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
    text = reason.format(f"000000000000::{name}")
    assert told["ResourceStatusReason"] == f"{text}Rollback requested by user."
    made = stacks.client.create_change_set(
        StackName=f"{unique}-c", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=json.dumps(template), **EXPAND
    )
    found = stacks.client.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["StatusReason"]) == ("FAILED", text.removesuffix(". "))


def test_a_macro_needs_a_name(stacks: Any, unique: str, group: Any) -> None:
    template = {"Transform": {"Name": {"Ref": "P"}}, "Resources": {"G": group()}}
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, template, **EXPAND)
    assert caught.value.response["Error"]["Message"] == "Key Name of transform definition must be a string."


def test_include(stacks: Any, unique: str, group: Any) -> None:
    s3 = stacks.runtime.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="group.yaml", Body=b"RetentionInDays: 3\n")
    location = {"Location": {"Fn::Sub": "s3://${Bucket}/group.yaml"}}
    inside = {"LogGroupName": unique, "Fn::Transform": {"Name": "AWS::Include", "Parameters": location}}
    template = {
        "Parameters": {"Bucket": {"Type": "String", "Default": unique}},
        "Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": inside}},
    }
    assert stacks.create(unique, template, **EXPAND)["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["retentionInDays"] == 3
    location["Location"] = f"s3://{unique}/nothing.yaml"  # type: ignore[assignment]
    assert stacks.update(unique, template, **EXPAND)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_serverless_template(stacks: Any, unique: str) -> None:
    pytest.importorskip("samtranslator")
    table = {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": unique}}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Table": table}}
    assert stacks.create(unique, template, **EXPAND)["StackStatus"] == "CREATE_COMPLETE"
    assert processed(stacks, unique)["Resources"]["Table"]["Type"] == "AWS::DynamoDB::Table"
    assert stacks.resources(unique) == {"Table": unique}


def test_a_change_set_is_executed_as_it_was_made(stacks: Any, unique: str, group: Any, macro: Any) -> None:
    uses: list[str] = []

    def handler(event: dict[str, Any]) -> Any:
        uses.append(event["requestId"])
        return succeed({"Resources": {"G": group(LogGroupName=f"{unique}-{len(uses)}")}})

    template = json.dumps({"Transform": macro(handler), "Resources": {"G": group()}})
    made = stacks.client.create_change_set(
        StackName=unique, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=template
    )
    stage = {"ChangeSetName": made["Id"], "TemplateStage": "Processed"}
    resources = {"Resources": {"G": group(LogGroupName=f"{unique}-1")}}
    assert stacks.client.get_template(**stage)["TemplateBody"] == resources
    stacks.client.execute_change_set(ChangeSetName=made["Id"])
    assert stacks.settled(unique)["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.log_groups(unique) == [f"{unique}-1"]
    assert processed(stacks, unique) == resources
    assert len(uses) == 1

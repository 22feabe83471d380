"""Custom resources: CloudFormation's protocol, CDK's provider framework, and CDK's own resources."""

import json
from typing import Any


def custom(token: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, **properties}}


def test_the_protocol(stacks: Any, unique: str, function: Any, answer: Any) -> None:
    seen: list[dict[str, Any]] = []

    def handler(event: dict[str, Any]) -> None:
        seen.append(event)
        answer(event, PhysicalResourceId="thing-1", Data={"Name": event["ResourceProperties"]["Number"]})

    token = function(handler)

    def template(number: int) -> dict[str, Any]:
        return {
            "Resources": {"Thing": custom(token, Number=number, Flag=True, List=[{"A": 1}])},
            "Outputs": {"Id": {"Value": {"Ref": "Thing"}}, "Name": {"Value": {"Fn::GetAtt": "Thing.Name"}}},
        }

    stack = stacks.create(unique, template(1))
    assert stacks.outputs(unique) == {"Id": "thing-1", "Name": "1"}
    stacks.update(unique, template(2))
    assert stacks.outputs(unique) == {"Id": "thing-1", "Name": "2"}
    stacks.delete(unique)
    assert [event["RequestType"] for event in seen] == ["Create", "Update", "Delete"]
    create, update, delete = seen
    properties = {"ServiceToken": token, "Number": "1", "Flag": "true", "List": [{"A": "1"}]}
    assert create["ResourceProperties"] == properties
    assert create["StackId"] == stack["StackId"]
    assert create["LogicalResourceId"] == "Thing"
    assert "PhysicalResourceId" not in create
    assert update["OldResourceProperties"] == properties
    assert update["PhysicalResourceId"] == delete["PhysicalResourceId"] == "thing-1"


def test_a_new_physical_id_deletes_the_old_one(stacks: Any, unique: str, function: Any, answer: Any) -> None:
    seen = []

    def handler(event: dict[str, Any]) -> None:
        seen.append((event["RequestType"], event.get("PhysicalResourceId")))
        answer(event, PhysicalResourceId=event["ResourceProperties"]["Id"])

    token = function(handler)
    stacks.create(unique, {"Resources": {"T": custom(token, Id="a")}})
    stacks.update(unique, {"Resources": {"T": custom(token, Id="b")}})
    assert seen == [("Create", None), ("Update", "a"), ("Delete", "a")]


def failed(stacks: Any, unique: str, token: str) -> str:
    stack = stacks.create(unique, {"Resources": {"T": custom(token)}}, OnFailure="DO_NOTHING")
    assert stack["StackStatus"] == "CREATE_FAILED"
    found = stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId="T")
    reason: str = found["StackResourceDetail"]["ResourceStatusReason"]
    return reason


def test_a_refusal(stacks: Any, unique: str, function: Any, answer: Any) -> None:
    token = function(lambda event: answer(event, "FAILED", Reason="no room"))
    assert "Message returned: no room" in failed(stacks, unique, token)


def test_a_function_that_fails(stacks: Any, unique: str, function: Any) -> None:
    def handler(event: dict[str, Any]) -> None:
        raise RuntimeError("boom")

    assert "the custom resource's function failed: boom" in failed(stacks, unique, function(handler))


def test_a_function_that_never_answers(stacks: Any, unique: str, function: Any) -> None:
    template = {"Resources": {"T": custom(function(lambda event: None), ServiceTimeout=60)}}
    stacks.client.create_stack(StackName=unique, TemplateBody=json.dumps(template), OnFailure="DO_NOTHING")
    stacks.runtime.advance(61)
    assert stacks.settled(unique)["StackStatus"] == "CREATE_FAILED"
    found = stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId="T")
    assert "did not receive a response" in found["StackResourceDetail"]["ResourceStatusReason"]


def test_a_function_that_is_not_there(stacks: Any, unique: str) -> None:
    reason = failed(stacks, unique, "arn:aws:lambda:us-east-1:000000000000:function:nope")
    assert "Function not found" in reason


def test_the_provider_framework(stacks: Any, unique: str, function: Any) -> None:
    asked = []

    def on_event(event: dict[str, Any]) -> dict[str, Any]:
        return {"PhysicalResourceId": "slow-1", "Data": {"Started": event["RequestType"]}}

    def is_complete(event: dict[str, Any]) -> dict[str, Any]:
        asked.append(event["PhysicalResourceId"])
        return {"IsComplete": True, "Data": {"Ended": "yes"}}

    framework = function(
        lambda event: None,
        USER_ON_EVENT_FUNCTION_ARN=function(on_event),
        USER_IS_COMPLETE_FUNCTION_ARN=function(is_complete),
    )
    value = {"Fn::Sub": "${T} ${T.Started} ${T.Ended}"}
    stacks.create(unique, {"Resources": {"T": custom(framework)}, "Outputs": {"O": {"Value": value}}})
    assert stacks.outputs(unique) == {"O": "slow-1 Create yes"}
    assert asked == ["slow-1"]


def test_log_retention(stacks: Any, unique: str) -> None:
    def template(days: int) -> dict[str, Any]:
        properties = {"ServiceToken": "x", "LogGroupName": unique, "RetentionInDays": days, "RemovalPolicy": "destroy"}
        return {"Resources": {"R": {"Type": "Custom::LogRetention", "Properties": properties}}}

    stacks.create(unique, template(3))
    stacks.update(unique, template(7))
    assert stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["retentionInDays"] == 7
    stacks.delete(unique)
    assert stacks.log_groups(unique) == []


def test_an_sdk_call(stacks: Any, unique: str) -> None:
    def call(action: str, **more: Any) -> str:
        return json.dumps({"service": "CloudWatchLogs", "action": action, **more})

    properties = {
        "ServiceToken": "x",
        "Create": call("createLogGroup", parameters={"logGroupName": unique}, physicalResourceId={"id": unique}),
        "Update": call("describeLogGroups", parameters={"logGroupNamePrefix": "PHYSICAL:RESOURCEID:"}),
        "Delete": call("deleteLogGroup", parameters={"logGroupName": "PHYSICAL:RESOURCEID:"}),
    }
    resource = {"Type": "Custom::AWS", "Properties": properties}
    stacks.create(unique, {"Resources": {"R": resource}})
    assert stacks.log_groups(unique) == [unique]
    updated = {"Type": "Custom::AWS", "Properties": {**properties, "InstallLatestAwsSdk": False}}
    value = {"Fn::GetAtt": ["R", "logGroups.0.logGroupName"]}
    stacks.update(unique, {"Resources": {"R": updated}, "Outputs": {"O": {"Value": value}}})
    assert stacks.outputs(unique) == {"O": unique}
    stacks.delete(unique)
    assert stacks.log_groups(unique) == []

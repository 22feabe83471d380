"""Wait conditions: signals to a handle's URL, and to a resource with a creation policy."""

import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError


def template(count: int = 1, timeout: int = 60) -> dict[str, Any]:
    properties = {"Handle": {"Ref": "Handle"}, "Count": count, "Timeout": str(timeout)}
    return {
        "Resources": {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Condition": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": properties},
        },
        "Outputs": {"Data": {"Value": {"Fn::GetAtt": ["Condition", "Data"]}}},
    }


def send(stacks: Any, name: str, **members: str) -> None:
    body = json.dumps({"Status": "SUCCESS", "Reason": "", "Data": "", **members}).encode()
    url = stacks.resources(name)["Handle"]
    urllib.request.urlopen(urllib.request.Request(url, body, method="PUT")).close()


def reasons(stacks: Any, name: str) -> list[str]:
    events = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]


def test_a_stack_waits_for_its_signals(stacks: Any, unique: str) -> None:
    assert stacks.create(unique, template(count=2))["StackStatus"] == "CREATE_IN_PROGRESS"
    send(stacks, unique, UniqueId="a", Data="one")
    assert stacks.settled(unique)["StackStatus"] == "CREATE_IN_PROGRESS"
    send(stacks, unique, UniqueId="b", Data="two")
    assert stacks.settled(unique)["StackStatus"] == "CREATE_COMPLETE"
    assert json.loads(stacks.outputs(unique)["Data"]) == {"a": "one", "b": "two"}
    assert stacks.resources(unique)["Condition"].startswith("arn:aws:cloudformation:us-east-1:000000000000:wait")


def test_a_failure_is_told(stacks: Any, unique: str) -> None:
    stacks.create(unique, template())
    send(stacks, unique, UniqueId="a", Status="FAILURE", Reason="no disk")
    assert stacks.settled(unique)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reasons(stacks, unique) == ["WaitCondition received failed message: 'no disk' for uniqueId: a"]


def test_the_time_is_up(stacks: Any, unique: str) -> None:
    stacks.create(unique, template(timeout=30))
    stacks.runtime.advance(31)
    assert stacks.settled(unique)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reasons(stacks, unique) == ["WaitCondition timed out. Received 0 conditions when expecting 1"]


@pytest.fixture
def waiting(stacks: Any, unique: str, group: Any) -> str:
    policy = {"ResourceSignal": {"Count": 1, "Timeout": "PT1M"}}
    waits = {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": policy}
    stacks.create(unique, {"Resources": {"A": group(), "Waits": {**waits, "DependsOn": "A"}}})
    return unique


def test_a_resource_is_signalled(stacks: Any, waiting: str) -> None:
    signal = {"StackName": waiting, "LogicalResourceId": "Waits", "UniqueId": "a"}
    stacks.client.signal_resource(**signal, Status="SUCCESS")
    assert stacks.settled(waiting)["StackStatus"] == "CREATE_COMPLETE"
    events = stacks.client.describe_stack_events(StackName=waiting)["StackEvents"]
    told = [event["ResourceStatusReason"] for event in events if "signal" in event.get("ResourceStatusReason", "")]
    assert told == ["Received SUCCESS signal with UniqueId a"]
    with pytest.raises(ClientError, match="Resource Waits is in CREATE_COMPLETE state and can not be signaled"):
        stacks.client.signal_resource(**signal, Status="SUCCESS")
    with pytest.raises(ClientError, match=f"Resource B does not exist for stack {waiting}"):
        stacks.client.signal_resource(**{**signal, "LogicalResourceId": "B"}, Status="SUCCESS")


def test_a_resource_is_not_signalled(stacks: Any, waiting: str) -> None:
    stacks.runtime.advance(61)
    assert stacks.settled(waiting)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reasons(stacks, waiting) == ["Failed to receive 1 resource signal(s) within the specified duration"]

"""What can be asked about stacks: descriptions, lists, resources, events, templates, exports."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(call: Any, **members: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**members)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_unknown_stacks(stacks: Any, unique: str) -> None:
    client = stacks.client
    assert refused(client.describe_stacks, StackName=unique) == f"Stack with id {unique} does not exist"
    assert refused(client.describe_stack_resources, StackName=unique) == f"Stack with id {unique} does not exist"
    assert refused(client.list_stack_resources, StackName=unique) == f"Stack with id {unique} does not exist"
    assert refused(client.describe_stack_events, StackName=unique) == f"Stack [{unique}] does not exist"
    assert refused(client.get_template, StackName=unique) == f"Stack with id {unique} does not exist"


def test_described_among_all(stacks: Any, unique: str, group: Any) -> None:
    stack_id = stacks.create(unique, {"Resources": {"G": group()}})["StackId"]
    pages = stacks.client.get_paginator("describe_stacks").paginate()
    assert [each["StackId"] for page in pages for each in page["Stacks"] if each["StackName"] == unique] == [stack_id]
    assert stacks.client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackName"] == unique


def test_listed_by_status(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group()}})
    stacks.delete(unique)

    def names(*statuses: str) -> list[str]:
        pages = stacks.client.get_paginator("list_stacks").paginate(StackStatusFilter=list(statuses))
        return [each["StackName"] for page in pages for each in page["StackSummaries"]]

    assert unique in names("DELETE_COMPLETE")
    assert unique not in names("CREATE_COMPLETE")
    assert unique in names()


def test_resources(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group(LogGroupName=unique), "B": group()}})
    client = stacks.client
    one = client.describe_stack_resources(StackName=unique, LogicalResourceId="A")["StackResources"]
    assert [(each["PhysicalResourceId"], each["ResourceType"]) for each in one] == [(unique, "AWS::Logs::LogGroup")]
    by_physical_id = client.describe_stack_resources(PhysicalResourceId=unique)["StackResources"]
    assert {each["LogicalResourceId"] for each in by_physical_id} == {"A", "B"}
    listed = client.list_stack_resources(StackName=unique)["StackResourceSummaries"]
    assert [each["LogicalResourceId"] for each in listed] == ["A", "B"]
    detail = client.describe_stack_resource(StackName=unique, LogicalResourceId="A")["StackResourceDetail"]
    assert detail["ResourceStatus"] == "CREATE_COMPLETE"


def test_unknown_resources(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"A": group()}})
    client = stacks.client
    message = refused(client.describe_stack_resource, StackName=unique, LogicalResourceId="B")
    assert message == f"Resource B does not exist for stack {unique}"
    message = refused(client.describe_stack_resources, PhysicalResourceId="nope")
    assert message == "Stack for nope does not exist"


def test_the_template_as_it_was_given(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"A": group(LogGroupName={"Ref": "AWS::StackName"})}}
    stacks.create(unique, template)
    found = stacks.client.get_template(StackName=unique)
    assert found["TemplateBody"] == template
    assert found["StagesAvailable"] == ["Original", "Processed"]


def test_exports_and_imports(stacks: Any, unique: str, group: Any) -> None:
    outputs = {"O": {"Value": "here", "Export": {"Name": unique}}}
    stack_id = stacks.create(unique, {"Resources": {"G": group()}, "Outputs": outputs})["StackId"]
    pages = stacks.client.get_paginator("list_exports").paginate()
    found = [each for page in pages for each in page["Exports"] if each["Name"] == unique]
    assert found == [{"ExportingStackId": stack_id, "Name": unique, "Value": "here"}]
    message = refused(stacks.client.list_imports, ExportName=unique)
    assert message == f"Export '{unique}' is not imported by any stack."
    stacks.create(f"{unique}-b", {"Resources": {"G": group(LogGroupName={"Fn::ImportValue": unique})}})
    assert stacks.client.list_imports(ExportName=unique)["Imports"] == [f"{unique}-b"]


def test_an_export_that_is_taken(stacks: Any, unique: str, group: Any) -> None:
    outputs = {"O": {"Value": "here", "Export": {"Name": unique}}}
    stacks.create(unique, {"Resources": {"G": group()}, "Outputs": outputs})
    stack = stacks.create(f"{unique}-b", {"Resources": {"G": group()}, "Outputs": outputs})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


def test_validate_template(stacks: Any) -> None:
    template = {
        "Description": "what",
        "Parameters": {"P": {"Type": "String", "Default": "x", "Description": "of it", "NoEcho": True}},
        "Resources": {"R": {"Type": "AWS::IAM::Policy"}},
    }
    found = stacks.client.validate_template(TemplateBody=json.dumps(template))
    assert found["Description"] == "what"
    assert found["Parameters"] == [{"ParameterKey": "P", "DefaultValue": "x", "NoEcho": True, "Description": "of it"}]
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Policy]"
    message = refused(stacks.client.validate_template, TemplateBody="Resources: {A: {}}")
    assert message == "Template format error: [/Resources/A] Every Resources object must contain a Type member."


def test_get_template_summary(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"P": {"Type": "String", "AllowedValues": ["a", "b"], "Default": "a"}},
        "Resources": {"G": group()},
    }
    stacks.create(unique, template)
    found = stacks.client.get_template_summary(StackName=unique)
    assert found["ResourceTypes"] == ["AWS::Logs::LogGroup"]
    assert found["Version"] == "2010-09-09"
    assert found["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["a", "b"]}


def test_a_stack_under_review_has_no_summary(stacks: Any, unique: str, group: Any, error: Any) -> None:
    stacks.client.create_change_set(
        StackName=unique,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"G": group()}}),
    )
    assert error(stacks.client.get_template_summary, StackName=unique) == (
        "ValidationError",
        "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.",
    )


def test_events_come_newest_first(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {f"G{n}": group() for n in range(60)}})
    pages = list(stacks.client.get_paginator("describe_stack_events").paginate(StackName=unique))
    events = [event for page in pages for event in page["StackEvents"]]
    assert len(pages) == 2
    assert len({event["EventId"] for event in events}) == len(events) == 182
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert events[-1]["ResourceStatusReason"] == "User Initiated"


def test_events_do_not_tell_what_is_not_to_be_echoed(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {"G": group(Tags=[{"Key": "k", "Value": {"Fn::Sub": "x-${Secret}"}}])},
    }
    stacks.create(unique, template, Parameters=[{"ParameterKey": "Secret", "ParameterValue": "hush-hush"}])
    events = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    assert "x-****" in events[1]["ResourceProperties"]
    assert "hush" not in str(events)

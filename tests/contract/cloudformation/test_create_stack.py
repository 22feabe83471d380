"""CreateStack."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(stacks: Any, name: str, template: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        stacks.create(name, template, **members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_resources_outputs_and_events(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "Description": "two groups",
        "Parameters": {"Days": {"Type": "Number", "Default": 3}, "Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {
            "Second": group(LogGroupName={"Fn::Sub": "${First}-second"}),
            "First": group(RetentionInDays={"Ref": "Days"}),
        },
        "Outputs": {
            "Arn": {"Value": {"Fn::GetAtt": ["First", "Arn"]}, "Description": "of the first"},
            "Name": {"Value": {"Ref": "Second"}},
        },
    }
    parameters = [
        {"ParameterKey": "Days", "ParameterValue": "7"},
        {"ParameterKey": "Secret", "ParameterValue": "hush"},
    ]
    tags = [{"Key": "team", "Value": "orders"}]
    stack = stacks.create(unique, template, Parameters=parameters, Tags=tags)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Description"] == "two groups"
    assert stack["Parameters"] == [parameters[0], {"ParameterKey": "Secret", "ParameterValue": "****"}]
    assert stack["Tags"] == tags
    first = stacks.resources(unique)["First"]
    assert first.startswith(f"{unique}-First-")
    assert stacks.outputs(unique) == {
        "Arn": f"arn:aws:logs:us-east-1:000000000000:log-group:{first}:*",
        "Name": f"{first}-second",
    }
    assert stacks.events(unique) == [
        (unique, "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_COMPLETE"),
        (unique, "CREATE_COMPLETE"),
    ]
    found = stacks.logs.describe_log_groups(logGroupNamePrefix=first)["logGroups"]
    assert found[0]["retentionInDays"] == 7
    assert stacks.logs.list_tags_log_group(logGroupName=first)["tags"] == {"team": "orders"}


def test_yaml_with_short_forms(stacks: Any, unique: str) -> None:
    template = f"""
Conditions:
  IsProd: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Join ["/", [{unique}, !Ref AWS::StackName, !If [IsProd, prod, dev]]]
  OnlyProd:
    Type: AWS::Logs::LogGroup
    Condition: IsProd
"""
    stacks.create(unique, template)
    assert stacks.resources(unique) == {"Group": f"{unique}/{unique}/dev"}


def test_urls_answer_here(stacks: Any, unique: str, group: Any) -> None:
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/"
    stacks.create(unique, {"Resources": {"G": group()}, "Outputs": {"Url": {"Value": url}}})
    assert stacks.outputs(unique) == {"Url": f"{stacks.runtime.endpoint}/_aws/execute-api/abc123/prod/"}


def test_a_name_that_is_taken(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group()}})
    error = refused(stacks, unique, {"Resources": {"G": group()}})
    assert error == ("AlreadyExistsException", f"Stack [{unique}] already exists")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{", "Template format error: JSON not well-formed. (line 1, column 2)"),
        ({"Resources": {}}, "Template format error: At least one Resources member must be defined."),
        (
            {"Resources": {"A": {"Type": "AWS::Nope::Thing"}, "B": {"Type": "AWS::Nada::Thing"}}},
            "Template format error: Unrecognized resource types: [AWS::Nada::Thing, AWS::Nope::Thing]",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "X"}}}}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            {
                "Resources": {
                    "A": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::GetAtt": "X.Arn"}}}
                }
            },
            "Template error: instance of Fn::GetAtt references undefined resource X",
        ),
        (
            {
                "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
                "Resources": {
                    "A": {"Type": "AWS::Logs::LogGroup"},
                    "B": {"Type": "AWS::Logs::LogGroup", "Condition": "Never"},
                },
                "Outputs": {"None": {"Condition": "Never", "Value": {"Ref": "B"}}, "B": {"Value": {"Ref": "B"}}},
            },
            "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
        ),
        (
            {
                "Resources": {
                    "A": {"Type": "AWS::Logs::LogGroup", "DependsOn": "B"},
                    "B": {"Type": "AWS::Logs::LogGroup", "DependsOn": ["A"]},
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        (
            {"Parameters": {"P": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}},
            "Parameters: [P] must have values",
        ),
        (
            {
                "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>"}},
                "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}},
            },
            "Parameter P should either have input value or default value",
        ),
        ('{"this is invalid JSON"}', "Template format error: JSON not well-formed. (line 1, column 25)"),
        ({"Resources": "", "Outputs": ""}, "Template format error: Any Resources member must be an object."),
        (
            {"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Invalid": 1}}},
            "Invalid template resource property 'Invalid'",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}, "Outputs": {"O": {"Value": None}}},
            "[/Outputs/O/Value] 'null' values are not allowed in templates",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}, "Outputs": {"O": {}}},
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            {"Mappings": {"M": {"A": "b"}}, "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}},
            "Template format error: Every Mappings member A must be a map",
        ),
        (
            {"Mappings": {"M": {"A": {"B": {"Ref": "C"}}}}, "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}},
            "Template format error: Every Mappings attribute must be a String or a List.",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Condition": "No"}}},
            "Template format error: Unresolved condition dependency No in the Resources block of the template",
        ),
        (
            {
                "Mappings": {"M": {"A": {"B": "c"}}},
                "Resources": {
                    "A": {
                        "Type": "AWS::Logs::LogGroup",
                        "Properties": {"LogGroupName": {"Fn::FindInMap": ["M", "C", "B"]}},
                    }
                },
            },
            "Template error: Unable to get mapping for M::C::B",
        ),
    ],
)
def test_a_template_that_is_wrong(stacks: Any, unique: str, template: Any, message: str) -> None:
    assert refused(stacks, unique, template) == ("ValidationError", message)
    with pytest.raises(ClientError, match=f"Stack with id {unique} does not exist"):
        stacks.client.describe_stacks(StackName=unique)


def test_a_name_of_the_wrong_form(stacks: Any, group: Any) -> None:
    code, message = refused(stacks, "under_score", {"Resources": {"G": group()}})
    assert code == "ValidationError"
    assert "regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*" in message


def test_a_template_that_is_too_long(stacks: Any, unique: str, group: Any) -> None:
    code, message = refused(stacks, unique, {"Description": "x" * 51200, "Resources": {"G": group()}})
    assert code == "ValidationError"
    assert message.endswith("constraint: Member must have length less than or equal to 51200")


def test_an_import_of_nothing(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"G": group(LogGroupName={"Fn::ImportValue": unique})}}
    assert stacks.create(unique, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    [told] = [event for event in events if event["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
    assert told["ResourceStatusReason"] == f"No export named {unique} found. Rollback requested by user."


def test_loops_are_written_out(stacks: Any, unique: str, group: Any) -> None:
    loop = ["N", ["A", "B"], {"${N}": group(LogGroupName={"Fn::Sub": "${AWS::StackName}-${N}"})}]
    template = {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Each": loop}}
    stacks.create(unique, template, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    processed = stacks.client.get_template(StackName=unique, TemplateStage="Processed")["TemplateBody"]
    assert list(processed) == ["Resources"]
    assert list(processed["Resources"]) == ["A", "B"]
    assert stacks.client.get_template(StackName=unique)["TemplateBody"] == template


def test_a_name_that_is_too_long(stacks: Any, group: Any) -> None:
    code, message = refused(stacks, "a" * 129, {"Resources": {"G": group()}})
    assert code == "ValidationError"
    assert message.endswith("constraint: Member must have length less than or equal to 128")


def test_too_many_resources(stacks: Any, unique: str, group: Any) -> None:
    code, message = refused(stacks, unique, {"Resources": {f"G{n}": group() for n in range(501)}})
    assert code == "ValidationError"
    assert message == "Template format error: Number of resources, 501, is greater than maximum allowed, 500"


def test_without_a_template(stacks: Any, unique: str) -> None:
    with pytest.raises(ClientError, match="Either Template URL or Template Body must be specified"):
        stacks.client.create_stack(StackName=unique)


def test_a_failure_is_rolled_back(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"Good": group(LogGroupName=unique), "Bad": group(LogGroupName={"Ref": "Good"})}}
    stack = stacks.create(unique, template)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.log_groups(unique) == []
    assert ("Bad", "CREATE_FAILED") in stacks.events(unique)
    said = {
        event.get("ResourceStatusReason")
        for event in stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    }
    assert "The following resource(s) failed to create: [Bad]. Rollback requested by user." in said
    found = stacks.client.describe_stack_resources(StackName=unique)["StackResources"]
    assert {each["ResourceStatus"] for each in found} == {"DELETE_COMPLETE"}


def test_a_failure_without_rollback(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"Good": group(LogGroupName=unique), "Bad": group(LogGroupName={"Ref": "Good"})}}
    stack = stacks.create(unique, template, OnFailure="DO_NOTHING")
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to create: [Bad]. "
    assert stacks.log_groups(unique) == [unique]
    found = stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId="Bad")["StackResourceDetail"]
    assert found["ResourceStatus"] == "CREATE_FAILED"
    assert "already exists" in found["ResourceStatusReason"]


def test_on_failure_delete(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"Good": group(LogGroupName=unique), "Bad": group(LogGroupName={"Ref": "Good"})}}
    stack_id = stacks.client.create_stack(StackName=unique, TemplateBody=json.dumps(template), OnFailure="DELETE")[
        "StackId"
    ]
    assert stacks.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_exports_are_imported(stacks: Any, unique: str, group: Any) -> None:
    exporting = {
        "Resources": {"G": group(LogGroupName=unique)},
        "Outputs": {"O": {"Value": {"Ref": "G"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-group"}}}},
    }
    stacks.create(unique, exporting)
    name = {"Fn::Join": ["", [{"Fn::ImportValue": f"{unique}-group"}, "-copy"]]}
    stacks.create(f"{unique}-b", {"Resources": {"G": group(LogGroupName=name)}})
    assert stacks.resources(f"{unique}-b") == {"G": f"{unique}-copy"}


def test_outputs_of_another_stack(stacks: Any, unique: str, group: Any) -> None:
    stacks.create(unique, {"Resources": {"G": group()}, "Outputs": {"O": {"Value": "shared"}}})
    value = {"Fn::GetStackOutput": {"StackName": unique, "OutputName": "O"}}
    stacks.create(f"{unique}-b", {"Resources": {"G": group()}, "Outputs": {"Copy": {"Value": value}}})
    assert stacks.outputs(f"{unique}-b") == {"Copy": "shared"}


def test_loops(stacks: Any, unique: str) -> None:
    body = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": f"{unique}-${{Name}}"}}}
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::Groups": ["Name", ["a", "b"], {"Group${Name}": body}]},
    }
    stacks.create(unique, template, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert stacks.resources(unique) == {"Groupa": f"{unique}-a", "Groupb": f"{unique}-b"}

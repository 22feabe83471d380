"""Values from Parameter Store and Secrets Manager: parameters of SSM types and dynamic references."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_a_stored_parameter(stacks: Any, unique: str, group: Any) -> None:
    stacks.runtime.client("ssm").put_parameter(Name=f"/{unique}/name", Value=f"{unique}-x", Type="String")
    template = {
        "Parameters": {"Name": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Resources": {"G": group(LogGroupName={"Ref": "Name"})},
    }
    given = [{"ParameterKey": "Name", "ParameterValue": f"/{unique}/name"}]
    stack = stacks.create(unique, template, Parameters=given)
    assert stacks.resources(unique) == {"G": f"{unique}-x"}
    assert stack["Parameters"] == [{**given[0], "ResolvedValue": f"{unique}-x"}]


def test_a_stored_parameter_that_is_not_there(stacks: Any, unique: str, group: Any) -> None:
    template = {
        "Parameters": {"Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/{unique}"}},
        "Resources": {"G": group(LogGroupName={"Ref": "Name"})},
    }
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, template)
    message = caught.value.response["Error"]["Message"]
    assert message == f"Unable to fetch parameters [/{unique}] from parameter store for this account."


def test_the_bootstrap_version_of_cdk_is_there(stacks: Any, unique: str, group: Any) -> None:
    name = "/cdk-bootstrap/hnb659fds/version"
    template = {
        "Parameters": {"Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}},
        "Rules": {
            "Check": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "5"], {"Ref": "Version"}]}]}}]}
        },
        "Resources": {"G": group()},
    }
    assert stacks.create(unique, template)["StackStatus"] == "CREATE_COMPLETE"


def test_dynamic_references(stacks: Any, unique: str, group: Any) -> None:
    stacks.runtime.client("ssm").put_parameter(Name=f"/{unique}/days", Value="7", Type="String")
    secret = stacks.runtime.client("secretsmanager").create_secret(
        Name=unique, SecretString=json.dumps({"name": "hush-hush"})
    )
    reference = f"{{{{resolve:secretsmanager:{secret['ARN']}:SecretString:name::}}}}"
    template = {
        "Resources": {
            "G": group(
                LogGroupName={"Fn::Join": ["-", [unique, reference]]},
                RetentionInDays=f"{{{{resolve:ssm:/{unique}/days}}}}",
            )
        }
    }
    stacks.create(unique, template)
    found = stacks.logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]
    assert (found["logGroupName"], found["retentionInDays"]) == (f"{unique}-hush-hush", 7)
    events = stacks.client.describe_stack_events(StackName=unique)["StackEvents"]
    assert not any("hush-hush" in event.get("ResourceProperties", "") for event in events)


def test_a_dynamic_reference_to_nothing(stacks: Any, unique: str, group: Any) -> None:
    template = {"Resources": {"G": group(LogGroupName=f"{{{{resolve:secretsmanager:{unique}}}}}")}}
    stack = stacks.create(unique, template, OnFailure="DO_NOTHING")
    assert stack["StackStatus"] == "CREATE_FAILED"
    found = stacks.client.describe_stack_resource(StackName=unique, LogicalResourceId="G")
    reason = found["StackResourceDetail"]["ResourceStatusReason"]
    assert unique in reason
    assert "can't find the specified secret" in reason


def test_iam_has_to_be_acknowledged(stacks: Any, unique: str) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document, "RoleName": unique}}
    with pytest.raises(ClientError) as caught:
        stacks.create(unique, {"Resources": {"R": role}}, Capabilities=["CAPABILITY_IAM"])
    assert caught.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    assert caught.value.response["Error"]["Message"] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"


def test_values_for_another_region(stacks: Any, unique: str, group: Any) -> None:
    name = f"/cdk/exports/{unique}/Value"
    writer = {"region": "eu-west-1", "prefix": unique, "exports": {name: {"Ref": "G"}}}
    properties = {"ServiceToken": "x", "WriterProps": writer}
    resources = {"G": group(LogGroupName=unique), "W": {"Type": "Custom::CrossRegionExportWriter"}}
    resources["W"]["Properties"] = properties
    stacks.create(unique, {"Resources": resources})
    there = stacks.runtime.client("ssm", region="eu-west-1")
    assert there.get_parameter(Name=name)["Parameter"]["Value"] == unique
    stacks.delete(unique)
    assert there.get_parameters(Names=[name])["InvalidParameters"] == [name]

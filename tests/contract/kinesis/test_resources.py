"""Kinesis in CloudFormation templates."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.kinesis.conftest import Kinesis

from penstock.testing import TestRuntime

Deploy = Callable[..., dict[str, str]]


@pytest.fixture
def deploy(client: Callable[..., Any], penstock: TestRuntime, unique: str) -> Deploy:
    """`deploy(resources, outputs)`: creates the test's stack, or updates it; its outputs."""
    cloudformation = client("cloudformation")
    made: list[str] = []

    def call(resources: dict[str, Any], **outputs: Any) -> dict[str, str]:
        body = {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
        change = cloudformation.update_stack if made else cloudformation.create_stack
        change(StackName=unique, TemplateBody=json.dumps(body), Tags=[{"Key": "stack", "Value": "s"}])
        made.append(unique)
        penstock.settle()
        [found] = cloudformation.describe_stacks(StackName=unique)["Stacks"]
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    return call


def stream(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Kinesis::Stream", "Properties": properties}


ARN = {"Fn::GetAtt": ["Stream", "Arn"]}


def tags(kinesis: Kinesis, name: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in kinesis.client.list_tags_for_stream(StreamName=name)["Tags"]}


def test_a_stream_and_its_changes(kinesis: Kinesis, deploy: Deploy) -> None:
    first = deploy(
        {
            "Stream": stream(
                ShardCount="2",
                RetentionPeriodHours=48,
                StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
                DesiredShardLevelMetrics=["IncomingBytes"],
                Tags=[{"Key": "own", "Value": "o"}],
            )
        },
        Name={"Ref": "Stream"},
        Arn=ARN,
    )
    name = first["Name"]
    assert first["Arn"] == kinesis.arn(name)
    summary = kinesis.summary(name)
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (2, 48)
    assert (summary["EncryptionType"], summary["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == (
        "KMS",
        ["IncomingBytes"],
    )
    assert tags(kinesis, name) == {"stack": "s", "own": "o"}
    kinesis.put(name, b"kept", ExplicitHashKey="0")
    second = deploy({"Stream": stream(ShardCount=3, MaxRecordSizeInKiB=2048)}, Name={"Ref": "Stream"})
    assert second["Name"] == name
    summary = kinesis.summary(name)
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (3, 24)
    assert (summary["EncryptionType"], summary["MaxRecordSizeInKiB"]) == ("NONE", 2048)
    assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]
    assert tags(kinesis, name) == {"stack": "s"}
    assert kinesis.read(name) == [b"kept"]


def test_another_mode_is_no_other_stream(kinesis: Kinesis, deploy: Deploy) -> None:
    on_demand = {"StreamMode": "ON_DEMAND"}
    name = deploy({"Stream": stream(StreamModeDetails=on_demand)}, Name={"Ref": "Stream"})["Name"]
    assert kinesis.summary(name)["OpenShardCount"] == 4
    deploy({"Stream": stream(ShardCount=2)})
    summary = kinesis.summary(name)
    assert (summary["StreamModeDetails"], summary["OpenShardCount"]) == ({"StreamMode": "PROVISIONED"}, 2)


def test_another_name_is_another_stream(kinesis: Kinesis, deploy: Deploy, unique: str) -> None:
    deploy({"Stream": stream(Name=f"{unique}-a", ShardCount=1)})
    deploy({"Stream": stream(Name=f"{unique}-b", ShardCount=1)})
    assert kinesis.refused("describe_stream", StreamName=f"{unique}-a")[0] == "ResourceNotFoundException"
    assert kinesis.summary(f"{unique}-b")["OpenShardCount"] == 1


def test_a_consumer_and_a_policy(kinesis: Kinesis, deploy: Deploy) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kinesis:GetRecords", "Resource": ARN}
    resources = {
        "Stream": stream(ShardCount=1),
        "Consumer": {
            "Type": "AWS::Kinesis::StreamConsumer",
            "Properties": {"ConsumerName": "reader", "StreamARN": ARN},
        },
        "Policy": {
            "Type": "AWS::Kinesis::ResourcePolicy",
            "Properties": {"ResourceArn": ARN, "ResourcePolicy": {"Version": "2012-10-17", "Statement": [statement]}},
        },
    }
    outputs = {
        "Arn": ARN,
        "Consumer": {"Ref": "Consumer"},
        "Status": {"Fn::GetAtt": ["Consumer", "ConsumerStatus"]},
        "Same": {"Fn::GetAtt": ["Consumer", "ConsumerARN"]},
        "Policy": {"Ref": "Policy"},
    }
    found = deploy(resources, **outputs)
    described = kinesis.client.describe_stream_consumer(ConsumerARN=found["Consumer"])["ConsumerDescription"]
    assert (described["ConsumerName"], described["StreamARN"]) == ("reader", found["Arn"])
    assert (found["Status"], found["Same"], found["Policy"]) == ("ACTIVE", found["Consumer"], found["Arn"])
    policy = json.loads(kinesis.client.get_resource_policy(ResourceARN=found["Arn"])["Policy"])
    assert policy["Statement"] == [statement | {"Resource": found["Arn"]}]
    deploy({"Stream": stream(ShardCount=1)})
    assert kinesis.client.list_stream_consumers(StreamARN=found["Arn"])["Consumers"] == []
    assert kinesis.client.get_resource_policy(ResourceARN=found["Arn"])["Policy"] == "{}"

"""AWS::Pipes::Pipe."""

import json

import pytest

from penstock.services.pipes.resources import TABLE

from .conftest import ROLE


@pytest.fixture
def resources():
    queue = {"Type": "AWS::SQS::Queue", "Properties": {}}
    return {
        "In": queue,
        "Out": queue,
        "Pipe": {
            "Type": "AWS::Pipes::Pipe",
            "Properties": {
                "RoleArn": ROLE,
                "Source": {"Fn::GetAtt": ["In", "Arn"]},
                "SourceParameters": {"SqsQueueParameters": {"BatchSize": "5", "MaximumBatchingWindowInSeconds": 1}},
                "Target": {"Fn::GetAtt": ["Out", "Arn"]},
                "TargetParameters": {"InputTemplate": '{"got": <$.body>}'},
                "Description": "d",
                "Tags": {"own": "1"},
            },
        },
    }


OUTPUTS = {
    "Name": {"Ref": "Pipe"},
    "Arn": {"Fn::GetAtt": ["Pipe", "Arn"]},
    "State": {"Fn::GetAtt": ["Pipe", "CurrentState"]},
    "In": {"Ref": "In"},
    "Out": {"Ref": "Out"},
}


def test_create_use_change_delete(deploy, resources, pipes, sqs, advance, bodies, unique, error):
    outputs = deploy(resources, **OUTPUTS)
    name = outputs["Name"]
    assert outputs["Arn"].endswith(f":pipe/{name}") and outputs["State"] == "RUNNING"
    found = pipes.describe_pipe(Name=name)
    assert found["SourceParameters"]["SqsQueueParameters"]["BatchSize"] == 5
    assert found["Tags"].items() >= {"own": "1", "stack": unique}.items()
    sqs.send_message(QueueUrl=outputs["In"], MessageBody='{"n": 1}')
    advance(2)
    assert [json.loads(body) for body in bodies(outputs["Out"])] == [{"got": {"n": 1}}]

    properties = resources["Pipe"]["Properties"]
    properties |= {"DesiredState": "STOPPED", "Tags": {"other": "2"}}
    del properties["Description"]
    assert deploy(resources, **OUTPUTS)["State"] == "STOPPED"
    found = pipes.describe_pipe(Name=name)
    assert (found["CurrentState"], found["Description"]) == ("STOPPED", "")
    assert "own" not in found["Tags"] and found["Tags"]["other"] == "2"

    deploy.delete()
    assert error(pipes.describe_pipe, Name=name)[0] == "NotFoundException"


def test_a_pipe_that_cannot_run_fails_its_stack(resources, client, penstock, unique, pipes):
    missing = f"arn:aws:sqs:us-east-1:000000000000:{unique}"
    resources["Pipe"]["Properties"] |= {"Source": missing, "Name": unique}
    stacks = client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=json.dumps({"Resources": resources}))
    penstock.settle()
    [stack] = stacks.describe_stacks(StackName=unique)["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [
        event.get("ResourceStatusReason", "") for event in stacks.describe_stack_events(StackName=unique)["StackEvents"]
    ]
    assert any(missing in reason for reason in reasons)


def test_another_beginning_is_another_pipe(deploy, resources, pipes):
    resources["In"] = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
    own = {"StartingPosition": "LATEST", "BatchSize": 5}
    resources["Pipe"]["Properties"]["SourceParameters"] = {"KinesisStreamParameters": own}
    first = deploy(resources, **OUTPUTS)["Name"]
    own["BatchSize"] = 6
    assert deploy(resources, **OUTPUTS)["Name"] == first
    found = pipes.describe_pipe(Name=first)["SourceParameters"]["KinesisStreamParameters"]
    assert found == {"StartingPosition": "LATEST", "BatchSize": 6}
    own["StartingPosition"] = "TRIM_HORIZON"
    second = deploy(resources, **OUTPUTS)["Name"]
    assert second != first
    found = pipes.describe_pipe(Name=second)["SourceParameters"]["KinesisStreamParameters"]
    assert found["StartingPosition"] == "TRIM_HORIZON"


def test_members_in_cloudformations_capitals(deploy, resources, pipes):
    account = "us-east-1:000000000000"
    container = {"Name": "c", "Environment": [{"Name": "N", "Value": "$.body.n"}]}
    task = {
        "TaskDefinitionArn": f"arn:aws:ecs:{account}:task-definition/t:1",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"]}},
        "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": "1"}],
        "Overrides": {"ContainerOverrides": [container], "EphemeralStorage": {"SizeInGiB": 30}},
    }
    properties = resources["Pipe"]["Properties"]
    properties |= {"Target": f"arn:aws:ecs:{account}:cluster/c", "TargetParameters": {"EcsTaskParameters": task}}
    properties["SourceParameters"] = {"SqsQueueParameters": {"BatchSize": 1}}
    name = deploy(resources, Name={"Ref": "Pipe"})["Name"]
    found = pipes.describe_pipe(Name=name)["TargetParameters"]["EcsTaskParameters"]
    assert found["NetworkConfiguration"] == {"awsvpcConfiguration": {"Subnets": ["subnet-1"]}}
    assert found["CapacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    assert found["Overrides"] == {
        "ContainerOverrides": [{"Name": "c", "Environment": [{"name": "N", "value": "$.body.n"}]}],
        "EphemeralStorage": {"sizeInGiB": 30},
    }


def test_what_is_not_done_is_said_before():
    [kind] = TABLE
    account = "us-east-1:000000000000"
    problems = kind.problems(
        {
            "Source": f"arn:aws:mq:{account}:broker:b:b-1",
            "Target": f"arn:aws:firehose:{account}:deliverystream/s",
            "Enrichment": {"Ref": "F"},
        }
    )
    assert list(problems) == [("Source", "mq cannot be a source yet"), ("Target", "firehose cannot be a target yet")]

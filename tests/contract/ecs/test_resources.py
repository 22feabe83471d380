"""AWS::ECS types from templates: a service is made when it is steady, and fails with the reason of its last task."""

import json
import urllib.request
from pathlib import Path

import pytest
from tests.contract.ecs.conftest import HTTP

from penstock.base.errors import PenstockError


def template(name: str, script: str = HTTP, body: str = "one", image: str = "python:3", **service) -> dict:
    network = {"AwsvpcConfiguration": {"Subnets": [{"Ref": "Subnet"}], "AssignPublicIp": "ENABLED"}}
    container = {
        "Name": "app",
        "Image": image,
        "EntryPoint": ["python3", "-c", script],
        "Environment": [{"Name": "BODY", "Value": body}],
        "PortMappings": [{"ContainerPort": 8080}],
        "DockerLabels": {"Kept.As": "It is"},
    }
    properties = {
        "Cluster": {"Ref": "Cluster"},
        "TaskDefinition": {"Ref": "Definition"},
        "LaunchType": "FARGATE",
        "DesiredCount": 1,
        "NetworkConfiguration": network,
        **service,
    }
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"},
            },
            "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": name}},
            "Definition": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "Family": name,
                    "Cpu": 256,
                    "Memory": 512,
                    "NetworkMode": "awsvpc",
                    "RequiresCompatibilities": ["FARGATE"],
                    "ContainerDefinitions": [container],
                },
            },
            "Service": {"Type": "AWS::ECS::Service", "Properties": properties},
        },
        "Outputs": {
            "Name": {"Value": {"Fn::GetAtt": ["Service", "Name"]}},
            "Arn": {"Value": {"Ref": "Service"}},
            "Cluster": {"Value": {"Fn::GetAtt": ["Cluster", "Arn"]}},
        },
    }


@pytest.fixture
def deploy(penstock, tmp_path: Path, unique: str):
    """`deploy(**changes)`: brings the template up under the test's own name; its outputs."""
    file = tmp_path / f"{unique}.template.json"

    def up(**changes):
        file.write_text(json.dumps(template(unique, **changes)))
        penstock.up(file)
        return next(found for name, found in penstock.outputs.items() if unique in name)

    return up


def served(client, unique):
    arns = client.list_tasks(cluster=unique)["taskArns"]
    tasks = client.describe_tasks(cluster=unique, tasks=arns)["tasks"]
    found = []
    for task in tasks:
        address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
        with urllib.request.urlopen(f"http://{address}:8080/", timeout=5) as answer:
            found.append(answer.read().decode())
    return found


def test_a_service_serves_when_it_is_made_and_after_each_update(deploy, client, unique):
    outputs = deploy(body="one")
    assert outputs["Arn"] == f"arn:aws:ecs:us-east-1:000000000000:service/{unique}/{outputs['Name']}"
    assert outputs["Cluster"].endswith(f":cluster/{unique}")
    ecs = client("ecs")
    assert served(ecs, unique) == ["one"]
    deploy(body="two", DesiredCount=2)
    assert served(ecs, unique) == ["two", "two"]
    definition = ecs.describe_task_definition(taskDefinition=unique)["taskDefinition"]
    assert definition["containerDefinitions"][0]["dockerLabels"] == {"Kept.As": "It is"}
    assert ecs.list_task_definitions(familyPrefix=unique)["taskDefinitionArns"] == [definition["taskDefinitionArn"]]
    deploy(body="two", DesiredCount=0)
    assert ecs.list_tasks(cluster=unique)["taskArns"] == []


@pytest.mark.parametrize("breaker", [True, False])
def test_a_service_that_does_not_start_fails_with_its_reason(deploy, breaker):
    configuration = {"DeploymentCircuitBreaker": {"Enable": breaker, "Rollback": False}}
    with pytest.raises(PenstockError) as error:
        deploy(script="print('no database'); raise SystemExit(4)", DeploymentConfiguration=configuration)
    assert "Essential container in task exited (app: exit code 4, after it said: no database)" in str(error.value)
    assert ("Circuit Breaker was triggered" in str(error.value)) is breaker


def test_a_reason_that_task_and_container_share_is_said_once(deploy):
    with pytest.raises(PenstockError) as error:
        deploy(image="nobody/nothing:1")
    assert str(error.value).count("CannotPullContainerError: nobody/nothing:1") == 1


def test_a_stack_whose_service_does_not_start_is_rolled_back_with_it(client, unique):
    stacks, ecs = client("cloudformation"), client("ecs")
    body = json.dumps(template(unique, script="raise SystemExit(4)", ServiceName=unique))
    stacks.create_stack(StackName=unique, TemplateBody=body)
    while (stack := stacks.describe_stacks(StackName=unique)["Stacks"][0])["StackStatus"].endswith("_IN_PROGRESS"):
        pass
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert unique not in str(ecs.list_clusters()["clusterArns"])
    failed = [
        event["PhysicalResourceId"]
        for event in stacks.describe_stack_events(StackName=unique)["StackEvents"]
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert [arn.partition(":service/")[2] for arn in failed] == [f"{unique}/{unique}"]

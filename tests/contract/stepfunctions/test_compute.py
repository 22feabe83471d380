"""Functions and containers: what they return, how they fail, and that nothing waits longer than it must."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

from .conftest import ROLE, kinds, one

SOURCE = """
class Custom(Exception):
    pass

def handler(event, context):
    if event.get("fail"):
        raise Custom("no")
    return {"got": event}
"""
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def function(client: Callable[..., Any], unique: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    made = client("lambda").create_function(
        FunctionName=unique, Runtime="python3.12", Handler="app.handler", Role=ROLE, Code={"ZipFile": buffer.getvalue()}
    )
    return str(made["FunctionArn"])


def test_a_function_by_its_arn(run: Run, sfn: Any, function: str) -> None:
    found = run(one({"Type": "Task", "Resource": function}), {"a": 1}, advance=1)
    assert found["output"] == {"got": {"a": 1}}
    assert kinds(sfn, found["executionArn"])[2:5] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]


def test_a_function_s_own_error_has_its_name(run: Run, function: str) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
    }
    assert run(one(state), {"b": 2}, advance=1)["output"] == {"got": {"b": 2}}
    found = run(one(state), {"fail": True}, advance=1)
    assert found["error"] == "Custom"
    assert json.loads(found["cause"])["errorMessage"] == "no"


@pytest.mark.parametrize(("code", "status"), [(0, "SUCCEEDED"), (3, "FAILED")])
def test_a_task_of_ecs_is_awaited(
    sfn: Any,
    machine: Callable[..., str],
    client: Callable[..., Any],
    penstock: TestRuntime,
    unique: str,
    code: int,
    status: str,
) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    script = f"import os, sys; sys.exit({code} if os.environ['X'] == 'yes' else 9)"
    container = {"name": "c", "image": "python:3", "entryPoint": ["python3", "-c", script], "memory": 128}
    ecs.register_task_definition(
        family=unique,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    parameters = {
        "Cluster": unique,
        "TaskDefinition": unique,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [subnet]}},
        "Overrides": {"ContainerOverrides": [{"Name": "c", "Environment": [{"Name": "X", "Value.$": "$.x"}]}]},
    }
    state = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": parameters}
    arn = machine(one(state))
    execution = sfn.start_execution(stateMachineArn=arn, input='{"x": "yes"}')["executionArn"]
    penstock.run(_ended(penstock, execution))
    found = sfn.describe_execution(executionArn=execution)
    assert found["status"] == status
    told = json.loads(found["output"]) if status == "SUCCEEDED" else json.loads(found["cause"])
    assert (told["LastStatus"], told["Containers"][0]["ExitCode"]) == ("STOPPED", code)
    assert status == "SUCCEEDED" or found["error"] == "States.TaskFailed"


async def _ended(penstock: TestRuntime, execution: str) -> None:
    """A container is a real process: its execution is waited for by its signal."""
    ctx = penstock.runtime.kernel.context()
    while (await ctx.call("stepfunctions", "DescribeExecution", {"executionArn": execution}))["status"] == "RUNNING":
        await ctx.signals.wait(("states", execution))


CALLS_BACK = """
import json, os, urllib.request
headers = {"X-Amz-Target": "AWSStepFunctions.SendTaskSuccess", "Content-Type": "application/x-amz-json-1.0"}
body = json.dumps({"taskToken": os.environ["TOKEN"], "output": json.dumps({"from": "the task"})}).encode()
urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body, headers)).read()
"""


def test_a_task_of_ecs_calls_back(
    sfn: Any, machine: Callable[..., str], client: Callable[..., Any], penstock: TestRuntime, unique: str
) -> None:
    client("ecs").create_cluster(clusterName=unique)
    container = {"name": "c", "image": "python:3", "entryPoint": ["python3", "-c", CALLS_BACK], "memory": 128}
    client("ecs").register_task_definition(
        family=unique,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    environment = [{"Name": "TOKEN", "Value.$": "$$.Task.Token"}]
    parameters = {
        "Cluster": unique,
        "TaskDefinition": unique,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [subnet]}},
        "Overrides": {"ContainerOverrides": [{"Name": "c", "Environment": environment}]},
    }
    state = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken", "Parameters": parameters}
    execution = sfn.start_execution(stateMachineArn=machine(one(state)))["executionArn"]
    penstock.run(_ended(penstock, execution))
    assert json.loads(sfn.describe_execution(executionArn=execution)["output"]) == {"from": "the task"}
    assert kinds(sfn, execution)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_task_of_ecs_that_cannot_be_placed(run: Run) -> None:
    parameters = {"Cluster": "nowhere", "TaskDefinition": "nothing", "LaunchType": "FARGATE"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken", "Parameters": parameters}
    assert run(one(state))["error"] == "ECS.ClusterNotFoundException"

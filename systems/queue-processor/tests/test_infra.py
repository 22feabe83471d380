import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from infra.app import build

ROOT = Path(__file__).parent.parent
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]


@pytest.fixture(scope="module")
def dev() -> Template:
    found = build(CONTEXT).node.find_child("Invoices-dev")
    assert isinstance(found, cdk.Stack)
    return Template.from_stack(found)


def test_outputs(dev: Template) -> None:
    assert set(dev.find_outputs("*")) == {"QueueUrl", "DeadLetterQueueUrl", "BucketName"}


def test_the_pipe_waits_for_the_workflow(dev: Template) -> None:
    source = {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 5}}
    target = {"StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    dev.has_resource_properties("AWS::Pipes::Pipe", {"SourceParameters": source, "TargetParameters": target})


def test_no_message_is_back_while_its_task_may_run(dev: Template) -> None:
    dev.has_resource_properties(
        "AWS::SQS::Queue",
        {
            "VisibilityTimeout": 360,
            "MaximumMessageSize": 12288,
            "RedrivePolicy": Match.object_like({"maxReceiveCount": 3}),
        },
    )


def test_the_workflow_is_express_logged_and_traced(dev: Template) -> None:
    dev.has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineType": "EXPRESS",
            "LoggingConfiguration": Match.object_like({"Level": "ALL", "IncludeExecutionData": True}),
            "TracingConfiguration": {"Enabled": True},
        },
    )


def test_nothing_runs_by_itself(dev: Template) -> None:
    for kind in ("AWS::ECS::Service", "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway"):
        dev.resource_count_is(kind, 0)


def test_the_pipe_may_read_the_queue_and_start_the_workflow(dev: Template) -> None:
    [policy] = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in dev.find_resources("AWS::IAM::Policy").items()
        if "PipeRole" in name
    ]
    allowed = {action for each in policy for action in [each["Action"]] for action in _list(action)}
    assert allowed == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "states:StartSyncExecution",
    }
    assert all(each["Resource"] != "*" for each in policy)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_cdk_nag_passes() -> None:
    assert build({**CONTEXT, "nag": "true"}).synth().stacks

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
def templates() -> dict[str, Template]:
    app = build(CONTEXT)
    return {stack.node.id: Template.from_stack(stack) for stack in app.node.children if isinstance(stack, cdk.Stack)}


@pytest.fixture(scope="module")
def publisher(templates: dict[str, Template]) -> Template:
    return templates["CustomerPublisher-dev"]


@pytest.fixture(scope="module")
def processor(templates: dict[str, Template]) -> Template:
    return templates["CustomerProcessor-dev"]


def text_of(value: Any) -> str:
    """A joined string, references as `#`."""
    parts = value["Fn::Join"][1] if isinstance(value, dict) else [value]
    return "".join(part if isinstance(part, str) else "#" for part in parts)


def states(processor: Template) -> Any:
    [machine] = processor.find_resources("AWS::StepFunctions::StateMachine").values()
    return json.loads(text_of(machine["Properties"]["DefinitionString"]))["States"]


def test_outputs(publisher: Template, processor: Template) -> None:
    assert "ApiUrl" in publisher.find_outputs("*")
    assert {"TableName", "FailureQueueUrl", "BucketName"} <= set(processor.find_outputs("*"))


def test_the_stream_is_on_demand_encrypted_and_kept_for_a_day(publisher: Template) -> None:
    publisher.has_resource_properties(
        "AWS::Kinesis::Stream",
        {
            "RetentionPeriodHours": 24,
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
            "StreamEncryption": Match.any_value(),
        },
    )


def test_the_pipe_passes_four_members_and_gives_up_into_a_queue(processor: Template) -> None:
    source = {
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
        "MaximumRetryAttempts": 10,
        "DeadLetterConfig": {"Arn": Match.any_value()},
    }
    template = (
        '{"partitionKey": <$.partitionKey>, "sequenceNumber": <$.sequenceNumber>, "data": <$.data>, '
        '"eventID": <$.eventID>}'
    )
    target = {
        "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"},
        "InputTemplate": template,
    }
    processor.has_resource_properties(
        "AWS::Pipes::Pipe",
        {"SourceParameters": {"KinesisStreamParameters": Match.object_like(source)}, "TargetParameters": target},
    )


def test_the_workflow_is_standard_logged_and_traced(processor: Template) -> None:
    processor.has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineType": "STANDARD",
            "LoggingConfiguration": Match.object_like({"Level": "ALL", "IncludeExecutionData": True}),
            "TracingConfiguration": {"Enabled": True},
        },
    )


def test_the_workflow_waits_300_seconds_for_the_task_and_catches_whatever_fails(processor: Template) -> None:
    run = states(processor)["Run"]
    assert run["Resource"] == "arn:aws:states:::ecs:runTask.waitForTaskToken"
    assert run["TimeoutSeconds"] == 300
    [catch] = run["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "SetAside")


def test_only_success_removes_the_payload(processor: Template) -> None:
    followers = {name: state.get("Next") for name, state in states(processor).items()}
    assert [name for name, following in followers.items() if following == "Remove"] == ["Run"]
    assert followers["SetAside"] == "Failed"


def test_nothing_runs_by_itself(processor: Template) -> None:
    for kind in ("AWS::ECS::Service", "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway"):
        processor.resource_count_is(kind, 0)


def test_the_container_is_read_only(processor: Template) -> None:
    container = Match.object_like({"ReadonlyRootFilesystem": True})
    processor.has_resource_properties("AWS::ECS::TaskDefinition", {"ContainerDefinitions": [container]})


def test_no_role_may_do_everything_to_anything(publisher: Template, processor: Template) -> None:
    """Beyond what AWS gives no resource to: traces, deliveries of logs, and the login at ECR."""
    unnamed = ("xray:", "logs:", "ecr:GetAuthorizationToken")
    for policy in [
        each["Properties"]["PolicyDocument"]
        for template in (publisher, processor)
        for each in template.find_resources("AWS::IAM::Policy").values()
    ]:
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert all("*" not in action for action in actions)
            assert statement["Resource"] != "*" or all(action.startswith(unnamed) for action in actions)


def test_everything_that_keeps_data_is_encrypted_and_ends(publisher: Template, processor: Template) -> None:
    processor.all_resources_properties("AWS::DynamoDB::Table", {"SSESpecification": {"SSEEnabled": True}})
    processor.all_resources_properties("AWS::SQS::Queue", {"SqsManagedSseEnabled": True})
    processor.all_resources_properties("AWS::SQS::Queue", {"MessageRetentionPeriod": Match.any_value()})
    processor.all_resources_properties("AWS::S3::Bucket", {"BucketEncryption": Match.any_value()})
    for template in (publisher, processor):
        template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": Match.any_value()})


def test_cdk_nag_passes() -> None:
    assert build({**CONTEXT, "nag": "true"}).synth().stacks

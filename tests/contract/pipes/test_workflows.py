"""State machines and tasks as enrichment and target: scripted services stand in for them."""

import json
import types
from typing import Any

import pytest

from penstock.base.errors import AwsError
from penstock.call import Config, Service
from penstock.services import logs, pipes, sqs
from penstock.testing import TestRuntime, running

from .conftest import ROLE

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
ACCOUNT = "us-east-1:000000000000"


class Scripted:
    """A service whose answers are given in turn, errors among them; `requests` are what it was asked."""

    def __init__(self, name: str, *operations: str) -> None:
        self.requests: list[tuple[str, dict[str, Any], str]] = []
        self.answers: list[Any] = []
        module = types.ModuleType(name)
        for operation in operations:
            vars(module)[operation] = self._operation(operation, module.__name__)
        self.service = Service(name=name, operations=(module,))

    def _operation(self, name: str, module: str) -> Any:
        async def perform(ctx: Any, request: dict[str, Any]) -> dict[str, Any]:
            self.requests.append((name, request, ctx.principal.arn))
            answer = self.answers.pop(0) if self.answers else {}
            if isinstance(answer, AwsError):
                raise answer
            return dict(answer)

        perform.__module__ = module
        return perform


class World:
    def __init__(self, runtime: TestRuntime, machines: Scripted, tasks: Scripted) -> None:
        self.runtime, self.machines, self.tasks = runtime, machines, tasks
        self.sqs, self.pipes, self.logs = (runtime.client(name) for name in ("sqs", "pipes", "logs"))
        self.url = self.sqs.create_queue(QueueName="a")["QueueUrl"]
        self.target = self.sqs.create_queue(QueueName="b")["QueueUrl"]

    def pipe(self, target: str, **settings: Any) -> None:
        request = {"Name": "p", "Source": f"arn:aws:sqs:{ACCOUNT}:a", "Target": target, "RoleArn": ROLE}
        self.pipes.create_pipe(**request, **settings)

    def send(self, *numbers: int) -> list[str]:
        ids = [self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps({"n": n}))["MessageId"] for n in numbers]
        self.runtime.settle()
        return ids

    def left(self) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible"))


@pytest.fixture
def world() -> Any:
    machines = Scripted("stepfunctions", "start_sync_execution", "start_execution")
    tasks = Scripted("ecs", "run_task")
    services = (sqs.SERVICE, pipes.SERVICE, logs.SERVICE, machines.service, tasks.service)
    with running(Config(port=0), services) as runtime:
        yield World(runtime, machines, tasks)


def done(output: Any = None, status: str = "SUCCEEDED", **members: Any) -> dict[str, Any]:
    execution = f"arn:aws:states:{ACCOUNT}:express:m:n:1"
    answer = {"executionArn": execution, "startDate": 0.0, "stopDate": 0.0, "status": status, **members}
    return {**answer, "output": json.dumps(output)} if status == "SUCCEEDED" else answer


BODY = {"InputTemplate": "<$.body>"}


def test_a_synchronous_execution_gets_the_batch_as_the_pipes_role(world: World) -> None:
    world.machines.answers = [done()]
    world.pipe(MACHINE, TargetParameters=BODY)
    world.send(1)
    [(operation, request, principal)] = world.machines.requests
    assert (operation, request["stateMachineArn"]) == ("start_sync_execution", MACHINE)
    assert json.loads(request["input"]) == [{"n": 1}]
    assert principal == "arn:aws:sts::000000000000:assumed-role/pipe/p"
    assert world.left() == 0


def test_an_execution_that_is_not_waited_for(world: World) -> None:
    world.machines.answers = [{"executionArn": "arn", "startDate": 0.0}]
    machine = {"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    world.pipe(MACHINE, TargetParameters={**BODY, **machine})
    world.send(1)
    [(operation, request, _)] = world.machines.requests
    assert (operation, json.loads(request["input"])) == ("start_execution", [{"n": 1}])
    assert world.left() == 0


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_an_execution_that_fails(world: World, status: str) -> None:
    world.machines.answers = [done(status=status, error="E", cause="c"), done()]
    world.pipe(MACHINE)
    world.send(1)
    assert world.left() == 1
    world.runtime.advance(31)
    assert (world.left(), len(world.machines.requests)) == (0, 2)


def test_an_execution_that_names_failures(world: World) -> None:
    window = {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1}}
    world.pipe(MACHINE, SourceParameters=window)
    ids = world.send(1, 2, 3)
    world.machines.answers = [done({"batchItemFailures": [{"itemIdentifier": ids[1]}]}), done()]
    world.runtime.advance(2)
    assert world.left() == 1
    world.runtime.advance(32)
    assert world.left() == 0
    assert [json.loads(record["body"])["n"] for record in json.loads(world.machines.requests[1][1]["input"])] == [2]


def test_a_service_that_is_down_is_waited_for(world: World) -> None:
    down = AwsError("ServiceUnavailable", "later", status=503)
    world.machines.answers = [down, AwsError("ThrottlingException", "slow down", status=400), done()]
    world.pipe(MACHINE)
    world.send(1)
    assert world.left() == 1
    world.runtime.advance(10)
    assert (world.left(), len(world.machines.requests)) == (0, 3)
    inputs = [json.loads(request["input"])[0]["attributes"] for _, request, _ in world.machines.requests]
    assert {attributes["ApproximateReceiveCount"] for attributes in inputs} == {"1"}


def test_a_state_machine_enriches(world: World) -> None:
    world.machines.answers = [done([{"x": 1}, {"x": 2}])]
    world.pipe(f"arn:aws:sqs:{ACCOUNT}:b", Enrichment=MACHINE, EnrichmentParameters=BODY)
    world.send(1)
    found = world.sqs.receive_message(QueueUrl=world.target, MaxNumberOfMessages=10)["Messages"]
    assert sorted(json.loads(message["Body"])["x"] for message in found) == [1, 2]


def test_more_events_than_the_target_takes(world: World) -> None:
    world.machines.answers = [done(list(range(11)))]
    world.pipe(f"arn:aws:sqs:{ACCOUNT}:b", Enrichment=MACHINE)
    world.send(1)
    assert "Messages" not in world.sqs.receive_message(QueueUrl=world.target)
    assert world.left() == 1


def test_a_task_with_overrides_from_the_event(world: World) -> None:
    world.tasks.answers = [{"tasks": [], "failures": []}]
    definition = f"arn:aws:ecs:{ACCOUNT}:task-definition/work:1"
    network = {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "DISABLED"}
    container = {
        "Name": "work",
        "Command": ["run", "$.body.n"],
        "Cpu": 10,
        "Environment": [{"name": "N", "value": "$.body.n"}],
    }
    given = {
        "TaskDefinitionArn": definition,
        "TaskCount": 2,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": network},
        "Overrides": {"ContainerOverrides": [container], "Memory": "512"},
        "Tags": [{"Key": "k", "Value": "v"}],
        "PropagateTags": "TASK_DEFINITION",
    }
    world.pipe(f"arn:aws:ecs:{ACCOUNT}:cluster/c", TargetParameters={"EcsTaskParameters": given})
    world.send(7)
    [(_, request, principal)] = world.tasks.requests
    assert request == {
        "cluster": f"arn:aws:ecs:{ACCOUNT}:cluster/c",
        "taskDefinition": definition,
        "count": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
        },
        "overrides": {
            "containerOverrides": [
                {"name": "work", "command": ["run", "7"], "cpu": 10, "environment": [{"name": "N", "value": "7"}]}
            ],
            "memory": "512",
        },
        "tags": [{"key": "k", "value": "v"}],
        "propagateTags": "TASK_DEFINITION",
        "startedBy": "events-pipe/p",
    }
    assert principal.endswith(":assumed-role/pipe/p")
    assert world.left() == 0


def test_a_task_that_is_not_placed(world: World) -> None:
    world.tasks.answers = [{"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}]
    given = {"TaskDefinitionArn": f"arn:aws:ecs:{ACCOUNT}:task-definition/work:1"}
    world.pipe(f"arn:aws:ecs:{ACCOUNT}:cluster/c", TargetParameters={"EcsTaskParameters": given})
    world.send(7)
    assert world.left() == 1


# -- logs ----------------------------------------------------------------------------------------------


def records(world: World) -> list[dict[str, Any]]:
    found = world.logs.filter_log_events(logGroupName="g")["events"]
    return [json.loads(event["message"]) for event in found]


def log_to(level: str, *data: str) -> dict[str, Any]:
    destination = {"LogGroupArn": f"arn:aws:logs:{ACCOUNT}:log-group:g"}
    settings = {"Level": level, "CloudwatchLogsLogDestination": destination}
    return {**settings, "IncludeExecutionData": list(data)} if data else settings


STAGES = ["ENRICHMENT_STAGE_ENTERED", "ENRICHMENT_STAGE_SUCCEEDED", "TARGET_STAGE_ENTERED", "TARGET_STAGE_SUCCEEDED"]


def test_a_log_of_stages(world: World) -> None:
    world.logs.create_log_group(logGroupName="g")
    world.machines.answers = [done([{"x": 1}])]
    target = f"arn:aws:sqs:{ACCOUNT}:b"
    world.pipe(target, Enrichment=MACHINE, EnrichmentParameters=BODY, LogConfiguration=log_to("INFO"))
    world.send(1)
    found = records(world)
    assert [record["messageType"] for record in found] == ["EXECUTION_STARTED", *STAGES, "EXECUTION_SUCCEEDED"]
    assert len({record["executionId"] for record in found}) == 1
    assert {record["resourceArn"] for record in found} == {f"arn:aws:pipes:{ACCOUNT}:pipe/p"}
    assert not any("payload" in record for record in found)


def test_a_log_of_everything(world: World) -> None:
    world.logs.create_log_group(logGroupName="g")
    world.machines.answers = [done()]
    world.pipe(MACHINE, TargetParameters=BODY, LogConfiguration=log_to("TRACE", "ALL"))
    world.send(1)
    found = {record["messageType"]: record for record in records(world)}
    assert list(found) == [
        "EXECUTION_STARTED",
        "TARGET_STAGE_ENTERED",
        "TARGET_TRANSFORMATION_STARTED",
        "TARGET_TRANSFORMATION_SUCCEEDED",
        "TARGET_INVOCATION_STARTED",
        "TARGET_INVOCATION_SUCCEEDED",
        "TARGET_STAGE_SUCCEEDED",
        "EXECUTION_SUCCEEDED",
    ]
    assert json.loads(found["EXECUTION_STARTED"]["payload"])[0]["body"] == '{"n": 1}'
    assert json.loads(found["TARGET_INVOCATION_STARTED"]["awsRequest"])["stateMachineArn"] == MACHINE
    assert json.loads(found["TARGET_INVOCATION_SUCCEEDED"]["awsResponse"])["status"] == "SUCCEEDED"


def test_a_log_of_errors(world: World) -> None:
    world.logs.create_log_group(logGroupName="g")
    world.machines.answers = [done(), AwsError("StateMachineDoesNotExist", "gone", status=400)]
    world.pipe(MACHINE, LogConfiguration=log_to("ERROR"))
    world.send(1)
    assert records(world) == []
    world.send(2)
    found = records(world)
    kinds = [record["messageType"] for record in found]
    assert kinds == ["TARGET_INVOCATION_FAILED", "TARGET_STAGE_FAILED", "EXECUTION_FAILED"]
    assert {record["logLevel"] for record in found} == {"ERROR"}
    assert found[0]["error"]["message"] == "gone"

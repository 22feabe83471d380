"""How long after SendMessage a task's own code runs: queue -> pipe -> express workflow -> RunTask -> process.

No peer can follow: MiniStack 1.5.33's pipes read DynamoDB streams but no queue, and its tasks run in Docker only; the
pipes of moto are records. So the measure is the process itself: an interpreter started directly in the same run.
"""

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.peers import CLEAN, Server

ROLE = "arn:aws:iam::000000000000:role/bench"
GROUP = "bench"
MESSAGES, WARM = 30, 3
LATENCY = "message to task through a pipe, p50"
ADDED = "message to task, beyond the start of a process, p50"
# The first line of the task's code: when it runs.
SCRIPT = "import time; print(time.time(), flush=True)"


def message_to_task(server: Server) -> dict[str, float]:
    """Milliseconds, one message at a time; the first ones, which make image and environment, do not count."""
    url = _provision(server)
    sqs, logs = server.client("sqs"), server.client("logs")
    taken = []
    for number in range(1, MESSAGES + 1):
        sent = time.time()
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        taken.append(_lines(logs, number)[-1] - sent)
    whole, alone = (statistics.median(values) * 1000 for values in (taken[WARM:], _processes()))
    return {LATENCY: whole, ADDED: whole - alone}


def _lines(logs: Any, count: int) -> list[float]:
    """What `count` tasks have printed, in order of time."""
    until = time.monotonic() + 30
    while len(found := logs.filter_log_events(logGroupName=GROUP)["events"]) < count:
        if time.monotonic() > until:
            raise TimeoutError("no task runs")
        time.sleep(0.02)
    return sorted(float(event["message"]) for event in found)


def _processes() -> list[float]:
    """The same code, started by nobody but this process."""
    taken = []
    for _ in range(MESSAGES):
        began = time.time()
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, env=CLEAN)
        taken.append(float(done.stdout) - began)
    return taken


def _provision(server: Server) -> str:
    """The URL of the queue."""
    server.client("logs").create_log_group(logGroupName=GROUP)
    machine = _machine(server, _task(server))
    sqs = server.client("sqs")
    url: str = sqs.create_queue(QueueName="bench")["QueueUrl"]
    source = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    waiting = {"StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    server.client("pipes").create_pipe(
        Name="bench", Source=source, Target=machine, RoleArn=ROLE, TargetParameters=waiting
    )
    return url


def _task(server: Server) -> dict[str, Any]:
    """RunTask's request."""
    ec2, ecs = server.client("ec2"), server.client("ecs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task"}
    container = {
        "name": "task",
        "image": "python:3",
        "command": ["python", "-c", SCRIPT],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    cluster = ecs.create_cluster(clusterName="bench")["cluster"]["clusterArn"]
    made = ecs.register_task_definition(
        family="task",
        executionRoleArn=ROLE,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    network = {"AwsvpcConfiguration": {"Subnets": [subnet]}}
    definition = made["taskDefinition"]["taskDefinitionArn"]
    named = {"Cluster": cluster, "TaskDefinition": definition, "LaunchType": "FARGATE"}
    return {**named, "NetworkConfiguration": network}


def _machine(server: Server, request: dict[str, Any]) -> str:
    run = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": request, "End": True}
    definition = json.dumps({"StartAt": "Run", "States": {"Run": run}})
    client = server.client("stepfunctions")
    made = client.create_state_machine(name="bench", type="EXPRESS", definition=definition, roleArn=ROLE)
    arn: str = made["stateMachineArn"]
    return arn

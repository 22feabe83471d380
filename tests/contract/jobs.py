"""A task that ends by itself and says what it was given, for whatever starts tasks."""

from collections.abc import Callable
from typing import Any

from penstock.testing import TestRuntime

from .ecs.conftest import Ecs

SCRIPT = (
    "import os, sys; print(os.environ.get('GIVEN', 'nothing'), *sys.argv[1:]); sys.exit(int(os.environ.get('CODE', 0)))"
)
EXECUTION_ROLE = "arn:aws:iam::000000000000:role/execution"


class Job:
    """`said()` are the lines that its tasks have written, `tasks()` those that have ended."""

    def __init__(self, penstock: TestRuntime, client: Callable[..., Any], name: str) -> None:
        self.ecs = Ecs(penstock, client, name)
        self._logs, self._group = client("logs"), name
        self._logs.create_log_group(logGroupName=name)
        options = {"awslogs-group": name, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job"}
        configuration = {"logDriver": "awslogs", "options": options}
        self.definition = self.ecs.define(SCRIPT, logConfiguration=configuration, task_executionRoleArn=EXECUTION_ROLE)

    @property
    def cluster(self) -> str:
        return self.ecs.cluster_arn

    @property
    def parameters(self) -> dict[str, Any]:
        """How a rule or a pipe says that it is to run on Fargate."""
        network = {"awsvpcConfiguration": {"Subnets": self.ecs.subnets, "AssignPublicIp": "DISABLED"}}
        return {"TaskDefinitionArn": self.definition, "LaunchType": "FARGATE", "NetworkConfiguration": network}

    def said(self) -> list[str]:
        return [event["message"] for event in self._logs.filter_log_events(logGroupName=self._group)["events"]]

    def tasks(self) -> list[dict[str, Any]]:
        arns = self.ecs.client.list_tasks(cluster=self.cluster, desiredStatus="STOPPED")["taskArns"]
        found: list[dict[str, Any]] = (
            self.ecs.client.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []
        )
        return found

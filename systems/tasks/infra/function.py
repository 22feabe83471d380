"""What the functions have in common."""

from pathlib import Path
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from penstock_constructs.python_function import PythonFunction

ROOT = Path(__file__).parent.parent


class TasksFunction(PythonFunction):
    """`functions.<name>.handler.handler`. `may` allows it what it calls, and nothing else."""

    def __init__(self, scope: Construct, id: str, *, name: str, environment: dict[str, str], **options: Any) -> None:
        powertools = {"POWERTOOLS_SERVICE_NAME": name, "POWERTOOLS_METRICS_NAMESPACE": "Tasks"}
        super().__init__(
            scope,
            id,
            root=ROOT,
            handler=f"functions.{name}.handler.handler",
            environment=powertools | environment,
            **{"timeout": Duration.seconds(30)} | options,
        )

    def may(self, resource: str, service: str, *actions: str) -> None:
        """`may(arn, "dynamodb", "GetItem")`. CDK's `grant_read_data` and the like allow more than is called."""
        named = [f"{service}:{action}" for action in actions]
        self.add_to_role_policy(iam.PolicyStatement(actions=named, resources=[resource]))

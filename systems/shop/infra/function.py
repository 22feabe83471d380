"""What the shop's functions have in common."""

from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from penstock_constructs.python_function import PythonFunction

ROOT = Path(__file__).parent.parent


class ShopFunction(PythonFunction):
    def __init__(
        self, scope: Construct, id: str, *, service: str, handler: str, environment: dict[str, str], **options: Any
    ) -> None:
        powertools = {"POWERTOOLS_SERVICE_NAME": service, "POWERTOOLS_METRICS_NAMESPACE": "Shop"}
        super().__init__(scope, id, root=ROOT, handler=handler, environment=powertools | environment, **options)


def allow(function: PythonFunction, resource: str, service: str, *actions: str) -> None:
    """`allow(f, arn, "dynamodb", "GetItem")`. CDK's `grant_read_data` and the like allow more than is called."""
    named = [f"{service}:{action}" for action in actions]
    function.add_to_role_policy(iam.PolicyStatement(actions=named, resources=[resource]))

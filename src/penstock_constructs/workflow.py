"""A state machine that says what it does: every step in a log group of its own, with the data, and traced."""

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from penstock_constructs.acceptance import accept_wildcard


class Workflow(sfn.StateMachine):
    """`definition` is in the Amazon States Language; tokens in it are resolved. Its role may do nothing yet."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        definition: Mapping[str, Any],
        kind: sfn.StateMachineType,
        timeout: Duration,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(
            scope,
            id,
            state_machine_type=kind,
            definition_body=sfn.DefinitionBody.from_string(Stack.of(scope).to_json_string(definition)),
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(scope, f"{id}Logs", "/aws/vendedlogs/states/", log_retention),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )
        accept_wildcard(self.role, "*", "Deliveries of logs and traces have no resource to name.")


def log_group(scope: Construct, id: str, prefix: str, retention: logs.RetentionDays) -> logs.ILogGroup:
    """Where somebody looks for it: named by the construct whose log it is."""
    name = f"{prefix}{scope.node.path.replace('/', '-')}"
    group = logs.LogGroup(scope, id, log_group_name=name, retention=retention, removal_policy=RemovalPolicy.DESTROY)
    return cast(logs.ILogGroup, group)

"""What a role may do, resource by resource. CDK's `grant_read` and the like allow more than is called."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam

from penstock_constructs.acceptance import accept_wildcard

Conditions = Mapping[str, Any] | None


def allow(role: iam.IRole, resource: str, *actions: str, conditions: Conditions = None) -> None:
    statement = iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)
    role.add_to_principal_policy(statement)


def allow_named_later(role: iam.IRole, resource: str, *actions: str, conditions: Conditions = None) -> None:
    """`resource` ends in a `*` because what it means has no name yet."""
    allow(role, resource, *actions, conditions=conditions)
    accept_wildcard(role, resource, "Tasks and objects get their names when they begin.")

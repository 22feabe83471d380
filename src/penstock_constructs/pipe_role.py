"""The role of an EventBridge pipe: nobody but a pipe of this account takes it on."""

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct


class PipeRole(iam.Role):
    """A pipe must come after it and its policy (`add_dependency`): one is refused that may not read its source."""

    def __init__(self, scope: Construct, id: str) -> None:
        here = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        mine = iam.ServicePrincipal("pipes.amazonaws.com").with_conditions(here)
        super().__init__(scope, id, assumed_by=cast(iam.IPrincipal, mine))

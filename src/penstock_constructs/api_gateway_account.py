"""The setting by which API Gateway may write logs. There is one of it for each account and region."""

from typing import cast

from aws_cdk import Acknowledgment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class ApiGatewayAccount(Construct):
    """Retained on deletion, role and all: other stacks' APIs log by the same setting."""

    @classmethod
    def of(cls, scope: Construct) -> "ApiGatewayAccount":
        """The one of this stack, made when it is first asked for."""
        stack = Stack.of(scope)
        found = stack.node.try_find_child(cls.__name__)
        return cast(ApiGatewayAccount, found) if found else cls(stack, cls.__name__)

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=cast(iam.IPrincipal, iam.ServicePrincipal("apigateway.amazonaws.com")),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(POLICY)],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        Validations.of(role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{POLICY}]",
                reason="API Gateway asks for this policy: the setting covers log groups that do not exist yet.",
            )
        )

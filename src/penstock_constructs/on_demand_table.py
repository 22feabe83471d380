"""A DynamoDB table that needs no capacity planning and can be put back to any second of the last 35 days."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct


class OnDemandTable(dynamodb.Table):
    """Keys are strings. `keep` says whether the table stays when the stack is deleted: data of record does."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: str,
        sort_key: str | None = None,
        time_to_live: str | None = None,
        keep: bool,
    ) -> None:
        super().__init__(
            scope,
            id,
            partition_key=_string(partition_key),
            sort_key=_string(sort_key) if sort_key else None,
            time_to_live_attribute=time_to_live,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)

"""A bucket for what is on its way between a workflow and its tasks."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from penstock_constructs.acceptance import accept


class TransitBucket(s3.Bucket):
    """What nobody has taken away after `days` goes. The bucket stays when the stack is deleted: work may be left."""

    def __init__(self, scope: Construct, id: str, *, days: int) -> None:
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(days))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        accept(self, "AwsSolutions-S1", "Only the workflow and its tasks read it, and its logs name each object.")

"""A bucket of what is to be kept: encrypted, versioned, closed to the public, spoken to by TLS only."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from penstock_constructs.acceptance import accept


class RecordBucket(s3.Bucket):
    """It stays when the stack is deleted."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        reason = "Nobody but the system itself has access; CloudTrail is the place to record that of those who get it."
        accept(self, "AwsSolutions-S1", reason)

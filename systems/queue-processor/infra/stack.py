"""Invoices: queue -> pipe -> workflow -> task -> bucket. Between batches no container runs."""

from pathlib import Path
from typing import Any, cast

from aws_cdk import CfnOutput, DefaultStackSynthesizer, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from penstock_constructs.acceptance import accept, accept_wildcard
from penstock_constructs.queue_processor import QueueProcessor
from penstock_constructs.service_vpc import ServiceVpc

ROOT = Path(__file__).parent.parent
_KEPT = ("Dockerfile", "domain", "worker")


class InvoicesStack(Stack):
    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        vpc = ServiceVpc(self, "Vpc", egress="endpoints")
        vpc.reach("s3", "sqs")
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENABLED)
        bucket = _bucket(self)
        processor = QueueProcessor(
            self,
            "Processor",
            cluster=cast(ecs.ICluster, cluster),
            subnets=vpc.isolated_subnets,
            image=_image(),
            environment={"INVOICE_BUCKET": bucket.bucket_name},
        )
        invoices = bucket.arn_for_objects("invoices/*")
        processor.allow(invoices, "s3", "PutObject", "GetObject")
        accept_wildcard(processor.task.role, invoices, "An invoice's number is not known before it comes.")
        CfnOutput(self, "QueueUrl", value=processor.queue.queue.queue_url)
        CfnOutput(self, "DeadLetterQueueUrl", value=processor.queue.dead_letter_queue.queue_url)
        CfnOutput(self, "BucketName", value=bucket.bucket_name)


def _bucket(scope: Construct) -> s3.Bucket:
    """Stays when the stack is deleted: invoices are kept for years."""
    bucket = s3.Bucket(
        scope,
        "Invoices",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        versioned=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    reason = "Nobody but the tasks has access; CloudTrail is the place to record that of those who get it."
    accept(bucket, "AwsSolutions-S1", reason)
    return bucket


def _image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        platform=ecr_assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.GIT,
        exclude=["/*", *(f"!/{name}" for name in _KEPT), "__pycache__"],
    )

"""Invoices: queue -> pipe -> workflow -> task -> bucket. Between batches no container runs."""

from pathlib import Path
from typing import Any, cast

from aws_cdk import CfnOutput, DefaultStackSynthesizer, IgnoreMode, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from penstock_constructs.acceptance import accept_wildcard
from penstock_constructs.queue_processor import QueueProcessor
from penstock_constructs.record_bucket import RecordBucket
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
        bucket = RecordBucket(self, "Invoices")  # for years
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


def _image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        platform=ecr_assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.GIT,
        exclude=["/*", *(f"!/{name}" for name in _KEPT), "__pycache__"],
    )

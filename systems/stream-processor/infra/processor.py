"""Stream -> pipe -> workflow -> task -> table. Between payloads no container runs."""

from pathlib import Path
from typing import Any, cast

from aws_cdk import CfnOutput, DefaultStackSynthesizer, IgnoreMode, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.service_vpc import ServiceVpc
from penstock_constructs.stream_processor import StreamProcessor

ROOT = Path(__file__).parent.parent
_KEPT = ("Dockerfile", "domain", "worker")


class ProcessorStack(Stack):
    """Each task reads the parameter `/customers-<environment>/drills`: `on`, and reserved first names fail."""

    def __init__(self, scope: Construct, id: str, *, environment: str, stream: kinesis.IStream, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        vpc = ServiceVpc(self, "Vpc", egress="endpoints")
        vpc.reach("s3", "dynamodb", "states", "ssm")
        table = OnDemandTable(self, "Customers", partition_key="customerId", keep=True)
        drills = ssm.StringParameter(
            self, "Drills", parameter_name=f"/customers-{environment}/drills", string_value="on"
        )
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENABLED)
        processor = StreamProcessor(
            self,
            "Processor",
            stream=stream,
            cluster=cast(ecs.ICluster, cluster),
            subnets=vpc.isolated_subnets,
            image=_image(),
            environment={"TABLE_NAME": table.table_name},
            settings={"DRILLS": cast(ssm.IStringParameter, drills)},
        )
        processor.allow(table.table_arn, "dynamodb", "PutItem")
        for name, value in {
            "TableName": table.table_name,
            "FailureQueueUrl": processor.failure_queue.queue_url,
            "FailureQueueArn": processor.failure_queue.queue_arn,
            "RedriveQueueArn": processor.redrive_queue.queue_arn,
            "UnstartedQueueUrl": processor.unstarted_queue.queue_url,
            "DrillsParameterName": drills.parameter_name,
            "BucketName": processor.bucket.bucket_name,
        }.items():
            CfnOutput(self, name, value=value)


def _image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        platform=ecr_assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.GIT,
        exclude=["/*", *(f"!/{name}" for name in _KEPT), "__pycache__"],
    )

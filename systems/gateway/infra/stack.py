"""The URL shortener: API Gateway -> VPC link -> network load balancer -> Fargate -> table. Only the first is public."""

from typing import Any

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.environment import Environment
from infra.image import image
from penstock_constructs.gateway_service import GatewayService
from penstock_constructs.on_demand_table import OnDemandTable


class GatewayStack(Stack):
    """`alternatives` are the other set-ups of GatewayService: load_balancer, egress, public."""

    def __init__(
        self, scope: Construct, id: str, *, given: Environment, alternatives: dict[str, Any], **options: Any
    ) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        table = OnDemandTable(self, "Links", partition_key="code", keep=True)
        prefix = f"/{given.deployment}/{given.environment}"
        settings = {
            "TABLE_NAME": _parameter(self, "TableName", f"{prefix}/table-name", table.table_name),
            "PORT": _parameter(self, "Port", f"{prefix}/port", str(given.port)),
        }
        service = GatewayService(
            self,
            "Service",
            port=given.port,
            cidr=given.cidr,
            availability_zones=given.availability_zones,
            stage_name=given.environment,
            image=image(self, given.image),
            desired_count=given.count,
            cpu=given.cpu,
            memory=given.memory,
            settings=settings,
            **alternatives,
        )
        service.vpc.reach("dynamodb", "ssm")
        service.tasks.allow(table.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem")
        CfnOutput(self, "ApiUrl", value=service.url)


def _parameter(scope: Construct, id: str, name: str, value: str) -> ssm.IStringParameter:
    return ssm.StringParameter(scope, id, parameter_name=name, string_value=value)

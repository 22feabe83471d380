"""The order service: load balancer -> Fargate -> table and event bus."""

from typing import Any

from aws_cdk import CfnOutput
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.public_service import PublicService
from penstock_constructs.service_vpc import ServiceVpc
from shared.infra.event_bus import ServiceStack
from shared.infra.image import PORT, image


class OrderServiceStack(ServiceStack):
    def __init__(self, scope: Construct, id: str, *, environment: str, **options: Any) -> None:
        super().__init__(scope, id, environment=environment, **options)
        vpc = ServiceVpc(self, "Vpc", egress="nat")
        vpc.reach("dynamodb")
        table = OnDemandTable(self, "Table", partition_key="PK", sort_key="SK", time_to_live="expiresAt", keep=True)
        table_name = ssm.StringParameter(
            self, "TableName", parameter_name=f"/orders/{environment}/order-table-name", string_value=table.table_name
        )
        service = PublicService(
            self,
            "Service",
            vpc=vpc,
            subnets=vpc.service_subnets,
            image=image("order_service"),
            port=PORT,
            settings={"TABLE_NAME": table_name, "EVENT_BUS_NAME": self.event_bus_parameter},
        )
        actions = ("GetItem", "PutItem", "DeleteItem", "Query")
        service.tasks.allow(table.table_arn, "dynamodb", *actions)
        service.tasks.allow(self.event_bus.event_bus_arn, "events", "PutEvents")
        CfnOutput(self, "OrderServiceUrl", value=service.url)

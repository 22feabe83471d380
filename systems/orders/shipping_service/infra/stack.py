"""The shipping service: event bus -> event proxy -> private service on Fargate -> table."""

from pathlib import Path
from typing import Any, cast

from aws_cdk import CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from penstock_constructs.event_proxy import EventProxy
from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.private_service import PrivateService
from penstock_constructs.python_function import PythonFunction
from penstock_constructs.service_vpc import ServiceVpc
from shared.infra.event_bus import ServiceStack
from shared.infra.image import HEALTH_COMMAND, PORT, image
from shipping_service.domain.contract import DETAIL_TYPE, SOURCE


class ShippingServiceStack(ServiceStack):
    def __init__(self, scope: Construct, id: str, *, environment: str, **options: Any) -> None:
        super().__init__(scope, id, environment=environment, **options)
        self.vpc = ServiceVpc(self, "Vpc", egress="endpoints")
        self.vpc.reach("dynamodb", "ssm", "sqs")
        self.service = self._service(environment)
        receiver_url = f"{self.service.url}/receiver"
        proxy = EventProxy(
            self,
            "OrderCreated",
            identifier=f"shipping-order-created-{environment}",
            forwarding_url=receiver_url,
            event_bus=self.event_bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            vpc=self.vpc,
            subnets=self.vpc.service_subnets,
        )
        self.service.tasks.admit(cast(ec2.IConnectable, proxy.function))
        CfnOutput(self, "ReceiverUrl", value=receiver_url)
        CfnOutput(self, "QueueUrl", value=proxy.queue.queue.queue_url)
        CfnOutput(self, "DeadLetterQueueUrl", value=proxy.queue.dead_letter_queue.queue_url)
        CfnOutput(self, "ShipmentLookupFunction", value=self._lookup().function_name)

    def _service(self, environment: str) -> PrivateService:
        table = OnDemandTable(self, "Table", partition_key="orderNumber", keep=True)
        table_name = ssm.StringParameter(
            self,
            "TableName",
            parameter_name=f"/orders/{environment}/shipment-table-name",
            string_value=table.table_name,
        )
        namespace = servicediscovery.PrivateDnsNamespace(
            self, "Namespace", vpc=self.vpc, name=f"{environment}.shipping-service.local"
        )
        service = PrivateService(
            self,
            "Receiver",
            name="event-receiver",
            namespace=namespace,
            vpc=self.vpc,
            subnets=self.vpc.service_subnets,
            image=image("shipping_service"),
            port=PORT,
            health_command=HEALTH_COMMAND,
            settings={"TABLE_NAME": table_name},
        )
        service.tasks.allow(table.table_arn, "dynamodb", "GetItem", "PutItem")
        return service

    def _lookup(self) -> PythonFunction:
        """For operators; nobody else has a permission to invoke it."""
        function = PythonFunction(
            self,
            "ShipmentLookup",
            root=Path(__file__).parent.parent,
            packages=["functions"],
            handler="functions.lookup.handler",
            environment={"SERVICE_URL": self.service.url, "POWERTOOLS_SERVICE_NAME": "shipment-lookup"},
            vpc=self.vpc,
            vpc_subnets=self.vpc.service_subnets,
            allow_all_outbound=False,
        )
        self.service.tasks.admit(cast(ec2.IConnectable, function))
        return function

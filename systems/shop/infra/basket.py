"""The basket microservice: REST API -> function -> table, and at checkout -> event bus."""

from aws_cdk import aws_events as events
from constructs import Construct

from infra.function import ShopFunction, allow
from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.rest_service import RestService

ROUTES = (
    "GET /basket",
    "POST /basket",
    "GET /basket/{userName}",
    "DELETE /basket/{userName}",
    "POST /basket/checkout",
)


class Basket(Construct):
    def __init__(self, scope: Construct, id: str, *, event_bus: events.EventBus) -> None:
        super().__init__(scope, id)
        table = OnDemandTable(self, "Table", partition_key="userName", keep=False)
        checkouts = OnDemandTable(self, "Checkouts", partition_key="id", time_to_live="expiresAt", keep=False)
        function = ShopFunction(
            self,
            "Function",
            service="basket",
            handler="functions.basket.api.handler",
            environment={
                "BASKET_TABLE": table.table_name,
                "CHECKOUT_TABLE": checkouts.table_name,
                "EVENT_BUS_NAME": event_bus.event_bus_name,
            },
        )
        allow(function, table.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan")
        allow(function, checkouts.table_arn, "dynamodb", "GetItem", "PutItem")
        allow(function, event_bus.event_bus_arn, "events", "PutEvents")
        self.rest = RestService(self, "Rest", function=function, routes=ROUTES)

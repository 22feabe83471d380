"""The ordering microservice: rule -> queue -> function -> table, and REST API -> function -> table.

Two functions of one service: the one that the world can reach cannot write, and the one that writes nobody can call.
"""

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from domain.contract import DETAIL_TYPE, SOURCE
from infra.function import ShopFunction, allow
from penstock_constructs.on_demand_table import OnDemandTable
from penstock_constructs.queue_with_dead_letter import QueueWithDeadLetter
from penstock_constructs.rest_service import RestService

ROUTES = ("GET /order", "GET /order/{userName}")
CONSUMER_TIMEOUT = Duration.seconds(10)


class Ordering(Construct):
    def __init__(self, scope: Construct, id: str, *, event_bus: events.EventBus) -> None:
        super().__init__(scope, id)
        self.table = OnDemandTable(self, "Table", partition_key="userName", sort_key="orderDate", keep=True)
        self.orders = QueueWithDeadLetter(
            self,
            "Orders",
            queue_name="OrderQueue",
            # Six times the function's time, as the Lambda guide advises for a queue behind an event source mapping.
            visibility_timeout=Duration.seconds(6 * CONSUMER_TIMEOUT.to_seconds()),
        )
        self._route(event_bus)
        self._consume()
        self.rest = RestService(self, "Rest", function=self._api(), routes=ROUTES)

    def _route(self, event_bus: events.EventBus) -> None:
        queue = targets.SqsQueue(self.orders.queue, dead_letter_queue=self.orders.dead_letter_queue)
        events.Rule(
            self,
            "CheckoutBasketRule",
            description="Baskets that were checked out become orders.",
            event_bus=event_bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            targets=[cast(events.IRuleTarget, queue)],
        )

    def _consume(self) -> None:
        function = ShopFunction(
            self,
            "Consumer",
            service="ordering",
            handler="functions.ordering.queue.handler",
            timeout=CONSUMER_TIMEOUT,
            environment={
                "ORDER_TABLE": self.table.table_name,
                "DEAD_LETTER_QUEUE_URL": self.orders.dead_letter_queue.queue_url,
            },
        )
        allow(function, self.table.table_arn, "dynamodb", "PutItem")
        allow(function, self.orders.dead_letter_queue.queue_arn, "sqs", "SendMessage")
        mapping = sources.SqsEventSource(self.orders.queue, batch_size=10, report_batch_item_failures=True)
        function.add_event_source(cast(lambda_.IEventSource, mapping))

    def _api(self) -> ShopFunction:
        function = ShopFunction(
            self,
            "Function",
            service="ordering",
            handler="functions.ordering.api.handler",
            environment={"ORDER_TABLE": self.table.table_name},
        )
        allow(function, self.table.table_arn, "dynamodb", "Query", "Scan")
        return function

"""The shop: three microservices that share one event bus and nothing else."""

from typing import Any

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_events as events
from constructs import Construct

from infra.basket import Basket
from infra.dashboard import ShopDashboard
from infra.ordering import Ordering
from infra.product import Product


class ShopStack(Stack):
    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        event_bus = events.EventBus(self, "EventBus", event_bus_name="ShopEventBus")
        product = Product(self, "Product")
        basket = Basket(self, "Basket", event_bus=event_bus)
        ordering = Ordering(self, "Ordering", event_bus=event_bus)
        services = {"Product": product.rest, "Basket": basket.rest, "Order": ordering.rest}
        ShopDashboard(self, "Monitoring", services=services, orders=ordering.orders)
        for name, service in services.items():
            CfnOutput(self, f"{name}ApiUrl", value=service.api.url)

"""The CDK app of the shipping service."""

from typing import Any

import aws_cdk as cdk

from shared.infra import app
from shared.infra.event_bus import EventBusStack
from shipping_service.infra.stack import ShippingServiceStack


def build(context: dict[str, Any] | None = None) -> cdk.App:
    return app.build(_add_service, context)


def _add_service(scope: cdk.App, environment: str, event_bus: EventBusStack) -> object:
    return ShippingServiceStack(
        scope,
        f"ShippingService-{environment}",
        environment=environment,
        event_bus_stack=event_bus,
        description="Makes shipments of announced orders",
    )


if __name__ == "__main__":
    build().synth()

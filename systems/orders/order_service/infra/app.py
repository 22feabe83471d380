"""The CDK app of the order service."""

from typing import Any

import aws_cdk as cdk

from order_service.infra.stack import OrderServiceStack
from shared.infra import app
from shared.infra.event_bus import EventBusStack


def build(context: dict[str, Any] | None = None) -> cdk.App:
    return app.build(_add_service, context)


def _add_service(scope: cdk.App, environment: str, event_bus: EventBusStack) -> object:
    return OrderServiceStack(
        scope,
        f"OrderService-{environment}",
        environment=environment,
        event_bus_stack=event_bus,
        description="Takes orders and announces them",
    )


if __name__ == "__main__":
    build().synth()

"""What the two CDK apps have in common. `-c environment=` names the environment, `-c nag=true` runs cdk-nag's rules."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import cdk_nag

from shared.infra.event_bus import EventBusStack

AddService = Callable[[cdk.App, str, EventBusStack], object]


def build(add_service: AddService, context: dict[str, Any] | None = None) -> cdk.App:
    app = cdk.App(context=context)
    environment = app.node.try_get_context("environment") or "dev"
    event_bus = EventBusStack(
        app, f"OrdersEventBus-{environment}", environment=environment, description="What orders and shipping share"
    )
    add_service(app, environment, event_bus)
    if app.node.try_get_context("nag") == "true":
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app

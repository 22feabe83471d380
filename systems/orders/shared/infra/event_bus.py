"""All that the two services share: an event bus, found by an SSM parameter.

Both apps hold this stack, the same to the last letter. Whichever is deployed first makes it, the other finds nothing to
change. It knows nothing of either.
"""

from typing import Any

from aws_cdk import DefaultStackSynthesizer, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_ssm as ssm
from constructs import Construct


class EventBusStack(Stack):
    def __init__(self, scope: Construct, id: str, *, environment: str, **options: Any) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        self.parameter_name = f"/orders/{environment}/event-bus-name"
        event_bus = events.EventBus(self, "EventBus", event_bus_name=f"orders-{environment}")
        ssm.StringParameter(
            self, "EventBusName", parameter_name=self.parameter_name, string_value=event_bus.event_bus_name
        )


class ServiceStack(Stack):
    """A stack of one of the services: it comes after the bus and has `event_bus`, by name only."""

    def __init__(
        self, scope: Construct, id: str, *, environment: str, event_bus_stack: EventBusStack, **options: Any
    ) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **options)
        self.add_stack_dependency(event_bus_stack)
        self.event_bus_parameter = ssm.StringParameter.from_string_parameter_name(
            self, "EventBusName", event_bus_stack.parameter_name
        )
        self.event_bus = events.EventBus.from_event_bus_name(self, "EventBus", self.event_bus_parameter.string_value)

"""Two event proxies, from the bus `proxied` to the receiver that the context names."""

from penstock_constructs import node

node.provide()

import aws_cdk as cdk  # noqa: E402
from aws_cdk import aws_events as events  # noqa: E402

from penstock_constructs.event_proxy import EventProxy  # noqa: E402
from penstock_constructs.service_vpc import ServiceVpc  # noqa: E402

app = cdk.App()
stack = cdk.Stack(app, "Proxies")
vpc = ServiceVpc(stack, "Vpc", egress="endpoints")
vpc.reach("sqs")
bus = events.EventBus(stack, "Bus", event_bus_name="proxied")
for name in ("one", "two"):
    EventProxy(
        stack,
        f"Proxy{name}",
        identifier=f"proxy-{name}",
        forwarding_url=f"{app.node.try_get_context('receiver')}/{name}?from=proxy",
        event_bus=bus,
        event_pattern=events.EventPattern(source=[name]),
        vpc=vpc,
        subnets=vpc.service_subnets,
        answer_timeout=2,
    )
app.synth()

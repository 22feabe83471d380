"""Elastic Load Balancing: application and network load balancers, at work on loopback.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
"""

from penstock.call import Context, Kernel, Service
from penstock.services.elbv2 import (
    access,
    attributes,
    limits,
    listeners,
    load_balancers,
    resources,
    rules,
    store,
    tags,
    target_groups,
    targets,
)
from penstock.services.elbv2.serving.place import LABEL, place
from penstock.services.elbv2.serving.plane import Plane
from penstock.services.elbv2.state import State, state


def _state(kernel: Kernel) -> State:
    found = State(kernel)
    plane = Plane(kernel, found)
    found.plane, found.changed = plane, plane.changed
    return found


async def _start(ctx: Context) -> None:
    await state(ctx).plane.start()


async def _stop(ctx: Context) -> None:
    await state(ctx).plane.stop()


SERVICE = Service(
    name="elbv2",
    signing_name="elasticloadbalancing",
    operations=(load_balancers, attributes, listeners, rules, target_groups, targets, tags, limits),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    validation_code="ValidationError",
    malformed_code="MalformedInput",
    state=_state,
    places={LABEL: place},
    start=_start,
    stop=_stop,
)

"""From a bus to the targets of the rules that match.

An event bus as a target passes the event on as it is, within the same transaction; an archive keeps it. Everything else
goes through the outbox.
"""

import time
from collections.abc import Collection
from typing import NamedTuple

import orjson

from penstock.base.errors import AwsError
from penstock.delivery.targets import Delivery
from penstock.delivery.transform import Event
from penstock.services.events import archived
from penstock.services.events.state import Bus, Rule, State, Target
from penstock.wire.model import Json

MAX_HOPS = 10  # from bus to bus, so that a circle of buses ends


class Way(NamedTuple):
    """How an event came: when it was accepted (epoch seconds), in which trace, over how many other buses."""

    accepted_at: float
    trace: str = ""
    hops: int = 0


def timestamp(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def envelope(head: Json, detail: str, accepted_at: float) -> Event:
    """An event around the JSON text `detail`, which stays as it was given. Raises ValueError where it is no object."""
    parsed = orjson.loads(detail)
    if not isinstance(parsed, dict):
        raise ValueError("the detail is not an object")
    text = f'{orjson.dumps(head)[:-1].decode()},"detail":{detail}}}'
    return Event(text, {**head, "detail": parsed}, timestamp(accepted_at))


def publish(state: State, bus: Bus, event: Event, way: Way, only: Collection[str] | None = None) -> None:
    """Brings an event to the targets of the bus's rules; with `only`, of rules with these ARNs."""
    for name in bus.index.match(event.document):
        rule = bus.rules[name]
        if only is None or rule.arn in only:
            deliver(state, rule, event, way)


def deliver(state: State, rule: Rule, event: Event, way: Way) -> None:
    if rule.managed:
        archived.record(state, rule, event, way.accepted_at)
        return
    for target in rule.targets:
        if target.is_bus:
            _forward(state, rule, target, event, way)
        else:
            state.outbox.deliver(_delivery(rule, target, event, way))


def _forward(state: State, rule: Rule, target: Target, event: Event, way: Way) -> None:
    bus = state.buses.get(target.arn)
    if bus is not None and way.hops < MAX_HOPS:
        publish(state, bus, event, way._replace(hops=way.hops + 1))
        return
    missing = AwsError("ResourceNotFoundException", f"Event bus {target.arn} does not exist.", status=400)
    circle = AwsError("ValidationException", f"The event was passed on {MAX_HOPS} times from bus to bus.", status=400)
    state.outbox.fail(_delivery(rule, target, event, way), missing if bus is None else circle)


def _delivery(rule: Rule, target: Target, event: Event, way: Way) -> Delivery:
    text = target.render(event)
    return Delivery(
        rule.arn,
        target.arn,
        text,
        way.accepted_at,
        target.parameters,
        "" if text is event.text else event.text,
        target.dead_letter_arn,
        target.attempts,
        target.age,
        way.trace,
    )

"""Scheduled rules on the virtual clock. A firing that falls into a time when nothing runs is left out.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.services.events.router import Way, deliver, envelope, timestamp
from penstock.services.events.state import Rule, State


def begin(state: State) -> None:
    """Sets the timers of all scheduled rules; from now on a rule that is put sets its own."""

    def fire(bus_arn: str, name: str, when: float) -> None:
        state.kernel.spawn(_fire(state, bus_arn, name, when), f"schedule {name}")

    state.fire = fire
    for bus in list(state.buses.values()):
        for rule in bus.rules.values():
            if rule.enabled and "ScheduleExpression" in rule.document:
                state.arm(rule)


async def _fire(state: State, bus_arn: str, name: str, when: float) -> None:
    bus = state.buses.get(bus_arn)
    rule = bus.rules.get(name) if bus else None
    if rule is None or not rule.enabled:
        return
    with state.kernel.clock.work(), state.kernel.store.savepoint():
        state.arm(rule)
        _deliver(state, rule, when)


def _deliver(state: State, rule: Rule, when: float) -> None:
    arn = Arn.parse(rule.arn)
    head = {
        "version": "0",
        "id": ids.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": arn.account,
        "time": timestamp(when),
        "region": arn.region,
        "resources": [rule.arn],
    }
    deliver(state, rule, envelope(head, "{}", when), Way(when))

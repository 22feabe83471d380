"""Composite alarms: their state follows from those of other alarms, and is found anew whenever one of these changes.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
"""

from datetime import UTC, datetime

import orjson

from penstock.call import Context
from penstock.services.cloudwatch import store, suppression, transitions
from penstock.services.cloudwatch.evaluation import ALARM, INSUFFICIENT, OK, instant
from penstock.services.cloudwatch.rules import Rule, parse
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json


class Composites:
    """Which alarms the composite alarms are about, by ARN."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.suppressors: dict[str, str] = {}

    def know(self, arn: str, settings: Json) -> None:
        self.rules[arn] = parse(settings["AlarmRule"])
        if "ActionsSuppressor" in settings:
            self.suppressors[arn] = arn_of(arn, settings["ActionsSuppressor"])

    def forget(self, arn: str) -> None:
        self.rules.pop(arn, None)
        self.suppressors.pop(arn, None)

    def children(self, arn: str) -> list[str]:
        return [arn_of(arn, name) for name in self.rules[arn].names] if arn in self.rules else []

    def parents(self, arn: str) -> list[str]:
        return [parent for parent in self.rules if arn in self.children(parent)]

    def suppressed_by(self, arn: str) -> list[str]:
        return [composite for composite, suppressor in self.suppressors.items() if suppressor == arn]


def arn_of(beside: str, name: str) -> str:
    """The ARN of an alarm that another one, in the same account and region, calls by its name or ARN."""
    return name if name.startswith("arn:") else f"{beside.partition(':alarm:')[0]}:alarm:{name}"


def _composites(ctx: Context) -> Composites:
    found: Composites = ctx.state("cloudwatch").composites
    return found


# -- states ------------------------------------------------------------------------------------------


def set_state(
    ctx: Context, alarm: Alarm, state: str, reason: str, data: str | None, path: tuple[str, ...] = ()
) -> None:
    """Gives an alarm its state, carries its actions out, and looks at the alarms that are about it.

    An alarm that is about itself by way of others is not looked at again.
    """
    change = transitions.move(ctx, alarm, state, reason, data)
    if change is None:
        return
    composites, path = _composites(ctx), (*path, alarm.arn)
    suppression.act(ctx, change, composites.suppressors.get(alarm.arn))
    suppression.moved(ctx, change.after, composites.suppressed_by(alarm.arn))
    for parent in composites.parents(alarm.arn):
        row = ctx.store.one(store.ALARM_BY_ARN, parent)
        if row is not None and parent not in path:
            moment = datetime.fromtimestamp(change.after.state_updated_at, UTC).strftime("%A %d %B, %Y %H:%M:%S UTC")
            evaluate(ctx, Alarm(*row), f"{alarm.arn} transitioned to {state} at {moment}", path)


def evaluate(ctx: Context, alarm: Alarm, reason: str = "", path: tuple[str, ...] = ()) -> None:
    """Finds the state of a composite alarm; `reason` says why it may have changed, if it was not the alarm itself."""
    rule = _composites(ctx).rules[alarm.arn]
    children = {name: _child(ctx, alarm, name) for name in rule.names}
    states = {name: child.state_value if child else INSUFFICIENT for name, child in children.items()}
    state = ALARM if rule.holds(lambda name: states[name]) else OK
    if state != alarm.state_value:
        triggering = [_triggering(child) for child in children.values() if child and child.state_value == ALARM]
        data = orjson.dumps({"triggeringAlarms": triggering}).decode()
        said = reason or f"{alarm.arn} was created and its alarm rule evaluates to {state}"
        set_state(ctx, alarm, state, said, data, path)


def _child(ctx: Context, alarm: Alarm, name: str) -> Alarm | None:
    row = ctx.store.one(store.ALARM_BY_ARN, arn_of(alarm.arn, name))
    return Alarm(*row) if row else None


def _triggering(child: Alarm) -> Json:
    return {"arn": child.arn, "state": {"value": child.state_value, "timestamp": instant(child.state_updated_at)}}

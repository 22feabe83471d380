"""Actions of composite alarms that are held back while another alarm, the suppressor, is on.

A change waits `ActionsSuppressorWaitPeriod` for the suppressor; where that goes off, the actions are held back until
`ActionsSuppressorExtensionPeriod` after it has ended. They are then carried out, if the alarm is still not in the state
that it was in before.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

import orjson

from penstock.call import Context
from penstock.services.cloudwatch import store, transitions
from penstock.services.cloudwatch.evaluation import ALARM
from penstock.services.cloudwatch.notices import Change
from penstock.services.cloudwatch.store import Alarm, Suppression
from penstock.wire.model import Json

_REASONS = {
    "Alarm": "Actions suppressed by the suppressor alarm {} in ALARM",
    "WaitPeriod": "Actions suppressed while waiting for the suppressor alarm {}",
    "ExtensionPeriod": "Actions suppressed for the extension period of the suppressor alarm {}",
}


def act(ctx: Context, change: Change, suppressor: str | None) -> None:
    """Carries the actions of a change out, now or later."""
    arn, wait = change.after.arn, change.settings.get("ActionsSuppressorWaitPeriod", 0)
    held = ctx.store.one(store.SUPPRESSION, arn)
    if suppressor is None:
        transitions.act(ctx, change)
    elif held is not None:
        pass  # what is due later looks at the alarm as it is then
    elif _is_on(ctx, suppressor):
        _hold(ctx, Suppression(arn, "Alarm", None, orjson.dumps(list(change.before)).decode()))
    elif wait:
        until = ctx.clock.now() + wait
        _hold(ctx, Suppression(arn, "WaitPeriod", until, orjson.dumps(list(change.before)).decode()))
    else:
        transitions.act(ctx, change)


def moved(ctx: Context, suppressor: Alarm, composites: list[str]) -> None:
    """The suppressor of these alarms has another state."""
    for arn in composites:
        row = ctx.store.one(store.SUPPRESSION, arn)
        if row is None:
            continue
        held = Suppression(*row)
        if suppressor.state_value == ALARM:
            _hold(ctx, held._replace(suppressed_by="Alarm", until=None))
        elif held.suppressed_by == "Alarm":
            until = ctx.clock.now() + _settings(ctx, arn).get("ActionsSuppressorExtensionPeriod", 0)
            _hold(ctx, held._replace(suppressed_by="ExtensionPeriod", until=until))


def shown(ctx: Context, alarm: Alarm, settings: Json) -> Json:
    """What DescribeAlarms says of it."""
    row = ctx.store.one(store.SUPPRESSION, alarm.arn)
    if row is None:
        return {}
    by = Suppression(*row).suppressed_by
    return {"ActionsSuppressedBy": by, "ActionsSuppressedReason": _REASONS[by].format(settings["ActionsSuppressor"])}


def resume(ctx: Context) -> None:
    for row in ctx.store.all(store.SUPPRESSIONS):
        _arm(ctx, Suppression(*row))


def _hold(ctx: Context, held: Suppression) -> None:
    ctx.store.run(store.SUPPRESS, *held)
    ctx.store.after_commit(lambda: _arm(ctx, held))


def _arm(ctx: Context, held: Suppression) -> None:
    if held.until is not None:
        ctx.clock.call_at(held.until, lambda: _release(ctx, held))


def _release(ctx: Context, held: Suppression) -> None:
    """The time is up, unless something else holds the actions back by now."""
    row = ctx.store.one(store.SUPPRESSION, held.arn)
    alarm = ctx.store.one(store.ALARM_BY_ARN, held.arn)
    if row is None or Suppression(*row) != held:
        return
    with ctx.clock.work(), ctx.store.savepoint():
        ctx.store.run(store.RELEASE, held.arn)
        before = Alarm(*orjson.loads(held.change))
        if alarm is not None and Alarm(*alarm).state_value != before.state_value:
            after = Alarm(*alarm)
            account, _, region = after.scope.partition(":")
            here = ctx.at(account=account, region=region)
            transitions.act(here, Change(before, after, orjson.loads(after.settings)))


def _is_on(ctx: Context, arn: str) -> bool:
    row = ctx.store.one(store.ALARM_BY_ARN, arn)
    return row is not None and Alarm(*row).state_value == ALARM


def _settings(ctx: Context, arn: str) -> Json:
    row = ctx.store.one(store.ALARM_BY_ARN, arn)
    settings: Json = orjson.loads(Alarm(*row).settings) if row else {}
    return settings

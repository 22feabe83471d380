"""CloudWatch's memory: which alarms there are to be looked at, and when.

An alarm is looked at when one of its periods ends, for as long as anything may change: until nothing was measured in
all that it looks at, and its state says so. From then on it sleeps until its metric is measured again. One timer wakes
all; a runtime without alarms, or in which nothing is measured, has none.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import logging
import math
from collections.abc import Iterable

import orjson

from penstock.base.clock import Timer
from penstock.base.errors import PenstockError
from penstock.base.meters import Meters, Report
from penstock.call import Context, Kernel
from penstock.iam.principal import Principal
from penstock.services.cloudwatch import composites, evaluation, suppression
from penstock.services.cloudwatch.alarm_checks import not_evaluated
from penstock.services.cloudwatch.evaluation import LOOK_BACK, period_of
from penstock.services.cloudwatch.points import points_of, watched
from penstock.services.cloudwatch.retention import Retention
from penstock.services.cloudwatch.series import MetricKey, steady_until
from penstock.services.cloudwatch.store import ALARM_BY_ARN, EVERY_ALARM, Alarm
from penstock.services.cloudwatch.taking import record
from penstock.wire.model import Json

log = logging.getLogger("penstock")

_DAY = 86_400
_PAUSE = 60.0  # seconds until alarms are looked at again that a full disk stopped


class Watch:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.composites = composites.Composites()
        self.retention = Retention()
        self._alarms: dict[MetricKey, set[str]] = {}  # ARNs, by metric
        self._keys: dict[str, tuple[MetricKey, ...]] = {}  # the same the other way round
        self._steps: dict[str, float] = {}  # seconds between two looks, by ARN
        self._due: dict[str, float] = {}  # when each alarm that is awake is to be looked at
        self._timer: Timer | None = None
        self._meters = kernel.shared(Meters)

    def start(self) -> None:
        """Looks at every alarm once: its metric may have been measured while nothing ran."""
        for alarm in map(Alarm._make, self.kernel.store.all(EVERY_ALARM)):
            self.know(alarm)
        self._meters.taken_by(self.kernel.clock, self.ring)

    # -- which alarms there are ----------------------------------------------------------------------

    def know(self, alarm: Alarm) -> None:
        """An alarm is new, or is another one than it was."""
        self.forget(alarm.arn)
        settings = orjson.loads(alarm.settings)
        if alarm.type == "CompositeAlarm":
            self.composites.know(alarm.arn, settings)
            return
        keys = self._keys[alarm.arn] = tuple(watched(alarm.scope, settings))
        for key in keys:
            self._alarms.setdefault(key, set()).add(alarm.arn)
        self._steps[alarm.arn] = _step(settings)
        self._wake(alarm.arn)

    def forget(self, arn: str) -> None:
        self.composites.forget(arn)
        for key in self._keys.pop(arn, ()):
            self._alarms[key].discard(arn)
            if not self._alarms[key]:
                del self._alarms[key]
        self._due.pop(arn, None)
        self._steps.pop(arn, None)

    # -- waking --------------------------------------------------------------------------------------

    def measured(self, keys: Iterable[MetricKey], at: float | None = None) -> None:
        """Metrics have new data: their alarms are looked at when their period ends, or as of `at`."""
        for key in keys:
            for arn in self._alarms.get(key, ()):
                self._wake(arn, at)

    def woken(self, arn: str) -> None:
        """An alarm's state was set by hand."""
        if arn in self._steps:
            self._wake(arn)

    def _wake(self, arn: str, at: float | None = None) -> None:
        due = _boundary(self.kernel.clock.now(), self._steps[arn]) + self._steps[arn] if at is None else at
        if due < self._due.get(arn, math.inf):
            self._due[arn] = due
            self._arm(due)

    def _arm(self, due: float) -> None:
        if self._timer is None or self._timer.callback is None or due < self._timer.when:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.kernel.clock.call_at(due, self.ring)

    def ring(self) -> None:
        """A minute has ended, or an alarm is due."""
        self.kernel.spawn(self._look(), "alarms")

    # -- looking -------------------------------------------------------------------------------------

    async def _look(self) -> None:
        clock, store = self.kernel.clock, self.kernel.store
        now = clock.now()
        try:
            with clock.work(), store.savepoint():
                self.take(now, now)
                due = sorted(arn for arn, when in self._due.items() if when <= now)
                for arn in due:
                    self._look_at(arn, now)
        except PenstockError:
            now += _PAUSE  # a full disk
        if self._due:
            self._arm(max(now, min(self._due.values())))

    def take(self, now: float, at: float | None = None) -> None:
        """Has what other services measured until now among the data."""
        reports: list[Report] = self._meters.take(now)
        if reports:
            self.measured(record(self.kernel.store, reports), at)
            self.retention.trim(self.kernel.store, now)

    def _look_at(self, arn: str, now: float) -> None:
        """What goes wrong with one alarm is its own affair."""
        row = self.kernel.store.one(ALARM_BY_ARN, arn)
        if row is None:
            self.forget(arn)
            return
        alarm, end = Alarm(*row), _boundary(now, self._steps[arn])
        self._due[arn] = end + self._steps[arn]
        try:
            with self.kernel.store.savepoint():
                self._evaluate(alarm, end, now)
        except PenstockError:
            raise
        except Exception:
            log.exception("%s could not be evaluated", arn)

    def _evaluate(self, alarm: Alarm, end: float, now: float) -> None:
        settings = orjson.loads(alarm.settings)
        if not_evaluated(settings):
            del self._due[alarm.arn]
            return
        verdict = evaluation.evaluate(settings, points_of(self.kernel.store, alarm.scope, settings, end, now))
        if verdict is not None and verdict.state != alarm.state_value:
            data = orjson.dumps(evaluation.reason_data(settings, verdict, now)).decode()
            reason = evaluation.reason(settings, verdict)
            composites.set_state(self._context(alarm), alarm, verdict.state, reason, data)
        self._rest(alarm.arn, settings, end)

    def _rest(self, arn: str, settings: Json, end: float) -> None:
        """Lets an alarm sleep for as long as nothing that it sees can change."""
        start = end - (settings["EvaluationPeriods"] + LOOK_BACK) * period_of(settings)
        until = min((steady_until(self.kernel.store, key, start, end) for key in self._keys[arn]), default=math.inf)
        if until == math.inf:
            del self._due[arn]
        else:
            self._due[arn] = max(self._due[arn], _boundary(until, self._steps[arn]))

    def _context(self, alarm: Alarm) -> Context:
        account, _, region = alarm.scope.partition(":")
        return self.kernel.context(Principal.service("cloudwatch.amazonaws.com", account), account, region)


def _step(settings: Json) -> float:
    """Every minute; with periods of less, as often; where more than a day is looked at, every hour."""
    period = period_of(settings)
    if period < 60:
        return float(period)
    return 3600.0 if period * settings["EvaluationPeriods"] > _DAY else 60.0


def _boundary(now: float, step: float) -> float:
    return now - now % step


async def start(ctx: Context) -> None:
    watch(ctx).start()
    suppression.resume(ctx)


def watch(ctx: Context) -> Watch:
    found: Watch = ctx.state("cloudwatch")
    return found

"""When a schedule fires. Pure.

Rules, from https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: a rate begins at its StartDate,
or at once where it has none, and a day of it has 24 hours; a time that a change of the clocks leaves out is skipped,
one that comes twice fires once; StartDate and EndDate bound what recurs, and mean nothing to a one-time schedule.

Within a flexible window each schedule has a place of its own, made from its ARN: many that are due together are spread
over it, and the instants of one keep their distance.
"""

import zlib
from typing import NamedTuple

from penstock.delivery.schedule import At, Rate, Schedule, parse
from penstock.wire.model import Json

_FOREVER = float("inf")
_CLOSEST = 60.0  # seconds between two firings, at least


class Plan(NamedTuple):
    """`anchor` is what a rate counts from; `delay` how long after an instant the target is invoked for it."""

    beat: Schedule
    anchor: float
    start: float
    end: float
    delay: float

    def next_due(self, after: float) -> float | None:
        """The first instant later than `after` within the schedule's dates."""
        due = self.beat.next_after(max(after, self.start), self.anchor)
        return due if due is not None and due <= self.end else None

    def latest_due(self, due: float, now: float) -> float:
        """Of `due` and the instants that follow it until `now`, the last."""
        low, high = due, now
        while high - low >= _CLOSEST:
            middle = (low + high) / 2
            found = self.next_due(middle)
            if found is not None and found <= now:
                low = found
            else:
                high = middle
        return low


def plan_of(schedule: Json, anchor: float) -> Plan:
    """`schedule` as GetSchedule shows it, its expression being valid."""
    beat = parse(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"], agreeing=False)
    delay = _delay(schedule)
    if isinstance(beat, At):
        return Plan(beat, anchor, -_FOREVER, _FOREVER, delay)
    start, end = schedule.get("StartDate", -_FOREVER), schedule.get("EndDate", _FOREVER)
    if isinstance(beat, Rate):  # its first instant is where it begins
        anchor -= beat.seconds
    return Plan(beat, anchor, start - 0.001, end, delay)


def _delay(schedule: Json) -> float:
    window = schedule["FlexibleTimeWindow"]
    if window["Mode"] == "OFF":
        return 0.0
    share = zlib.crc32(schedule["Arn"].encode()) / 2**32
    return float(window["MaximumWindowInMinutes"] * 60 * share)

"""The data of a metric over time, wherever they come from: those that were put, and the levels that services show.

A level holds until it changes, so each minute has its value without a row of its own. A service reports a resource on
which nothing happens for six hours more, as SQS does of a queue that is idle and empty.
"""

import math
from collections.abc import Iterator

import orjson

from penstock.base.meters import MINUTE
from penstock.base.store import Store
from penstock.call import Context
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.store import Datum, LevelRow
from penstock.wire.model import Json

MetricKey = tuple[str, str, str, str]  # scope, namespace, name, dimensions as text
IDLE = 6 * 3600.0


def dimension_key(dimensions: list[Json]) -> str:
    """A metric's dimensions as text, in one order."""
    return orjson.dumps({item["Name"]: item["Value"] for item in dimensions}, option=orjson.OPT_SORT_KEYS).decode()


def scope_of(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def read(db: Store, key: MetricKey, start: float, end: float, now: float) -> list[Datum]:
    """The data from `start` until before `end`, in order; none of a minute that has not ended has a level."""
    row = db.one(store.METRIC, *key)
    if row is None:
        return []
    data = [Datum._make(found) for found in db.all(store.DATA, row[0], start, end)]
    levels = [LevelRow._make(found) for found in db.all(store.LEVELS, row[0], start, end)]
    return data + list(_minutes(levels, start, min(end, now - MINUTE + 1e-6))) if levels else data


def _minutes(levels: list[LevelRow], start: float, end: float) -> Iterator[Datum]:
    for number, level in enumerate(levels):
        if level.level is None:
            continue
        until = levels[number + 1].timestamp if number + 1 < len(levels) else end
        if not level.level and not level.slope:
            until = min(until, level.timestamp + IDLE)
        first = max(level.timestamp, start + -start % MINUTE)
        for count in range(max(0, int(-((first - min(until, end)) // MINUTE)))):
            minute = first + count * MINUTE
            value = level.level + level.slope * (minute + MINUTE)
            yield Datum(minute, level.unit, 1.0, value, value, value)


def steady_until(db: Store, key: MetricKey, start: float, end: float) -> float:
    """When what is seen from `start` to `end` may look otherwise though nobody measures anew: `end` at the earliest."""
    row = db.one(store.METRIC, *key)
    if row is None:
        return math.inf
    [latest] = db.one(store.LATEST, row[0]) or (None,)
    if latest is not None and latest >= start:
        return end
    levels = [LevelRow._make(found) for found in db.all(store.LEVELS, row[0], start, start + 1e-6)]
    if not levels or levels[-1].level is None:
        return math.inf
    last = levels[-1]
    if last.slope:
        return end
    idle_at = last.timestamp + IDLE if not last.level else math.inf
    return math.inf if idle_at < start else max(idle_at, end)

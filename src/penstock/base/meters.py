"""What services measure for CloudWatch: counted in memory, handed over when a minute ends or when somebody asks.

A hot path pays one addition to a dictionary. A `Meter` is what one resource reports: the values of this minute, counted
by value, and levels (a queue's depth), which are looked at when a minute ends in which the resource was touched, and
afterwards only while they may change by themselves. No timer runs while nothing happens. Until CloudWatch is at work,
the last values are kept here, and nobody looks at levels.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from penstock.base.clock import Clock

MINUTE = 60.0
_KEPT = 2_000  # reports, while nobody takes them
_AGAIN = 3600.0  # seconds after which levels of a resource in use are reported though they are as they were

Counts = dict[float, int]  # how often each value was measured


class Kind(NamedTuple):
    """What resources of one kind report.

    `units` are those of its metrics. Each of `sets` are dimensions under which the same values are found: all of a
    meter's, some, none. A metric of `ones` is not added to: it has a 1 for each value of another one. A metric of
    `parts` also has a 0 for each value of another one that it has no value for (requests that did not fail).
    """

    namespace: str
    units: Mapping[str, str]
    sets: tuple[tuple[str, ...], ...]
    ones: Mapping[str, str] = {}
    parts: Mapping[str, str] = {}


class Level(NamedTuple):
    """What a gauge shows at a time t (epoch seconds): offset + slope * t."""

    offset: float
    slope: float = 0.0


class Look(NamedTuple):
    """The levels of a resource, and when they may next change without its being touched."""

    levels: Mapping[str, Level]
    changes_at: float = math.inf


class Report(NamedTuple):
    """What a meter has of the minute that begins at `minute`: values, or levels that changed (None: gone)."""

    meter: "Meter"
    minute: float
    counts: Mapping[str, Counts]
    levels: Mapping[str, Level | None]


class Meter:
    """What one resource reports; `place` is its account and region, `look` reads its levels at a time."""

    __slots__ = ("_again_at", "_counts", "_meters", "_shown", "_touched", "dimensions", "kind", "look", "place")

    def __init__(
        self,
        meters: "Meters",
        kind: Kind,
        place: tuple[str, str],
        dimensions: Mapping[str, str],
        look: Callable[[float], Look] | None,
    ) -> None:
        self._meters, self.kind, self.place, self.dimensions, self.look = meters, kind, place, dimensions, look
        self._counts: dict[str, Counts] = {}
        self._shown: dict[str, Level] = {}
        self._touched, self._again_at = False, 0.0

    def add(self, metric: str, value: float = 1) -> None:
        """One more value of a metric."""
        if not self._touched:
            self.touch()
        counts = self._counts.get(metric)
        if counts is None:
            self._counts[metric] = {value: 1}
        else:
            counts[value] = counts.get(value, 0) + 1

    def touch(self) -> None:
        """Its levels may have changed."""
        if not self._touched:
            self._touched = True
            self._meters.touched(self)

    def end(self) -> None:
        """The resource is gone, and its levels with it."""
        self.look = _nothing
        self.touch()

    def counted(self) -> dict[str, Counts]:
        """Gives away what was counted."""
        found, self._counts, self._touched = self._counts, {}, False
        for name, of in self.kind.ones.items():
            if of in found:
                found[name] = {1.0: sum(found[of].values())}
        for name, of in self.kind.parts.items():
            rest = sum(found.get(of, {}).values()) - sum(found.get(name, {}).values())
            if rest > 0:
                found.setdefault(name, {})[0.0] = rest
        return found

    def looked(self, now: float) -> tuple[dict[str, Level | None], float]:
        """The levels that are not what they were, and when they may change by themselves."""
        levels, changes_at = self.look(now) if self.look is not None else _nothing(now)
        changed: dict[str, Level | None] = {name: it for name, it in levels.items() if self._shown.get(name) != it}
        if now >= self._again_at:
            changed, self._again_at = dict(levels), now + _AGAIN
        changed |= dict.fromkeys(self._shown.keys() - levels.keys())
        self._shown = dict(levels)
        return changed, changes_at


def _nothing(now: float) -> Look:
    return Look({})


class Meters:
    """All meters of a runtime: `kernel.shared(Meters)`."""

    def __init__(self) -> None:
        self._taker: Callable[[], object] | None = None
        self._clock: Clock | None = None
        self._minute = 0.0  # the one in which the values were measured that nobody has yet
        self._touched: list[Meter] = []
        self._gauges: dict[Meter, float] = {}  # when each is to be looked at
        self._kept: deque[Report] = deque(maxlen=_KEPT)
        self._armed = math.inf
        self._known: dict[tuple[str, tuple[str, str], tuple[str, ...]], Meter] = {}

    def meter(
        self,
        clock: Clock,
        kind: Kind,
        place: tuple[str, str],
        dimensions: Mapping[str, str],
        look: Callable[[float], Look] | None = None,
    ) -> Meter:
        self._clock = clock
        return Meter(self, kind, place, dimensions, look)

    def of(self, clock: Clock, kind: Kind, place: tuple[str, str], **dimensions: str) -> Meter:
        """The meter of a resource that keeps none itself."""
        key = (kind.namespace, place, tuple(dimensions.values()))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.meter(clock, kind, place, dimensions)
        return found

    def taken_by(self, clock: Clock, taker: Callable[[], object]) -> None:
        """CloudWatch is at work: `taker` is called when a minute has ended, and `take`s."""
        self._clock, self._taker, self._kept = clock, taker, deque(self._kept)
        self._arm_for_levels()

    def take(self, now: float) -> list[Report]:
        """What was measured since the last time."""
        self._collect(now)
        found, self._kept = list(self._kept), deque()
        return found

    def touched(self, meter: Meter) -> None:
        assert self._clock is not None
        if not self._touched:
            self._minute = minute_of(self._clock.now())
        self._touched.append(meter)
        self._arm(self._minute + MINUTE)

    def _collect(self, now: float) -> None:
        meters, self._touched = self._touched, []
        for meter in meters:
            if counts := meter.counted():
                self._kept.append(Report(meter, self._minute, counts, {}))
            if meter.look is not None:
                self._gauges[meter] = self._minute + MINUTE
        if self._taker is not None:
            self._look(now)
            self._arm_for_levels()

    def _look(self, now: float) -> None:
        for meter in [meter for meter, when in self._gauges.items() if when <= now]:
            levels, changes_at = meter.looked(now)
            if changes_at == math.inf:
                del self._gauges[meter]
            else:
                self._gauges[meter] = minute_of(changes_at) + MINUTE
            if levels:
                self._kept.append(Report(meter, minute_of(now) - MINUTE, {}, levels))

    def _arm_for_levels(self) -> None:
        if self._gauges:
            self._arm(min(self._gauges.values()))

    def _arm(self, when: float) -> None:
        if when < self._armed and self._clock is not None:
            self._armed = when
            self._clock.call_at(when, self._ended)

    def _ended(self) -> None:
        """A minute has ended."""
        assert self._clock is not None
        self._armed = math.inf
        if self._taker is not None:
            self._taker()
        else:
            self._collect(self._clock.now())


def minute_of(now: float) -> float:
    return now - now % MINUTE

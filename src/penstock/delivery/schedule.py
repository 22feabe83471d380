"""When a schedule expression fires: `rate(5 minutes)`, `cron(0 20 ? * MON-FRI *)`, `at(2026-05-01T08:00:00)`.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and, for time zones,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: of a local time that a change of the clocks
leaves out the firing is skipped; one that comes twice fires the first time only.
"""

import calendar
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import product
from typing import Protocol
from zoneinfo import ZoneInfo


class ScheduleError(ValueError):
    """Not a schedule expression."""


class Schedule(Protocol):
    def next_after(self, epoch: float, anchor: float | None = None) -> float | None:
        """The first firing later than `epoch`; None after the last. Rates count from `anchor` (else from `epoch`)."""


@lru_cache(maxsize=1024)
def parse(expression: str, timezone: str = "UTC", *, agreeing: bool = True) -> Schedule:
    """Reads an expression whose local times are those of `timezone` (IANA). Raises ScheduleError.

    Rules want the unit of a rate to agree with its number; the Scheduler also takes `rate(2 minute)`.
    """
    kind, parenthesis, inner = expression.partition("(")
    if not parenthesis or not inner.endswith(")") or kind not in _KINDS:
        raise ScheduleError(expression)
    if agreeing and kind == "rate" and _AGREEING.fullmatch(inner) is None:
        raise ScheduleError("the unit of a rate is singular for 1 and plural for more")
    try:
        return _KINDS[kind](inner[:-1], zone_of(timezone))
    except (KeyError, ValueError) as error:
        raise ScheduleError(expression) from error


def zone_of(timezone: str) -> tzinfo:
    """Raises ScheduleError for a name that the IANA database has not."""
    try:
        return UTC if timezone == "UTC" else ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of the database, such as "Europe"
        raise ScheduleError(f"{timezone} is not a time zone") from error


# -- rate ----------------------------------------------------------------------------------------------------

_RATE = re.compile(r"([1-9][0-9]*)\s+(minute|hour|day)s?")
_AGREEING = re.compile(r"(1\s+[a-z]*[^s]|(?!1\s)[0-9]+\s+[a-z]*s)\)")
_UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True)
class Rate:
    seconds: float

    def next_after(self, epoch: float, anchor: float | None = None) -> float:
        start = epoch if anchor is None else anchor
        return start + (max(0, math.floor((epoch - start) / self.seconds)) + 1) * self.seconds


def _rate(text: str, zone: tzinfo) -> Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ScheduleError("a rate is a positive number and a unit")
    return Rate(int(match[1]) * _UNITS[match[2]])


# -- at ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class At:
    when: float

    def next_after(self, epoch: float, anchor: float | None = None) -> float | None:
        return self.when if self.when > epoch else None


def _at(text: str, zone: tzinfo) -> At:
    return At(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).timestamp())


# -- cron ----------------------------------------------------------------------------------------------------

Days = Callable[[int, int], set[int]]  # (weekday of the 1st, number of days in the month) -> days; Sunday is 1


@dataclass(frozen=True)
class Cron:
    """`years`, `months`, `hours` and `minutes` are ascending; `days` says which days of a month."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: tuple[int, ...]
    zone: tzinfo

    def next_after(self, epoch: float, anchor: float | None = None) -> float | None:
        start = datetime.fromtimestamp(epoch, self.zone).replace(tzinfo=None)
        for local in self._locals(start):
            when = local.replace(tzinfo=self.zone).timestamp()
            exists = datetime.fromtimestamp(when, self.zone).replace(tzinfo=None) == local
            if exists and when > epoch:
                return when
        return None

    def _locals(self, start: datetime) -> Iterator[datetime]:
        """The local times from `start`'s minute on."""
        start = start.replace(second=0, microsecond=0)
        for year, month in product(self.years[bisect_left(self.years, start.year) :], self.months):
            if (year, month) < (start.year, start.month):
                continue
            weekday, length = calendar.monthrange(year, month)
            for day in sorted(self.days((weekday + 1) % 7 + 1, length)):
                if (year, month, day) >= (start.year, start.month, start.day):
                    for hour, minute in product(self.hours, self.minutes):
                        local = datetime(year, month, day, hour, minute)
                        if local >= start:
                            yield local


_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = dict(zip(_MONTH_NAMES, range(1, 13), strict=True))
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_ITEM = re.compile(r"(\*|([A-Z0-9]+)(?:-([A-Z0-9]+))?)(?:/([1-9][0-9]*))?")


def _cron(text: str, zone: tzinfo) -> Cron:
    minutes, hours, days, months, weekdays, years = text.upper().split()
    if (days == "?") == (weekdays == "?"):
        raise ScheduleError("one of day-of-month and day-of-week has to be ?, and only one")
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _days_of_month(days) if weekdays == "?" else _days_of_week(weekdays),
        _values(months, 1, 12, _MONTHS),
        _values(years, 1970, 2199),
        zone,
    )


def _values(field: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    """A list of `*`, `a`, `a-b`, each with an optional `/step`, as ascending numbers. A range may run past the end."""
    values: set[int] = set()
    for item in field.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ScheduleError(field)
        everything, first, last, step = match.groups()
        start = low if everything == "*" else _value(first, low, high, names)
        end = _value(last, low, high, names) if last else high if everything == "*" or step else start
        span = end - start if end >= start else end - start + high - low + 1
        values.update(low + (start - low + ahead) % (high - low + 1) for ahead in range(0, span + 1, int(step or 1)))
    return tuple(sorted(values))


def _value(text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    value = names[text] if names and text in names else int(text)
    if not low <= value <= high:
        raise ScheduleError(f"{text} is not within {low}-{high}")
    return value


def _days_of_month(field: str) -> Days:
    """Days, `L` (last), `L-3` (third before it), `15W` (weekday nearest to the 15th) and `LW`."""
    rules = [_day_of_month(item) for item in field.split(",")]
    return lambda first, length: {day for rule in rules for day in rule(first, length)}


def _day_of_month(item: str) -> Days:
    if match := re.fullmatch(r"L(?:-([1-9]|[12][0-9]|30))?", item):
        before = int(match[1] or 0)
        return lambda first, length: {length - before} if length > before else set()
    if match := re.fullmatch(r"(L|[0-9]+)W", item):
        return _nearest_weekday(0 if match[1] == "L" else _value(match[1], 1, 31, None))
    days = set(_values(item, 1, 31))
    return lambda first, length: {day for day in days if day <= length}


def _nearest_weekday(wanted: int) -> Days:
    """Monday to Friday nearest to the day, within its month; 0 stands for the last day."""

    def days(first: int, length: int) -> set[int]:
        day = wanted or length
        if day > length:
            return set()
        weekday = (first + day - 2) % 7 + 1
        if weekday == _WEEKDAYS["SAT"]:
            return {day - 1 if day > 1 else day + 2}
        if weekday == _WEEKDAYS["SUN"]:
            return {day + 1 if day < length else day - 2}
        return {day}

    return days


def _days_of_week(field: str) -> Days:
    """Weekdays, `L` (Saturday), `6L` (last Friday of the month) and `6#3` (its third Friday, alone in its field)."""
    if match := re.fullmatch(r"([A-Z0-9]+)#([1-5])", field):
        weekday, nth = _value(match[1], 1, 7, _WEEKDAYS), int(match[2])
        return lambda first, length: {day for day in _all(weekday, first, length)[nth - 1 : nth]}
    rules = [_day_of_week(item) for item in field.split(",")]
    return lambda first, length: {day for rule in rules for day in rule(first, length)}


def _day_of_week(item: str) -> Days:
    if match := re.fullmatch(r"([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L", item):
        last = _value(match[1], 1, 7, _WEEKDAYS)
        return lambda first, length: set(_all(last, first, length)[-1:])
    weekdays = _values("7" if item == "L" else item, 1, 7, _WEEKDAYS)
    return lambda first, length: {day for weekday in weekdays for day in _all(weekday, first, length)}


def _all(weekday: int, first: int, length: int) -> list[int]:
    """The days of a month that fall on `weekday`."""
    return list(range(1 + (weekday - first) % 7, length + 1, 7))


_KINDS: dict[str, Callable[[str, tzinfo], Schedule]] = {"rate": _rate, "cron": _cron, "at": _at}

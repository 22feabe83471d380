"""Schedule expressions: AWS's own examples, its validation rules, and changes of the clocks."""

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.delivery.schedule import ScheduleError, parse


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def following(expression: str, start: str, count: int, zone: str = "UTC") -> list[str]:
    schedule, epoch, times = parse(expression, zone), at(start, zone), []
    for _ in range(count):
        when = schedule.next_after(epoch)
        if when is None:
            break
        epoch = when
        times.append(datetime.fromtimestamp(epoch, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"))
    return times


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        # the examples of AWS's page on cron expressions
        ("cron(0 10 * * ? *)", "2026-01-01T10:00", ["2026-01-02 10:00", "2026-01-03 10:00"]),
        ("cron(15 12 * * ? *)", "2026-01-01T00:00", ["2026-01-01 12:15", "2026-01-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00", ["2026-01-05 18:00", "2026-01-06 18:00"]),
        ("cron(0 8 1 * ? *)", "2026-01-01T08:00", ["2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", "2026-01-01T23:31", ["2026-01-01 23:45", "2026-01-02 00:00"]),
        ("cron(0/10 * ? * MON-FRI *)", "2026-01-02T23:50", ["2026-01-05 00:00", "2026-01-05 00:10"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-01-02T17:54", ["2026-01-02 17:55", "2026-01-05 08:00"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", "2026-01-02T02:20", ["2026-01-02 02:30", "2026-01-02 20:00"]),
        # days
        ("cron(0 0 L * ? *)", "2028-02-01T00:00", ["2028-02-29 00:00", "2028-03-31 00:00"]),
        ("cron(0 0 L-3 * ? *)", "2026-02-01T00:00", ["2026-02-25 00:00", "2026-03-28 00:00"]),
        ("cron(0 0 3W * ? *)", "2026-01-01T00:00", ["2026-01-02 00:00", "2026-02-03 00:00"]),
        ("cron(0 0 1W * ? *)", "2026-07-15T00:00", ["2026-08-03 00:00", "2026-09-01 00:00"]),
        ("cron(0 0 31W * ? *)", "2026-05-01T00:00", ["2026-05-29 00:00", "2026-07-31 00:00"]),
        ("cron(0 0 LW * ? *)", "2026-02-01T00:00", ["2026-02-27 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 1,15,L * ? *)", "2026-02-01T00:00", ["2026-02-15 00:00", "2026-02-28 00:00"]),
        ("cron(0 0 31 * ? *)", "2026-01-31T00:00", ["2026-03-31 00:00", "2026-05-31 00:00"]),
        ("cron(0 0 ? * 3#2 *)", "2026-01-01T00:00", ["2026-01-13 00:00", "2026-02-10 00:00"]),
        ("cron(0 0 ? * FRI#5 *)", "2026-01-31T00:00", ["2026-05-29 00:00", "2026-07-31 00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-01-01T00:00", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("cron(0 0 ? * L *)", "2026-01-01T00:00", ["2026-01-03 00:00", "2026-01-10 00:00"]),
        ("cron(0 0 ? * 1 *)", "2026-01-01T00:00", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("cron(0 0 ? * sat-mon *)", "2026-01-01T00:00", ["2026-01-03 00:00", "2026-01-04 00:00"]),
        # months and years
        ("cron(0 0 1 JAN,jul ? *)", "2026-01-01T00:00", ["2026-07-01 00:00", "2027-01-01 00:00"]),
        ("cron(0 0 29 2 ? *)", "2026-01-01T00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 1 ? 2027,2029)", "2026-01-01T00:00", ["2027-01-01 00:00", "2029-01-01 00:00"]),
        ("cron(0 0 1 1 ? 2025)", "2026-01-01T00:00", []),
        ("cron(0 0 30 2 ? *)", "2026-01-01T00:00", []),
        ("cron(59 23 31 12 ? 2199)", "2199-12-31T23:58", ["2199-12-31 23:59"]),
        ("at(2026-05-01T08:00:00)", "2026-01-01T00:00", ["2026-05-01 08:00"]),
        ("rate(1 minute)", "2026-01-01T00:00", ["2026-01-01 00:01", "2026-01-01 00:02"]),
        ("rate(12 hours)", "2026-01-01T00:30", ["2026-01-01 12:30", "2026-01-02 00:30"]),
        ("rate(7 days)", "2026-01-01T00:00", ["2026-01-08 00:00", "2026-01-15 00:00"]),
    ],
)
def test_next_firings(expression: str, start: str, expected: list[str]) -> None:
    assert following(expression, start, 2) == expected


@pytest.mark.parametrize(
    "expression",
    [
        *("", "rate", "rate()", "rate(5)", "rate(0 minutes)", "rate(-1 minutes)", "rate(1.5 hours)", "rate(5 weeks)"),
        *(
            "rate(1 minutes)",
            "rate(1 hours)",
            "rate(2 minute)",
            "rate(5 minutes",
            "rate( 5 minutes )",
            " rate(5 minutes)",
            "rate(5 MINUTES)",
            "every(5 minutes)",
            "Rate(5 minutes)",
        ),
        *("cron()", "cron(* * * * *)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)", "cron(60 * * * ? *)"),
        *("cron(* 24 * * ? *)", "cron(* * 0 * ? *)", "cron(* * 32 * ? *)", "cron(* * * 13 ? *)", "cron(* * ? * 8 *)"),
        *(
            "cron(* * ? * 0 *)",
            "cron(* * * * ? 1969)",
            "cron(* * * * ? 2200)",
            "cron(*/0 * * * ? *)",
            "cron(a * * * ? *)",
        ),
        *("cron(* * ? * MON#6 *)", "cron(* * ? * MON#1,TUE *)", "cron(* * * FOO ? *)", "cron(1- * * * ? *)"),
        *("cron(? * * * ? *)", "cron(* * * * ? * *)", "at(2026-05-01)", "at(2026-13-01T00:00:00)", "at(now)"),
    ],
)
def test_not_an_expression(expression: str) -> None:
    with pytest.raises(ScheduleError):
        parse(expression)


def test_unknown_time_zone() -> None:
    with pytest.raises(ScheduleError):
        parse("rate(1 day)", "Mars/Olympus")


def test_a_rate_keeps_its_beat() -> None:
    rate = parse("rate(10 minutes)")
    assert rate.next_after(1_000_000.0, anchor=999_700.0) == 1_000_300.0
    assert rate.next_after(1_000_300.0, anchor=999_700.0) == 1_000_900.0
    assert rate.next_after(1_000_000.0, anchor=2_000_000.0) == 2_000_600.0


def test_a_time_that_the_change_of_clocks_leaves_out_is_skipped() -> None:
    assert following("cron(30 2 * * ? *)", "2026-03-28T12:00", 2, "Europe/Berlin") == [
        "2026-03-30 02:30",
        "2026-03-31 02:30",
    ]


def test_a_time_that_comes_twice_fires_once() -> None:
    assert following("cron(30 2 * * ? *)", "2026-10-24T12:00", 2, "Europe/Berlin") == [
        "2026-10-25 02:30",
        "2026-10-26 02:30",
    ]
    second = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"), fold=1).timestamp()
    assert parse("cron(30 2 * * ? *)", "Europe/Berlin").next_after(second) == at("2026-10-26T02:30", "Europe/Berlin")


def test_local_times() -> None:
    assert parse("cron(0 9 * * ? *)", "America/New_York").next_after(at("2026-07-01T00:00")) == at("2026-07-01T13:00")
    assert parse("at(2026-07-01T09:00:00)", "Asia/Tokyo").next_after(0) == at("2026-07-01T00:00")


fields = st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True)


@given(fields, st.sets(st.integers(1, 7), min_size=1), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_agrees_with_walking_minute_by_minute(hours: list[int], weekdays: set[int], start: datetime) -> None:
    expression = f"cron(7 {','.join(map(str, hours))} ? * {','.join(map(str, weekdays))} *)"
    moment = start.replace(tzinfo=UTC, second=0, microsecond=0)
    while True:
        moment += timedelta(minutes=1) if moment.minute != 7 else timedelta(hours=1)
        weekday = (calendar.weekday(moment.year, moment.month, moment.day) + 1) % 7 + 1
        if moment.minute == 7 and moment.hour in hours and weekday in weekdays:
            break
    assert parse(expression).next_after(start.replace(tzinfo=UTC).timestamp()) == moment.timestamp()

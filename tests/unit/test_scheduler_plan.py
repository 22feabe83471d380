"""When a schedule fires, within its dates and its window, and which of missed firings is the last."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.scheduler.plan import plan_of

DAY = 86_400.0


def schedule(expression: str, **members: Any) -> dict[str, Any]:
    window = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpressionTimezone": "UTC", "Arn": "arn"}
    return {**window, "ScheduleExpression": expression, **members}


def instants(document: dict[str, Any], anchor: float, after: float, count: int) -> list[float]:
    plan, found = plan_of(document, anchor), []
    for _ in range(count):
        due = plan.next_due(after)
        if due is None:
            break
        found.append(due)
        after = due
    return found


def test_a_rate_begins_where_it_counts_from() -> None:
    assert instants(schedule("rate(1 hour)"), 1000.0, 999.0, 3) == [1000.0, 4600.0, 8200.0]
    assert instants(schedule("rate(1 hour)", StartDate=5000.0), 5000.0, 0.0, 2) == [5000.0, 8600.0]


def test_dates_bound_what_recurs_and_not_what_comes_once() -> None:
    dates = {"StartDate": DAY, "EndDate": 2 * DAY}
    assert instants(schedule("cron(0 0 * * ? *)", **dates), 0.0, 0.0, 9) == [DAY, 2 * DAY]
    assert instants(schedule("at(1970-01-05T00:00:00)", **dates), 0.0, 0.0, 9) == [4 * DAY]


@given(
    st.sampled_from(["rate(1 minute)", "rate(7 hours)", "rate(3 days)", "cron(0/20 8-10 ? * MON-FRI *)"]),
    st.floats(0, 40 * DAY),
    st.floats(0, 20 * DAY),
)
def test_the_last_of_what_was_missed(expression: str, start: float, down: float) -> None:
    plan = plan_of(schedule(expression), 0.0)
    due = plan.next_due(start)
    assert due is not None
    last = plan.latest_due(due, due + down)
    following = plan.next_due(last)
    assert due <= last <= due + down
    assert following is None or following > due + down
    assert last == due or plan.next_due(last - 1) == last


@given(st.text("abc", min_size=1), st.integers(1, 1440))
def test_everybody_has_a_place_within_the_window(name: str, minutes: int) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}
    assert 0 <= plan_of(schedule("rate(1 day)", FlexibleTimeWindow=window, Arn=name), 0.0).delay < minutes * 60

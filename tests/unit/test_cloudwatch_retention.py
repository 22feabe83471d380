"""What is joined of measured data that age: sums and extremes stay, rows go."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.store import Store
from penstock.services.cloudwatch import store
from penstock.services.cloudwatch.retention import Retention

_DAY = 86_400.0
_NOW = 20_000 * _DAY


def kept(ages: Iterable[tuple[float, float]], passes: int = 1) -> list[tuple[float, ...]]:
    """(timestamp, sample count, sum, minimum, maximum) of what is left of (age, value)s, in order."""
    db = Store()
    db.create(store.SCHEMA)
    db.many(store.INSERT_DATUM, [(1, _NOW - age, "None", 1, value, value, value) for age, value in ages])
    retention = Retention()
    for number in range(passes):
        retention.trim(db, _NOW + number * 60)
    return db.all("SELECT timestamp, sample_count, sum, minimum, maximum FROM cloudwatch_data ORDER BY timestamp, sum")


def levels(*ages: float) -> list[float]:
    """The ages of the levels that are left."""
    db = Store()
    db.create(store.SCHEMA)
    for age in ages:
        db.run(store.PUT_LEVEL, 1, _NOW - age, age, 0.0, "None")
    Retention().trim(db, _NOW)
    return [_NOW - at for (at,) in db.all("SELECT timestamp FROM cloudwatch_levels ORDER BY timestamp")]


@pytest.mark.parametrize(("age", "seconds"), [(3 * 3600.0, 60), (15 * _DAY, 300), (63 * _DAY, 3600)])
def test_data_of_an_age_are_joined(age, seconds):
    old, young = age + seconds, age - 2 * seconds
    at = _NOW - old
    assert kept([(old - 1, 5), (old - 2, 5), (young - 1, 5), (young - 2, 5)])[:1] == [(at, 2, 10, 5, 5)]


def test_data_that_are_young_stay_as_they_came():
    assert len(kept([(3600 - second, 5) for second in range(600)])) == 600


def test_values_that_differ_stay_apart():
    """Percentiles would be lost."""
    found = kept([(4 * 3600 - 1, 1.0), (4 * 3600 - 2, 100.0), (4 * 3600 - 3, 101.0)])
    assert [row[1:] for row in found] == [(1, 1, 1, 1), (2, 201, 100, 101)]


def test_data_are_gone_after_455_days():
    assert [row[2] for row in kept([(456 * _DAY, 1), (454 * _DAY, 2)])] == [2]


def test_a_pass_is_bounded_and_the_next_goes_on():
    data = [(4 * 3600 + second + 0.5, 1) for second in range(6000)]
    one, all_of_them = kept(data), kept(data, passes=5)
    assert 3_000 < len(one) < 5_000
    assert len(all_of_them) == 100 + bool(4 * 3600 % 60)
    assert sum(row[2] for row in one) == sum(row[2] for row in all_of_them) == 6000


def test_of_levels_the_last_of_a_window_stays():
    age = 16 * _DAY
    assert levels(age, age - 60, age - 120, age - 300, 60.0, 0.0) == [age - 120, age - 300, 60.0, 0.0]


def test_the_level_that_still_holds_is_never_forgotten():
    assert levels(500 * _DAY, 460 * _DAY) == [460 * _DAY]


@given(st.lists(st.tuples(st.floats(0, 400 * _DAY), st.integers(-1000, 1000)), max_size=50))
def test_sums_and_extremes_stay(data):
    found = kept(data)
    assert sum(row[1] for row in found) == len(data)
    assert sum(row[2] for row in found) == pytest.approx(sum(value for _, value in data))
    assert min((row[3] for row in found), default=0) == min((value for _, value in data), default=0)
    assert max((row[4] for row in found), default=0) == max((value for _, value in data), default=0)

"""Shards as they follow from time, and sequence numbers that only grow."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.dynamodb.streams.shards import (
    RETENTION,
    SPAN,
    Sequence,
    next_roll,
    number_at,
    parse,
    shards,
    show,
    time_of,
)

T0 = 1_800_000_000.0
ages = st.floats(0, 30 * 86400)


@given(ages, st.none() | ages)
def test_shards_follow_each_other_and_the_last_is_open(age, ended):
    start, reached = number_at(T0), number_at(T0 + age)
    end = None if ended is None else number_at(T0 + min(ended, age)) + 1
    found = shards(start, end, reached)
    for older, younger in itertools.pairwise(found):
        assert (younger.parent, younger.start) == (older.id, older.end)
        assert older.id < younger.id
    assert all(0 < shard.end - shard.start <= number_at(SPAN) for shard in found)
    assert all(time_of(shard.end) >= T0 + age - RETENTION - 0.001 for shard in found)
    if end is None:
        assert found[-1].start <= reached < found[-1].end
        assert len(found) <= RETENTION // SPAN + 1


@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans())))
def test_sequence_numbers_only_grow(steps):
    sequence, now, last = Sequence(0), T0, 0
    for step, takes in steps:
        now += step
        if takes:
            number = sequence.next(now)
            assert number > last
            last = number
        else:
            last = max(last, sequence.reach(now))


@given(st.integers(number_at(T0), number_at(T0 * 4)))
def test_text(number):
    assert len(show(number)) >= 21
    assert parse(show(number)) == number


@given(ages)
def test_the_next_roll_is_ahead(age):
    rolls_at = next_roll(number_at(T0), T0 + age)
    assert 0 < rolls_at - (T0 + age) <= SPAN


def test_what_no_sequence_number_is():
    assert [parse(text) for text in ("", "x00", "12", "-100", "١٠٠")] == [None] * 5

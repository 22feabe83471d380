"""The pure parts of stream mappings: what follows a failure, how far a shard is done, windows."""

from operator import itemgetter
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.delivery.batches import MAX_BATCH_BYTES, Gathering
from penstock.delivery.streams.attempts import Batch, Policy, after_failure, fresh_from, pause
from penstock.delivery.streams.progress import Progress, lane_of
from penstock.delivery.streams.windows import MAX_STATE_BYTES, Window


class Dated(NamedTuple):
    number: int
    arrived: float = 0.0


def dated(count: int) -> list[Dated]:
    return [Dated(number, float(number)) for number in range(count)]


@given(
    st.integers(1, 40),
    st.sets(st.integers(0, 39)),
    st.integers(0, 3),
    st.booleans(),
)
def test_bisecting_gives_up_the_poison_and_nothing_else(
    count: int, poison: set[int], retries: int, partial: bool
) -> None:
    """Attempt after attempt, with a target that fails where there is poison: all else is done, once, in order."""
    policy = Policy(retries=retries, bisect=True)
    waiting, done, lost = [Batch(dated(count))], [], []
    while waiting:
        batch = waiting.pop()
        bad = [place for place, record in enumerate(batch.records) if record.number in poison]
        if not bad:
            done += batch.records
            continue
        outcome = after_failure(batch, bad[0] if partial else 0, policy)
        done += outcome.done
        if outcome.given_up is not None:
            assert outcome.given_up.failures == retries + 1
            lost += outcome.given_up.records
        waiting += reversed(outcome.again)
    assert [record.number for record in done] == [number for number in range(count) if number not in poison]
    assert [record.number for record in lost] == [number for number in range(count) if number in poison]


def test_without_bisecting_the_rest_of_the_batch_is_tried_and_given_up_together() -> None:
    first = after_failure(Batch(dated(5)), 2, Policy(retries=1))
    assert [record.number for record in first.done] == [0, 1]
    [again] = first.again
    assert ([record.number for record in again.records], again.failures, first.patiently) == ([2, 3, 4], 1, True)
    second = after_failure(again, 0, Policy(retries=1))
    assert second.given_up == Batch(again.records, 2)
    assert second.again == []


@pytest.mark.parametrize(
    ("retries", "failures", "allowed"), [(-1, 10**6, True), (0, 1, False), (2, 2, True), (2, 3, False)]
)
def test_retries(retries: int, failures: int, allowed: bool) -> None:
    assert Policy(retries=retries).allows(failures) is allowed


@given(st.lists(st.floats(0, 1000), max_size=50).map(sorted), st.floats(0, 2000), st.floats(0, 1000))
def test_what_is_too_old_is_a_beginning(times: list[float], now: float, age: float) -> None:
    records = [Dated(0, time) for time in times]
    place = fresh_from(records, now, age)
    assert all(record.arrived < now - age for record in records[:place])
    assert all(record.arrived >= now - age for record in records[place:])


def test_pauses_grow() -> None:
    assert [pause(failures) for failures in (1, 2, 3, 7, 1000)] == [1, 2, 4, 60, 60]


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_a_checkpoint_has_nothing_unfinished_before_it(count: int, random: Random) -> None:
    progress = Progress()
    order = [f"{number:03d}" for number in range(count)]
    for sequence in order:
        progress.begin(sequence)
    finished: set[str] = set()
    shuffled = order[:]
    random.shuffle(shuffled)
    for sequence in shuffled:
        progress.finish([sequence])
        finished.add(sequence)
        expected = next(
            (order[place - 1] if place else "" for place, s in enumerate(order) if s not in finished), order[-1]
        )
        assert progress.checkpoint == expected


@given(st.text(), st.integers(1, 10))
def test_a_key_has_one_lane(key: str, lanes: int) -> None:
    assert lane_of(key, lanes) == lane_of(key, lanes) < lanes


def test_keys_are_spread_over_the_lanes() -> None:
    assert {lane_of(f"key-{number}", 10) for number in range(200)} == set(range(10))


def test_windows_follow_each_other() -> None:
    window = Window.at(1_596_128_523.5, 300)
    assert window.event("shardId-000000000006", "arn", final=True) == {
        "window": {"start": "2020-07-30T17:00:00Z", "end": "2020-07-30T17:05:00Z"},
        "state": {},
        "shardId": "shardId-000000000006",
        "eventSourceARN": "arn",
        "isFinalInvokeForWindow": True,
        "isWindowTerminatedEarly": False,
    }
    assert Window.at(window.end, 300).start == window.end
    assert Window.load(window._replace(state={"1": 282}).dump()) == window._replace(state={"1": 282})
    assert Window.load("") is None


def test_a_state_can_be_too_large() -> None:
    window = Window.at(0, 60)
    assert not window._replace(state="x" * (MAX_STATE_BYTES - 2)).overfull
    assert window._replace(state="x" * (MAX_STATE_BYTES - 1)).overfull


@given(
    st.lists(st.tuples(st.integers(1, 4 * 1024 * 1024), st.sampled_from("ab"), st.floats(0, 5)), max_size=40),
    st.integers(1, 8),
    st.sampled_from([0.0, 2.0]),
)
def test_batches_hold_what_came_in_order_and_no_more_than_fits(
    records: list[tuple[int, str, float]], most: int, window: float
) -> None:
    gathering = Gathering(most, window, itemgetter(0), itemgetter(1))
    now, batches = 0.0, []
    for record in records:
        now += record[2]
        gathering.add(record, now)
        while gathering.ready(now):
            batches.append(gathering.take())
    assert not gathering or (window and gathering.due > now and len(gathering) < most)
    while gathering:
        batches.append(gathering.take())
    assert [record for batch in batches for record in batch] == records
    for batch in batches:
        assert 1 <= len(batch) <= most
        assert len({record[1] for record in batch}) == 1
        assert len(batch) == 1 or sum(record[0] for record in batch) <= MAX_BATCH_BYTES

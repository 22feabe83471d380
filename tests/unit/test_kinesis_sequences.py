"""Sequence numbers and iterators: what is written is read, and order is kept."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.kinesis import iterators, sequences

SECONDS = st.integers(1, 2**34)
SHARDS = st.integers(0, 2**31 - 1)
PLACES = st.integers(0, 2**63 - 1)


@given(SECONDS, SHARDS, PLACES, SECONDS)
def test_a_number_says_where_it_belongs(made: int, shard: int, place: int, second: int) -> None:
    text = sequences.number(sequences.base(made, shard), place, second)
    assert len(text) == 56
    assert sequences.parse(text) == (made, shard, place, second, 2)


@given(SECONDS, SHARDS, PLACES, PLACES, SECONDS, SECONDS)
def test_numbers_of_a_shard_are_in_the_order_of_their_places(
    made: int, shard: int, one: int, other: int, second: int, third: int
) -> None:
    base = sequences.base(made, shard)
    numbers = [int(sequences.number(base, *pair)) for pair in ((one, second), (other, third))]
    if one != other:
        assert (numbers[0] < numbers[1]) == (one < other)


@given(SECONDS, SHARDS, SHARDS, PLACES, PLACES)
def test_a_child_comes_after_its_parent(made: int, parent: int, child: int, one: int, other: int) -> None:
    before = sequences.number(sequences.base(made, parent), one, made)
    after = sequences.number(sequences.base(made + 1, child), other, made)
    assert int(before) < int(after)


@given(st.from_regex(r"\A(0|[1-9][0-9]{0,128})\Z"))
def test_any_digits_are_a_number_or_refused(text: str) -> None:
    try:
        found = sequences.parse(text)
    except sequences.InvalidSequence:
        return
    assert found.version in (0, 1, 2)


ARNS = st.from_regex(r"\Aarn:aws:kinesis:us-east-1:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}\Z")


@given(st.integers(0, 2**43), PLACES, SHARDS, ARNS)
def test_an_iterator_is_read_as_it_was_given_out(made: int, place: int, shard: int, stream: str) -> None:
    text = iterators.encode(made, place, shard, stream)
    assert iterators.decode(text) == (made, place, shard, stream)
    assert len(text) <= 512


@given(st.text(max_size=300))
def test_other_texts_are_no_iterators(text: str) -> None:
    with pytest.raises(iterators.InvalidIterator):
        iterators.decode(text)


@given(st.integers(0, 180), st.integers(1, 255))
def test_a_changed_iterator_is_refused_or_the_same(at: int, change: int) -> None:
    text = iterators.encode(1, 2, 3, "arn:aws:kinesis:us-east-1:000000000000:stream/orders")
    data = bytearray(base64.b64decode(text))
    data[at % len(data)] ^= change
    try:
        found = iterators.decode(base64.b64encode(data).decode())
    except iterators.InvalidIterator:
        return
    assert found == iterators.decode(text)

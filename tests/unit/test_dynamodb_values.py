"""AttributeValues: what is refused, how much a value counts for, equality and order; keys as ordered bytes."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.dynamodb import keys, store, values

names = st.text(min_size=1, max_size=8)
integers = st.integers(-(10**30), 10**30)
scalars = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=20)),
    st.builds(lambda number: {"N": str(number)}, integers),
    st.builds(lambda content: {"B": content}, st.binary(max_size=20)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda members: {"SS": members}, st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True)),
    st.builds(lambda members: {"BS": members}, st.lists(st.binary(max_size=5), min_size=1, max_size=4, unique=True)),
    st.builds(lambda m: {"NS": [str(n) for n in m]}, st.lists(integers, min_size=1, max_size=4, unique=True)),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=4)),
        st.builds(lambda members: {"M": members}, st.dictionaries(names, inner, max_size=4)),
    ),
    max_leaves=12,
)
items = st.dictionaries(names, documents, max_size=6)


@given(items)
def test_an_item_is_stored_as_it_was_checked(item: dict[str, Any]) -> None:
    size = values.check_item(item)
    loaded = store.load(store.dump(item))
    assert loaded == item
    assert values.item_size(loaded) == size


@given(documents)
def test_a_value_equals_itself_with_its_sets_turned(value: dict[str, Any]) -> None:
    values.check_value(value)
    other = turned(value)
    values.check_value(other)
    assert value == other


def turned(value: dict[str, Any]) -> dict[str, Any]:
    [(kind, content)] = value.items()
    if kind in values.SET_TYPES:
        return {kind: content[::-1]}
    if kind == "L":
        return {kind: [turned(member) for member in content]}
    if kind == "M":
        return {kind: {name: turned(member) for name, member in content.items()}}
    return value


@given(st.text(), st.text())
def test_strings_are_ordered_as_their_key_bytes(one: str, other: str) -> None:
    order = values.compare({"S": one}, {"S": other})
    left, right = keys.ENCODERS["S"](one), keys.ENCODERS["S"](other)
    assert order == (left > right) - (left < right)


def test_types_without_an_order() -> None:
    assert values.compare({"S": "1"}, {"N": "1"}) is None
    assert values.compare({"BOOL": True}, {"BOOL": True}) is None


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_the_successor_of_a_prefix_bounds_what_begins_with_it(prefix: bytes, rest: bytes) -> None:
    after = keys.successor(prefix)
    assert after is None or prefix + rest < after
    assert after is not None or set(prefix) <= {255}


@given(st.integers(1, 500))
def test_segments_share_out_all_buckets(total: int) -> None:
    bounds = [keys.segment(index, total) for index in range(total)]
    assert bounds[0][0] == 0 and bounds[-1][1] == keys.BUCKETS
    assert all(before[1] == after[0] for before, after in pairwise(bounds))


INVALID = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes",
        ),
        ({"NULL": False}, f"{INVALID}Null attribute value types must have the value of true"),
        ({"SS": []}, f"{INVALID}An string set  may not be empty"),
        ({"NS": []}, f"{INVALID}An number set  may not be empty"),
        ({"BS": []}, f"{INVALID}Binary sets should not be empty"),
        ({"SS": ["b", "a", "b"]}, f'{INVALID}Input collection ["a", "b", "b"] contains duplicates.'),
        ({"NS": ["2", "1", "2.0"]}, f"{INVALID}Input collection contains duplicates."),
        (
            {"BS": [b"\xff", b"\x00", b"\x00"]},
            f'{INVALID}Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.',
        ),
        ({"M": {"a": {"L": [{"NS": []}]}}}, f"{INVALID}An number set  may not be empty"),
        ({"L": [{"N": "x"}]}, "The parameter cannot be converted to a numeric value: x"),
    ],
)
def test_what_is_refused(value: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as refused:
        values.check_value(value)
    assert refused.value.message == message


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


def test_documents_are_at_most_32_levels_deep() -> None:
    assert values.check_value(nested(31)) > 0
    values.check_depth({"a": nested(31)})
    for check in (lambda: values.check_value(nested(32)), lambda: values.check_depth({"a": nested(32)})):
        with pytest.raises(AwsError, match="Nesting Levels have exceeded supported limits"):
            check()


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ä"}}, 4),
        ({"b": {"B": b"abc"}}, 4),
        ({"flag": {"BOOL": True}, "none": {"NULL": True}}, 10),
        ({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}, 1 + 3 + 2 + 2 + 2),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
        ({"s": {"SS": ["ab", "c"]}}, 4),
    ],
)
def test_sizes(item: dict[str, Any], size: int) -> None:
    assert values.check_item(item) == size

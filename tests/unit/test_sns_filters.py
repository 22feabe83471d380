"""Filter policies: their limits, and what a message shows of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.sns.filters import (
    ATTRIBUTES,
    BODY,
    attributes_event,
    body_event,
    combinations,
    compile_policy,
)


def test_combinations_count_values_and_depth() -> None:
    policy = {"a": {"b": {"c": ["1", "2", "3", "4"]}}, "d": {"e": ["1", "2", "3"]}}
    assert combinations(policy) == 3 * 4 * 2 * 3
    assert combinations({"$or": [{"a": ["1", "2"]}, {"b": ["1"] * 3}], "c": ["1", "2"]}) == (2 + 3) * 2


def test_attributes_as_a_pattern_sees_them() -> None:
    given_attributes = {
        "text": {"DataType": "String", "StringValue": "5"},
        "whole": {"DataType": "Number", "StringValue": "5"},
        "part": {"DataType": "Number.float", "StringValue": "5.5"},
        "many": {"DataType": "String.Array", "StringValue": '["a", 1, null]'},
        "odd": {"DataType": "String.Array", "StringValue": "no array"},
        "blob": {"DataType": "Binary", "BinaryValue": b"x"},
    }
    assert attributes_event(given_attributes) == {
        "text": "5",
        "whole": 5,
        "part": 5.5,
        "many": ["a", 1, None],
        "odd": "no array",
    }


@pytest.mark.parametrize("body", ["no json", "[]", "1", "null", '"text"'])
def test_a_body_that_is_no_object_shows_nothing(body: str) -> None:
    assert body_event(body) is None


def test_policies_that_let_everything_through() -> None:
    assert compile_policy("", ATTRIBUTES) is None


@given(st.text(max_size=40), st.sampled_from([ATTRIBUTES, BODY]))
def test_any_text_is_a_policy_or_refused(text: str, scope: str) -> None:
    try:
        compile_policy(text, scope)
    except AwsError as error:
        assert error.code == "InvalidParameterException"
        assert "Filter" in error.message


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=10, unique=True), st.text(max_size=5))
def test_a_value_passes_if_it_is_listed(values: list[str], value: str) -> None:
    text = '{"a": [' + ", ".join(f'"{each}"' for each in map(_escaped, values)) + "]}"
    pattern = compile_policy(text, ATTRIBUTES)
    assert pattern is not None
    event = attributes_event({"a": {"DataType": "String", "StringValue": value}})
    assert pattern.matches(event) == (value in values)


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else char for char in text)

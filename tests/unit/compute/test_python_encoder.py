"""JSON as the Python runtime writes it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compute.python import encoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_is_json_without_decimals(value: Any) -> None:
    assert json.loads(encoder.encode(value)) == value


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False) | st.text()))
def test_decimals_are_numbers_with_all_digits(values: list[Decimal | str]) -> None:
    read = json.loads(encoder.encode(values), parse_float=Decimal, parse_int=Decimal)
    assert read == values


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="Object of type object is not JSON serializable"):
        encoder.encode([object()])

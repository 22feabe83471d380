"""What is wrong with a JSON text, in Jackson's words; and that whatever is right is read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.stepfunctions.asl.json_text import JsonError, loads

_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TEXT = st.text(st.characters(exclude_categories=("Cs",)))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("not json", f"Unrecognized token 'not': was expecting {_VALUE}", "line: 1, column: 4"),
        (
            "{\n 'a': 1}",
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
            "line: 2, column: 3",
        ),
        ('{"a":}', f"Unexpected character ('}}' (code 125)): expected a valid value {_VALUE}", "column: 7"),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", ""),
        ('{"a":[1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", ""),
        ('{"[":1 2}', "Unexpected character ('2' (code 50)): was expecting comma to separate Object entries", ""),
        ('"a', "Unexpected end-of-input: was expecting closing quote for a string value", "column: 3"),
        ("", "No content to map due to end-of-input", "column: 1"),
        ("[1", 'Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"[1"; ', ""),
    ],
)
def test_messages(text: str, message: str, place: str) -> None:
    with pytest.raises(JsonError) as error:
        loads(text)
    assert error.value.message.startswith(message) and place in error.value.location


def test_what_python_would_take_is_refused() -> None:
    with pytest.raises(JsonError):
        loads("[NaN]")


@given(_JSON)
def test_json_is_read(value: Any) -> None:
    assert loads(json.dumps(value)) == value


@given(st.text())
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        loads(text)
    except JsonError as error:
        assert error.message and error.location.startswith("[Source: (String)")

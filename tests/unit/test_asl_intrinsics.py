"""Intrinsic functions: each function, the parser, and properties of both."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.stepfunctions.asl.errors import StateError
from penstock.services.stepfunctions.asl.intrinsics import compile_intrinsic
from penstock.services.stepfunctions.asl.scope import Scope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def value(text: str, given: Any = None, **variables: Any) -> Any:
    return compile_intrinsic(text)(Scope(given, variables, lambda: {"Name": "n"}))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("States.Format('{} is {}', $.name, $.n)", "a'b is 5"),
        (r"States.Format('it\'s \{literal\} {}', 1)", "it's {literal} 1"),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
        ("States.JsonToString($.obj)", '{"x":1}'),
        ("States.Array(1, 'two', true, null, $.n)", [1, "two", True, None, 5]),
        ("States.Array()", []),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [3]]),
        ("States.ArrayContains($.list, 3)", True),
        ("States.ArrayContains($.list, true)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayGetItem($.list, 1)", 2),
        ("States.ArrayLength($.list)", 3),
        ("States.ArrayUnique(States.Array(1, 1, '1', 2))", [1, "1", 2]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ('States.JsonMerge($.obj, States.StringToJson(\'{"x":2,"y":3}\'), false)', {"x": 2, "y": 3}),
        ("States.MathAdd(111, -1)", 110),
        ("States.StringSplit('1,2;3', ',;')", ["1", "2", "3"]),
        ("States.ArrayLength($.rows[?(@.v == 'a,b)')])", 1),
        ("States.Format('{}', $$.Name)", "n"),
        ("States.Format('{}', $who.first)", "Ada"),
    ],
)
def test_functions(text: str, wanted: Any) -> None:
    data = {"name": "a'b", "n": 5, "obj": {"x": 1}, "list": [1, 2, 3], "rows": [{"v": "a,b)"}, {"v": "c"}]}
    assert value(text, data, who={"first": "Ada"}) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "States.Nothing()",
        "States.Format('{}'",
        "States.Format('{}', $.a) and more",
        "States.UUID(1)",
        "States.MathAdd(1,)",
        "Format('x')",
    ],
)
def test_what_is_no_call(text: str) -> None:
    with pytest.raises(ValueError):
        compile_intrinsic(text)


@pytest.mark.parametrize(
    "text",
    [
        "States.Format('{}')",
        "States.ArrayGetItem($.list, 3)",
        "States.ArrayPartition($.list, 0)",
        "States.Base64Decode('!')",
        "States.Hash('a', 'MD6')",
        "States.StringToJson('{')",
        "States.MathRandom(2, 1)",
        "States.ArrayRange(1, 2000, 1)",
    ],
)
def test_what_cannot_be_done(text: str) -> None:
    with pytest.raises(StateError, match=r"States\.IntrinsicFailure"):
        value(text, {"list": [1, 2, 3]})


@given(JSON)
def test_json_survives_text(document: Any) -> None:
    assert value("States.StringToJson(States.JsonToString($.d))", {"d": document}) == document


@given(st.text(max_size=200).filter(lambda text: not any(0xD800 <= ord(mark) < 0xE000 for mark in text)))
def test_base64_survives(text: str) -> None:
    assert value("States.Base64Decode(States.Base64Encode($.t))", {"t": text}) == text
    assert value("States.Base64Encode($.t)", {"t": text}) == base64.b64encode(text.encode()).decode()


@given(st.lists(JSON, max_size=20), st.integers(1, 7))
def test_partitions_are_the_array(items: list[Any], size: int) -> None:
    chunks = value("States.ArrayPartition($.l, $.n)", {"l": items, "n": size})
    assert [item for chunk in chunks for item in chunk] == items
    assert all(len(chunk) == size for chunk in chunks[:-1])


@given(st.text(alphabet=st.characters(blacklist_characters="'\\{}", blacklist_categories=("Cs",)), max_size=40))
def test_literals_stand_for_themselves(text: str) -> None:
    assert value(f"States.Array('{text}')") == [text]
    assert value(f"States.Format('{text}')") == text


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        compile_intrinsic(f"States.{text}")
    except ValueError:
        pass


@given(st.integers(1, 9))
def test_calls_nest_ten_deep(depth: int) -> None:
    assert value("States.Array(" * depth + "1" + ")" * depth) == json.loads("[" * depth + "1" + "]" * depth)

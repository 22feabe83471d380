"""The language's parts: paths, errors and retries, validation."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.stepfunctions.asl.backoff import delay, retry_of
from penstock.services.stepfunctions.asl.choice import glob
from penstock.services.stepfunctions.asl.errors import matches
from penstock.services.stepfunctions.asl.model import Retrier
from penstock.services.stepfunctions.asl.parse import machine_of
from penstock.services.stepfunctions.asl.paths import NoSuchPath, compile_path, place, reference_steps
from penstock.services.stepfunctions.asl.scope import Scope
from penstock.services.stepfunctions.asl.validate import validate

DATA = {"a": [{"b": 1, "c d": 2}, {"b": 3}], "x-y": None, "e": []}


def read(path: str, data: Any = DATA) -> Any:
    return compile_path(path)(Scope(data, {"v": {"w": [7]}}, lambda: {"Execution": {"Id": "i"}}))


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("$", DATA),
        ("$.a[0].b", 1),
        ("$['a'][0]['c d']", 2),
        ("$.x-y", None),
        ("$.a[-1].b", 3),
        ("$.a[*].b", [1, 3]),
        ("$..b", [1, 3]),
        ("$.a[?(@.b > 1)]", [{"b": 3}]),
        ("$.a[0:1]", [{"b": 1, "c d": 2}]),
        ("$.a.length()", 2),
        ("$.a[*].b.max()", 3),
        ("$.e[*]", []),
        ("$$.Execution.Id", "i"),
        ("$v.w[0]", 7),
    ],
)
def test_paths(path: str, wanted: Any) -> None:
    assert read(path) == wanted


@pytest.mark.parametrize("path", ["$.z", "$.a[5]", "$.a.b", "$.x-y.z", "$unknown", "$.e.max()"])
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(NoSuchPath):
        read(path)


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[?(@.b)]", "$$.a", "a", "$.a[0:2]", "States.UUID()"])
def test_what_is_no_reference_path(path: str) -> None:
    with pytest.raises(ValueError):
        reference_steps(path)


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4), st.integers())
def test_what_was_placed_is_read_and_the_rest_is_kept(names: list[str], value: int) -> None:
    path = "$." + ".".join(names)
    document = place({"kept": 1}, reference_steps(path), value)
    assert read(path, document) == value
    assert document["kept"] == 1


@pytest.mark.parametrize(
    ("wanted", "error", "result"),
    [
        (["Mine"], "Mine", True),
        (["States.ALL"], "Anything", True),
        (["States.ALL"], "States.DataLimitExceeded", True),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "Lambda.Unknown", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
    ],
)
def test_error_names(wanted: list[str], error: str, result: bool) -> None:
    assert matches(wanted, error) is result


def test_back_off() -> None:
    retrier = Retrier(frozenset({"E"}), 2, 5, 3.0, 15, False)
    assert [delay(retrier, count, lambda: 0.5) for count in range(4)] == [2, 6, 15, 15]
    assert delay(retrier._replace(jitter=True), 1, lambda: 0.5) == 3
    assert delay(retrier._replace(longest=None), 5000, lambda: 1.0) == 99_999_999
    assert retry_of([retrier], [4], "E") == 0
    assert retry_of([retrier], [5], "E") is None


@pytest.mark.parametrize(
    ("pattern", "text", "result"),
    [("a*c", "abbc", True), (r"a\*c", "abc", False), (r"a\*c", "a*c", True), ("*", "", True)],
)
def test_string_patterns(pattern: str, text: str, result: bool) -> None:
    assert bool(glob(pattern).fullmatch(text)) is result


@given(st.text(max_size=100))
def test_any_text_is_validated_without_a_fall(text: str) -> None:
    assert validate(text)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", ["Pass", "Task", "Wait", "Choice", "Succeed", "Fail", "Parallel", "Map"])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "Next",
                "End",
                "Result",
                "Choices",
                "Branches",
                "Resource",
                "Seconds",
                "ItemProcessor",
                "Retry",
                "Catch",
                "Assign",
                "Parameters",
                "InputPath",
                "ResultPath",
                "QueryLanguage",
                "Output",
                "Items",
                "TimeoutSeconds",
            ]
        ),
        NESTED,
    )
)
def test_any_state_is_refused_or_compiled(kind: str, fields: dict[str, Any]) -> None:
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": kind, **fields}}})
    if not validate(definition):
        assert machine_of(definition).states["S"].type == kind

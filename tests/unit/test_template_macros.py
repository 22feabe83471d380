"""Transforms in a template: found where they are, and carried out from the inside to the outside."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.template.document import Document, TemplateError
from penstock.template.macros import Transform, expand, is_transformed, uses


def document(data: dict[str, Any]) -> Document:
    return Document(data, json.dumps(data))


class Recorder:
    """Carries transforms out by noting them, and leaves what it is given with a mark."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def __call__(self, transform: Transform, fragment: dict[str, Any]) -> Any:
        self.names.append(transform.name)
        return {**fragment, f"by{transform.name}": True}


def test_from_the_inside_to_the_outside() -> None:
    inner = {"a": 1, "Fn::Transform": {"Name": "Inner"}}
    outer = {"child": inner, "Fn::Transform": {"Name": "Outer", "Parameters": {"p": 1}}}
    data = {"Transform": ["First", {"Name": "Second"}], "Resources": {"R": outer}}
    run = Recorder()
    found = asyncio.run(expand(data, run))
    assert run.names == ["Inner", "Outer", "First", "Second"]
    expected = {"child": {"a": 1, "byInner": True}, "byOuter": True}
    assert found == {"Resources": {"R": expected}, "byFirst": True, "bySecond": True}


def test_where_they_are() -> None:
    data = {"Transform": "Whole", "Resources": {"R": {"Properties": [{"Fn::Transform": {"Name": "Part"}}]}}}
    found = [(transform.name, transform.whole, path) for transform, path in uses(document(data))]
    assert found == [
        ("Whole", True, ("Transform",)),
        ("Part", False, ("Resources", "R", "Properties", 0, "Fn::Transform")),
    ]


def test_loops_alone_are_no_transform() -> None:
    assert not is_transformed(document({"Transform": "AWS::LanguageExtensions", "Resources": {}}))


def test_a_template_stays_an_object() -> None:
    async def run(transform: Transform, fragment: dict[str, Any]) -> Any:
        return "text"

    with pytest.raises(TemplateError, match="unsupported structure"):
        asyncio.run(expand({"Transform": "M", "Resources": {}}, run))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=4))
def test_what_asks_for_none_stays_as_it_is(data: dict[str, Any]) -> None:
    run = Recorder()
    assert asyncio.run(expand(data, run)) == data
    assert run.names == []
    assert not is_transformed(document(data))

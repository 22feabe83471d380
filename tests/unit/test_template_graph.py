"""Dependencies and the order that follows from them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.template.document import TemplateError
from penstock.template.graph import dependencies, order, references
from penstock.template.model import Declaration


def declare(name: str, properties: dict[str, Any] | None = None, *depends_on: str) -> Declaration:
    return Declaration(name, "AWS::SQS::Queue", properties or {}, depends_on=depends_on)


def needs(*declared: Declaration, parameters: tuple[str, ...] = (), left_out: tuple[str, ...] = ()) -> Any:
    return dependencies({body.logical_id: body for body in declared}, parameters, left_out, lambda name: name == "Yes")


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ({"Ref": "A"}, ["A"]),
        ({"Ref": "AWS::Region"}, []),
        ({"Fn::GetAtt": "A.B.C"}, ["A"]),
        ({"Fn::GetAtt": ["A", {"Ref": "P"}]}, ["A", "P"]),
        ({"Fn::Sub": "${A} ${B.Arn} ${!C} ${AWS::Region}"}, ["A", "B"]),
        ({"Fn::Sub": ["${A} ${B}", {"B": {"Ref": "C"}}]}, ["A", "C"]),
        ({"Fn::If": ["Yes", {"Ref": "A"}, {"Ref": "B"}]}, ["A"]),
        ({"Fn::If": ["No", {"Ref": "A"}, {"Ref": "B"}]}, ["B"]),
        ({"x": [{"Fn::Join": ["", [{"Ref": "A"}]]}]}, ["A"]),
    ],
)
def test_references(node: Any, names: list[str]) -> None:
    assert [reference.name for reference in references(node, (), lambda name: name == "Yes")] == names


def test_both_branches_count_when_nothing_is_known() -> None:
    found = references({"Fn::If": ["Yes", {"Ref": "A"}, {"Ref": "B"}]})
    assert [reference.name for reference in found] == ["A", "B"]


def test_depends_on_a_resource_that_is_left_out() -> None:
    assert needs(declare("A", {}, "Gone"), left_out=("Gone",)) == {"A": frozenset()}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (declare("A", {"x": {"Ref": "Nope"}}), r"Unresolved resource dependencies \[Nope\] in the Resources block"),
        (declare("A", {"x": {"Fn::GetAtt": "P.Arn"}}), r"instance of Fn::GetAtt references undefined resource P"),
        (
            declare("A", {"x": {"Fn::Sub": "${P.Arn}"}}),
            r"instance of Fn::Sub references invalid resource attribute P.Arn",
        ),
        (
            declare("A", {"x": {"Fn::Sub": "${Nope}"}}),
            r"Unresolved resource dependencies \[Nope\] in the Resources block",
        ),
        (declare("A", {"x": {"Ref": "Gone"}}), r"Unresolved resource dependencies \[Gone\]"),
        (declare("A", {}, "Nope"), r"Unresolved resource dependencies \[Nope\]"),
        (declare("A", {"x": {"Ref": "A"}}), r"Circular dependency between resources: \[A\]"),
    ],
)
def test_refuses(body: Declaration, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        needs(body, parameters=("P",), left_out=("Gone",))


def test_a_circle_names_its_members_only() -> None:
    circle = {"Before": [], "A": ["B", "Before"], "B": ["C"], "C": ["A"], "After": ["A"]}
    with pytest.raises(TemplateError, match=r"Circular dependency between resources: \[A, B, C\]"):
        order(circle)


def test_the_templates_order_stands_among_independent_resources() -> None:
    assert order({"C": [], "A": ["Z"], "B": [], "Z": []}) == ["C", "B", "Z", "A"]


@given(st.data())
def test_everything_comes_after_what_it_needs(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 12))
    graph = {n: data.draw(st.sets(st.integers(0, n - 1))) if n else set() for n in range(size)}
    names = data.draw(st.permutations(range(size)))
    found = order({f"r{n}": [f"r{other}" for other in graph[n]] for n in names})
    place = {name: index for index, name in enumerate(found)}
    assert len(found) == size
    assert all(place[f"r{other}"] < place[f"r{n}"] for n in graph for other in graph[n])

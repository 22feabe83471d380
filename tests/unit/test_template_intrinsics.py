"""Intrinsic functions, one by one and as properties."""

import base64
import ipaddress
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.template.document import TemplateError
from penstock.template.intrinsics import Evaluator
from penstock.template.provider import Resource
from penstock.template.scope import NO_VALUE, Scope

SCOPE = Scope(
    account="000000000000",
    region="eu-west-1",
    stack_id="arn:aws:cloudformation:eu-west-1:000000000000:stack/Shop/1",
    stack_name="Shop",
    parameters={"Stage": "dev", "Zones": ["a", "b"], "Count": "3", "Hidden": "true"},
    mappings={"Sizes": {"dev": {"Memory": 128, "Names": ["x", "y"]}}},
    conditions={
        "IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
        "IsProd": {"Fn::Not": [{"Condition": "IsDev"}]},
        "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
        "Either": {"Fn::Or": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
        "Round": {"Fn::Not": [{"Condition": "About"}]},
        "About": {"Fn::Not": [{"Condition": "Round"}]},
    },
    resources={"Queue": Resource("https://q", {"Arn": "arn:q", "Endpoint.Port": 80, "Tags": ["t"]})},
    exports={"shared-bus": "arn:bus"},
    outputs={("Net", "VpcId", "eu-west-1"): "vpc-1"},
)


def value(node: Any) -> Any:
    return Evaluator(SCOPE).value(node)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Queue"}, "https://q"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::AccountId"}, "000000000000"),
        ({"Ref": "AWS::StackName"}, "Shop"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::NotificationARNs"}, []),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:q"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:q"),
        ({"Fn::GetAtt": ["Queue", "Endpoint.Port"]}, 80),
        ({"Fn::GetAtt": "Queue.Endpoint.Port"}, 80),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1, True]]}, "a-dev-1-true"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Join": ["", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "ab"),
        ({"Fn::Sub": "${Stage}/${Queue.Arn}/${!Literal}/${AWS::Region}"}, "dev/arn:q/${Literal}/eu-west-1"),
        ({"Fn::Sub": "${Queue.Endpoint.Port}"}, "80"),
        ({"Fn::Sub": ["${Own}-${Stage}", {"Own": {"Fn::Join": ["", ["x", "y"]]}}]}, "xy-dev"),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": ["/", "a/b"]}]}, "a"),
        ({"Fn::If": ["IsDev", 1, {"Ref": "Nowhere"}]}, 1),
        ({"Fn::If": ["IsProd", 1, 2]}, 2),
        ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Memory"]}, 128),
        ({"Fn::FindInMap": ["Sizes", "dev", "Names"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["Sizes", "prod", "Memory", {"DefaultValue": {"Ref": "Count"}}]}, "3"),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::ImportValue": {"Fn::Sub": "shared-bus"}}, "arn:bus"),
        ({"Fn::GetStackOutput": {"StackName": "Net", "OutputName": "VpcId"}}, "vpc-1"),
        ({"Fn::Base64": "hello"}, "aGVsbG8="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": {"Ref": "Zones"}}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"dev"}'),
        ({"Condition": {"StringEquals": {"x": "y"}}}, {"Condition": {"StringEquals": {"x": "y"}}}),
        ({"Fn::Equals": [{"Ref": "Count"}, 3]}, True),
        ({"Fn::Equals": [{"Ref": "Hidden"}, True]}, True),
    ],
)
def test_yields(node: Any, expected: Any) -> None:
    assert value(node) == expected


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Ref": "Nope"}, "Unresolved resource dependencies [Nope]"),
        ({"Fn::GetAtt": ["Nope", "Arn"]}, "references undefined resource Nope"),
        ({"Fn::GetAtt": ["Queue", "Nope"]}, "resource Queue does not support attribute type Nope in Fn::GetAtt"),
        ({"Fn::GetAtt": ["Queue"]}, "every Fn::GetAtt object requires two non-empty parameters"),
        ({"Fn::Join": "x"}, "every Fn::Join object requires two parameters"),
        ({"Fn::Join": ["", [{"a": 1}]]}, "every Fn::Join object requires two parameters"),
        ({"Fn::Sub": "${Bad Name}"}, "variable names in Fn::Sub syntax"),
        ({"Fn::Sub": ["${Zones}", {}]}, "every value of the context object"),
        ({"Fn::Sub": {"a": 1}}, "don't specify expected arguments"),
        ({"Fn::Select": [2, ["a"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::Select": [-1, ["a"]]}, "Fn::Select requires a list argument"),
        ({"Fn::Split": ["", "a"]}, "every Fn::Split object requires two parameters"),
        ({"Fn::FindInMap": ["Sizes", "prod", "Memory"]}, "Unable to get mapping for Sizes::prod::Memory"),
        ({"Fn::ImportValue": "nope"}, "No export named nope found"),
        ({"Fn::GetStackOutput": {"StackName": "Net", "OutputName": "No"}}, "stack Net has no output No in eu-west-1"),
        ({"Fn::If": ["Nope", 1, 2]}, "Unresolved condition dependency Nope"),
        ({"Fn::If": ["Round", 1, 2]}, "Circular dependency between conditions"),
        ({"Fn::Cidr": ["10.0.0.0/24", 9, 5]}, "has room for 8 blocks"),
        (
            {"Fn::Nope": 1},
            "Template error: Encountered unsupported function: Fn::Nope Supported functions are: [Fn::And, ",
        ),
    ],
)
def test_refuses(node: Any, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        value(node)
    assert message in caught.value.message


def test_an_error_names_the_place() -> None:
    with pytest.raises(TemplateError) as caught:
        Evaluator(SCOPE).value({"A": ["x", {"Fn::Join": ["", [{"Ref": "Nope"}]]}]}, ("Resources", "Queue"))
    assert caught.value.path == ("Resources", "Queue", "A", 1, "Fn::Join", 1, 0, "Ref")
    assert caught.value.logical_id == "Queue"


@pytest.mark.parametrize(("name", "holds"), [("IsDev", True), ("IsProd", False), ("Both", False), ("Either", True)])
def test_conditions(name: str, holds: bool) -> None:
    assert Evaluator(SCOPE).condition(name) is holds


scalars = st.none() | st.booleans() | st.integers() | st.text()
plain = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text().map(lambda key: f"k{key}"), inner), max_leaves=20
)


@given(plain)
def test_what_has_no_function_stays_as_it_is(node: Any) -> None:
    assert value(node) == node


@given(st.lists(st.text(alphabet="abc/ ")), st.text(alphabet=",;|", min_size=1))
def test_split_undoes_join(items: list[str], delimiter: str) -> None:
    joined = {"Fn::Join": [delimiter, items]}
    assert value({"Fn::Split": [delimiter, joined]}) == (items or [""])


@given(st.text().filter(lambda text: "${" not in text))
def test_sub_leaves_text_without_variables(text: str) -> None:
    assert value({"Fn::Sub": text}) == text


@given(st.text(alphabet="abc${}!. ", max_size=20), st.text())
def test_sub_never_substitutes_twice(name: str, inserted: str) -> None:
    assert value({"Fn::Sub": ["<${V}>", {"V": inserted + name}]}) == f"<{inserted}{name}>"


@given(st.text())
def test_base64_decodes_to_the_text(text: str) -> None:
    assert base64.b64decode(value({"Fn::Base64": text})).decode() == text


@given(plain.filter(lambda node: isinstance(node, (dict, list))))
def test_json_text_parses_back(node: Any) -> None:
    assert json.loads(value({"Fn::ToJsonString": node})) == node


@given(st.integers(1, 16), st.integers(4, 12))
def test_cidr_blocks_are_disjoint_parts_of_the_block(count: int, bits: int) -> None:
    blocks = [ipaddress.ip_network(block) for block in value({"Fn::Cidr": ["10.0.0.0/16", count, bits]})]
    assert len(blocks) == count
    assert all(block.subnet_of(ipaddress.ip_network("10.0.0.0/16")) for block in blocks)  # type: ignore[arg-type]
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)  # type: ignore[arg-type]


def test_no_value_alone_is_the_marker() -> None:
    assert value({"Ref": "AWS::NoValue"}) is NO_VALUE

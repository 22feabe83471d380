"""Parameters, rules and loops."""

from typing import Any

import pytest

from penstock.template import foreach, parameters, rules
from penstock.template.document import TemplateError
from penstock.template.intrinsics import Evaluator
from penstock.template.scope import Scope

DECLARED: dict[str, dict[str, Any]] = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
    "Count": {"Type": "Number", "Default": 2, "MinValue": 1, "MaxValue": 5},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Ports": {"Type": "List<Number>", "Default": "80,443"},
    "Name": {"Type": "String", "Default": "abc", "MinLength": 2, "MaxLength": 4, "AllowedPattern": "[a-z]*"},
    "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"},
    "Subnets": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/subnets"},
    "Mail": {"Type": "String", "Default": "a@b", "AllowedPattern": ".*@.*", "ConstraintDescription": "be an address"},
}


def scope(**values: Any) -> Scope:
    return Scope("000000000000", "us-east-1", "id", "stack", parameters=values)


def test_what_ref_yields() -> None:
    given = parameters.values(DECLARED, {"Count": 3})
    assert parameters.ssm_names(DECLARED, given) == {"Image": "/image", "Subnets": "/subnets"}
    assert parameters.typed(DECLARED, given, {"Image": "ami", "Subnets": "s1,s2"}) == {
        "Stage": "dev",
        "Count": "3",
        "Zones": ["a", "b"],
        "Ports": ["80", "443"],
        "Name": "abc",
        "Image": "ami",
        "Subnets": ["s1", "s2"],
        "Mail": "a@b",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Stage": "test"}, "Parameter 'Stage' must be one of AllowedValues"),
        ({"Count": "x"}, "Parameter 'Count' must be a number"),
        ({"Count": 0}, "Parameter 'Count' must be a number not less than 1"),
        ({"Count": "6"}, "Parameter 'Count' must be a number not greater than 5"),
        ({"Ports": "80,x"}, "Parameter 'Ports' must be a number"),
        ({"Name": "a"}, "Parameter 'Name' must contain at least 2 characters"),
        ({"Name": "abcde"}, "Parameter 'Name' must contain at most 4 characters"),
        ({"Name": "A1"}, "Parameter 'Name' must match pattern [a-z]*"),
        ({"Mail": "x"}, "Parameter Mail failed to satisfy constraint: be an address"),
        ({"Nope": 1, "Nada": 2}, "Parameters: [Nope, Nada] do not exist in the template"),
    ],
)
def test_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parameters.values(DECLARED, given)
    assert caught.value.message == message


def test_a_parameter_without_value() -> None:
    with pytest.raises(TemplateError, match=r"Parameters: \[A, B\] must have values"):
        parameters.values({"A": {"Type": "String"}, "B": {"Type": "String"}}, {})


def test_an_unknown_type() -> None:
    with pytest.raises(TemplateError, match="Unrecognized parameter type: Strin"):
        parameters.values({"A": {"Type": "Strin", "Default": ""}}, {})


BOOTSTRAP = {
    "CheckBootstrapVersion": {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]},
                "AssertDescription": "CDK bootstrap stack version 6 required.",
            }
        ]
    }
}


def test_the_bootstrap_rule_of_cdk() -> None:
    rules.check(BOOTSTRAP, scope(BootstrapVersion="30"))
    with pytest.raises(TemplateError, match="CDK bootstrap stack version 6 required"):
        rules.check(BOOTSTRAP, scope(BootstrapVersion="4"))


def test_a_rule_whose_condition_does_not_hold() -> None:
    rule = {
        "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "Assertions": [{"Assert": {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a"]]}}],
    }
    rules.check({"R": rule}, scope(Stage="dev", Zones=["b"]))
    with pytest.raises(TemplateError, match="Rule R failed"):
        rules.check({"R": rule}, scope(Stage="prod", Zones=["b"]))


def expand(node: Any, **values: Any) -> Any:
    return foreach.expand(node, Evaluator(scope(**values)))


def test_a_loop_over_resources() -> None:
    loop = ["Name", {"Ref": "Names"}, {"Queue${Name}": {"Type": "T", "Properties": {"N": {"Ref": "Name"}}}}]
    assert expand({"Fn::ForEach::Queues": loop, "Other": {}}, Names=["A", "B"]) == {
        "QueueA": {"Type": "T", "Properties": {"N": "A"}},
        "QueueB": {"Type": "T", "Properties": {"N": "B"}},
        "Other": {},
    }


def test_loops_inside_loops() -> None:
    inner = ["Y", ["1", "2"], {"K${X}${Y}": "${X}/${Y}"}]
    assert expand({"Fn::ForEach::Outer": ["X", ["a", "b"], {"Fn::ForEach::Inner": inner}]}) == {
        "Ka1": "a/1",
        "Ka2": "a/2",
        "Kb1": "b/1",
        "Kb2": "b/2",
    }


def test_an_identifier_in_a_logical_id_loses_what_is_not_alphanumeric() -> None:
    assert expand({"Fn::ForEach::L": ["Ip", ["10.0.0.1"], {"Host&{Ip}": "${Ip}"}]}) == {"Host10001": "10.0.0.1"}


def test_a_loop_of_the_wrong_shape() -> None:
    with pytest.raises(TemplateError, match="Fn::ForEach requires an identifier, a collection and a fragment"):
        expand({"Fn::ForEach::L": ["X", ["a"]]})


def test_loops_in_loops_end_before_they_fill_the_memory() -> None:
    loop: dict[str, Any] = {"${A}${B}${C}${D}${E}": {"Type": "AWS::SQS::Queue"}}
    for name in "ABCDE":
        loop = {f"Fn::ForEach::{name}": [name, [f"v{n}" for n in range(50)], loop]}
    with pytest.raises(TemplateError, match="makes too much"):
        expand(loop)

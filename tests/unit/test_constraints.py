"""Constraints of the service models, in AWS's words."""

import pytest

from penstock.wire.constraints import Checker, Malformed, compile_pattern, summary
from penstock.wire.model import Json, ServiceModel

EVENTS = ServiceModel("events")
DYNAMODB = ServiceModel("dynamodb")


def faults_of(model: ServiceModel, shape: str, value: Json) -> str:
    found: list = []
    Checker(model, decode=True).shape(shape)(value, "", found)
    return summary(found) if found else ""


def test_a_missing_member() -> None:
    assert faults_of(EVENTS, "PutRuleRequest", {}) == (
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    )


def test_length_pattern_and_enum_are_all_reported() -> None:
    assert faults_of(EVENTS, "PutRuleRequest", {"Name": "a b", "State": "ON"}) == (
        "2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; "
        "Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: "
        "[ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"
    )


def test_members_of_lists_are_named_by_their_place() -> None:
    targets = [{"Id": "a", "Arn": "x"}, {"Arn": "x"}]
    assert faults_of(EVENTS, "PutTargetsRequest", {"Rule": "r", "Targets": targets}) == (
        "1 validation error detected: Value null at 'targets.2.member.id' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_null_is_absent() -> None:
    request: Json = {"Name": "r", "Description": None}
    assert faults_of(EVENTS, "PutRuleRequest", request) == ""
    assert request == {"Name": "r"}


def test_the_wrong_type_is_malformed() -> None:
    with pytest.raises(Malformed, match="NUMBER_VALUE can not be converted to a String"):
        faults_of(EVENTS, "PutRuleRequest", {"Name": 5})


def test_recursive_shapes_and_base64() -> None:
    request = {"TableName": "table", "Item": {"a": {"M": {"b": {"L": [{"B": "aGk="}]}}}}}
    assert faults_of(DYNAMODB, "PutItemInput", request) == ""
    assert request["Item"]["a"]["M"]["b"]["L"] == [{"B": b"hi"}]


@pytest.mark.parametrize(
    "service", ["sqs", "events", "dynamodb", "lambda", "apigateway", "apigatewayv2", "logs", "secretsmanager", "sts"]
)
def test_every_pattern_of_the_models_is_understood(service: str) -> None:
    patterns = {shape["pattern"] for shape in ServiceModel(service).shapes.values() if "pattern" in shape}
    assert [pattern for pattern in patterns if compile_pattern(pattern) is None] == []


def test_of_members_everything_that_holds_is_said() -> None:
    said = faults_of(ServiceModel("ssm"), "GetParametersRequest", {"Names": [""]})
    assert said.endswith(
        "Value '[]' at 'names' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 2048, Member must have length greater than or equal to 1]"
    )


def test_keys_and_values_of_maps_are_told_apart() -> None:
    model = ServiceModel("lambda")
    weights = {"AdditionalVersionWeights": {"1": 2.0, "x" * 1025: 0.5}}
    said = faults_of(model, "AliasRoutingConfiguration", weights)
    assert "Map keys must satisfy constraint: [Member must have length less than or equal to 1024" in said
    assert "Map value must satisfy constraint: [Member must have value less than or equal to 1.0" in said

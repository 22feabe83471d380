"""CreateAlias and its siblings."""

from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
def name(functions: Any, lam: Any) -> str:
    """A function with two versions, each of which says which it is."""
    made: str = functions.named("def handler(event, context): return context.function_version", Publish=True)
    lam.update_function_configuration(FunctionName=made, Timeout=9)
    lam.publish_version(FunctionName=made)
    return made


def test_alias_leads_to_its_version(functions: Any, lam: Any, name: str) -> None:
    made = lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
    assert (made["AliasArn"], made["FunctionVersion"], made["Description"]) == (f"{ARN}{name}:live", "1", "d")
    assert functions.invoke(name, Qualifier="live") == "1"
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert functions.invoke(name, Qualifier="live") == "2"
    assert lam.get_alias(FunctionName=name, Name="live")["Description"] == "d"


def test_weights_share_traffic_out(functions: Any, lam: Any, name: str) -> None:
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    lam.create_alias(FunctionName=name, Name="canary", FunctionVersion="1", RoutingConfig=routing)
    assert {functions.invoke(name, Qualifier="canary") for _ in range(60)} == {"1", "2"}
    lam.update_alias(FunctionName=name, Name="canary", RoutingConfig={})
    assert {functions.invoke(name, Qualifier="canary") for _ in range(10)} == {"1"}
    assert "RoutingConfig" not in lam.get_alias(FunctionName=name, Name="canary")


def test_list_by_version(lam: Any, name: str) -> None:
    for alias, version in (("b", "1"), ("a", "2"), ("c", "1")):
        lam.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    assert [a["Name"] for a in lam.list_aliases(FunctionName=name)["Aliases"]] == ["a", "b", "c"]
    assert [a["Name"] for a in lam.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"]] == ["b", "c"]


def test_delete(lam: Any, refused: Any, name: str) -> None:
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    used = refused(lam.delete_function, FunctionName=name, Qualifier="1")
    assert used[0] == "ResourceConflictException"
    lam.delete_alias(FunctionName=name, Name="live")
    lam.delete_alias(FunctionName=name, Name="live")
    found = refused(lam.get_alias, FunctionName=name, Name="live")
    assert found == ("ResourceNotFoundException", f"Cannot find alias arn: {ARN}{name}:live")


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"FunctionVersion": "9"}, "ResourceNotFoundException", "Function not found: {arn}:9"),
        ({"Name": "live"}, "ResourceConflictException", "Alias already exists: {arn}:live"),
        ({"Name": "123"}, "ValidationException", "1 validation error detected: Value '123' at 'name' failed"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}, "InvalidParameterValueException",
         "Invalid function version 1. Function version 1 is already included in routing configuration."),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "1": 0.2}}}, "InvalidParameterValueException",
         "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        ({"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}},
         "InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version"),
    ],
)  # fmt: skip
def test_what_is_refused(lam: Any, refused: Any, name: str, request_: dict[str, Any], code: str, message: str) -> None:
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    request = {"FunctionName": name, "Name": "new", "FunctionVersion": "1", **request_}
    found = refused(lam.create_alias, **request)
    assert found[0] == code
    assert found[1].startswith(message.format(arn=ARN + name))


def test_revision(lam: Any, refused: Any, name: str) -> None:
    made = lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_alias(FunctionName=name, Name="live", Description="x", RevisionId=made["RevisionId"])
    found = refused(lam.update_alias, FunctionName=name, Name="live", RevisionId=made["RevisionId"])
    assert found[0] == "PreconditionFailedException"

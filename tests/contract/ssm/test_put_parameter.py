import json

import pytest


def test_versions_count_up(ssm, put, unique):
    assert [put(unique)["Version"], put(unique, Overwrite=True)["Version"]] == [1, 2]
    answer = put(unique, "third", Overwrite=True)
    assert (answer["Version"], answer["Tier"]) == (3, "Standard")
    assert ssm.get_parameter(Name=unique)["Parameter"]["Value"] == "third"


def test_an_existing_parameter_is_overwritten_only_when_asked(put, unique, error):
    put(unique)
    assert error(put, name=unique) == (
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )


def test_what_is_left_out_stays(ssm, put, unique):
    put(unique, "1", Description="d", AllowedPattern=r"^\d$")
    ssm.put_parameter(Name=unique, Value="2", Overwrite=True)
    [found] = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [unique]}])["Parameters"]
    assert (found["Description"], found["AllowedPattern"], found["Type"]) == ("d", r"^\d$", "String")


INVALID = "ValidationException"
LONG = "Standard tier parameters support a maximum parameter value of 4096 characters."


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            {"Value": ""},
            "ValidationException",
            "Value '' at 'value' failed to satisfy constraint: Member must have length",
        ),
        ({"Value": "v" * 4097}, INVALID, LONG),
        (
            {"Value": "v" * 8193, "Tier": "Advanced"},
            "ValidationException",
            "a maximum parameter value of 8192 characters",
        ),
        (
            {"Type": "Text"},
            "ValidationException",
            "Member must satisfy enum value set: [SecureString, StringList, String]",
        ),
        ({"Type": None}, INVALID, "A parameter type is required when you create a parameter."),
        ({"KeyId": "k"}, INVALID, "KeyId is required for SecureString type parameter only."),
        ({"DataType": "Text"}, INVALID, "The following data type is not supported: Text"),
        (
            {"AllowedPattern": "^x"},
            "ParameterPatternMismatchException",
            "cannot be validated against allowed",
        ),
        ({"Policies": '["Expiration"]'}, "InvalidPolicyTypeException", "The policy type isn't supported."),
        ({"Policies": "no json"}, "InvalidPolicyTypeException", "The policy type isn't supported."),
        ({"AllowedPattern": "("}, "InvalidAllowedPatternException", "( is not a valid regular expression."),
        (
            {"Tags": [{"Key": "k", "Value": "v"}], "Overwrite": True},
            "ValidationException",
            "tags and overwrite can't be",
        ),
    ],
)
def test_refuses(ssm, unique, error, request_, code, message):
    full = {"Name": unique, "Value": "v", "Type": "String"} | request_
    found = error(ssm.put_parameter, **{key: value for key, value in full.items() if value is not None})
    assert found[0] == code
    assert message in found[1]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("aws_test", "ValidationException", 'can\'t be prefixed with "aws" or "ssm" (case-insensitive).'),
        ("/SSM/test", "ValidationException", 'can\'t be prefixed with "ssm" (case-insensitive). If formed as a path'),
        ("/aws/test", "AccessDeniedException", "No access to reserved parameter name: /aws/test."),
        ("a/b", "ValidationException", "Parameter name must be a fully qualified name."),
        ("a b", "ValidationException", "each sub-path can be formed as a mix of letters, numbers and the following 3"),
        ("/x" * 16, "HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of 15 levels."),
    ],
)
def test_refuses_names(put, error, name, code, message):
    found = error(put, name=name)
    assert found[0] == code
    assert message in found[1]


def test_policies_are_kept_and_not_carried_out(ssm, put, unique):
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-01-01T00:00:00Z"}}
    put(unique, Tier="Advanced", Policies=json.dumps([policy]))
    [found] = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [unique]}])["Parameters"]
    [kept] = found["Policies"]
    assert (json.loads(kept["PolicyText"]), kept["PolicyType"], kept["PolicyStatus"]) == (
        policy,
        "Expiration",
        "Pending",
    )


def test_a_type_is_for_ever(put, unique, error):
    put(unique)
    found = error(put, name=unique, Type="SecureString", Overwrite=True)
    assert found[0] == "HierarchyTypeMismatchException"


def test_tiers_only_go_up(put, unique, error):
    assert put(unique, "v" * 5000, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    assert put(unique, "v", Overwrite=True)["Tier"] == "Advanced"
    code, message = error(put, name=unique, Tier="Standard", Overwrite=True)
    assert code == "ValidationException"
    assert "You can't downgrade a parameter from the advanced-parameter tier" in message


def test_a_hundred_versions_are_kept_and_labels_hold_them(ssm, put, unique, error):
    put(unique)
    for _ in range(100):
        put(unique, Overwrite=True)
    versions = [v["Version"] for v in ssm.get_parameter_history(Name=unique, MaxResults=3)["Parameters"]]
    assert versions == [2, 3, 4]
    ssm.label_parameter_version(Name=unique, ParameterVersion=2, Labels=["keep"])
    assert error(put, name=unique, Overwrite=True) == (
        "ParameterMaxVersionLimitExceeded",
        f"You attempted to create a new version of {unique} by calling the PutParameter API with the overwrite flag. "
        "Version 2, the oldest version, can't be deleted because it has a label associated with it. Move the label to "
        "another version of the parameter, and try again.",
    )

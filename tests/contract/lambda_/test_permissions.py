"""AddPermission, RemovePermission, GetPolicy."""

import json
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def add(lam: Any, name: str, **request: Any) -> Any:
    given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", **request}
    return json.loads(lam.add_permission(FunctionName=name, **given)["Statement"])


def test_statement(functions: Any, lam: Any) -> None:
    name = functions.named()
    made = add(lam, name, SourceArn="arn:aws:s3:::b", SourceAccount="000000000000")
    assert made == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN + name,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "000000000000"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        },
    }
    policy = lam.get_policy(FunctionName=name)
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [made]}
    assert policy["RevisionId"] == lam.get_function_configuration(FunctionName=name)["RevisionId"]


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "*"),
        ("111122223333", {"AWS": "arn:aws:iam::111122223333:root"}),
        ("arn:aws:iam::111122223333:role/r", {"AWS": "arn:aws:iam::111122223333:role/r"}),
        ("events.amazonaws.com", {"Service": "events.amazonaws.com"}),
    ],
)
def test_principals(functions: Any, lam: Any, principal: str, expected: Any) -> None:
    assert add(lam, functions.named(), Principal=principal)["Principal"] == expected


def test_each_qualifier_has_its_own_policy(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named(Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert add(lam, name, Qualifier="live")["Resource"] == f"{ARN}{name}:live"
    assert add(lam, name, Qualifier="1")["Resource"] == f"{ARN}{name}:1"
    assert refused(lam.get_policy, FunctionName=name) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_remove(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named()
    error = "ResourceNotFoundException"
    none = refused(lam.remove_permission, FunctionName=name, StatementId="s")
    assert none == (error, "No policy is associated with the given resource.")
    add(lam, name)
    other = refused(lam.remove_permission, FunctionName=name, StatementId="t")
    assert other == (error, "Statement t is not found in resource policy.")
    lam.remove_permission(FunctionName=name, StatementId="s")
    assert refused(lam.get_policy, FunctionName=name)[0] == error


def test_what_is_refused(functions: Any, lam: Any, refused: Any, unique: str) -> None:
    name = functions.named()
    add(lam, name)
    good = {"FunctionName": name, "StatementId": "t", "Action": "lambda:InvokeFunction", "Principal": "*"}
    for change, code, message in (
        ({"StatementId": "s"}, "ResourceConflictException", "The statement id (s) provided already exists."),
        ({"Principal": "nobody"}, "InvalidParameterValueException", "The provided principal was invalid."),
        ({"Qualifier": "$LATEST"}, "InvalidParameterValueException", "We currently do not support adding policies"),
        ({"Qualifier": "live"}, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}{name}:live"),
        ({"Qualifier": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}{name}:9"),
        ({"FunctionName": unique}, "ResourceNotFoundException", f"Function not found: {ARN}{unique}"),
        ({"RevisionId": "x"}, "PreconditionFailedException", "The Revision Id provided does not match"),
        ({"StatementId": "a b"}, "ValidationException", "1 validation error detected: Value 'a b' at 'statementId'"),
    ):
        found = refused(lam.add_permission, **{**good, **change})
        assert found[0] == code
        assert found[1].startswith(message)

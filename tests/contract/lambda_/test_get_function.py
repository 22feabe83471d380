"""GetFunction, GetFunctionConfiguration, ListFunctions."""

import io
import urllib.request
import zipfile
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def test_code_can_be_downloaded(functions: Any, lam: Any) -> None:
    found = lam.get_function(FunctionName=functions.named())
    assert found["Code"]["RepositoryType"] == "S3"
    with urllib.request.urlopen(found["Code"]["Location"]) as response:
        archive = zipfile.ZipFile(io.BytesIO(response.read()))
    assert archive.read("app.py") == b"def handler(event, context): return event"


def test_tags_and_concurrency_are_shown(functions: Any, lam: Any) -> None:
    name = functions.named(Tags={"team": "a"})
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    found = lam.get_function(FunctionName=name)
    assert (found["Tags"], found["Concurrency"]) == ({"team": "a"}, {"ReservedConcurrentExecutions": 3})


def test_qualifiers(functions: Any, lam: Any) -> None:
    name = functions.named(Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for request, arn, version in (
        ({"FunctionName": name}, ARN + name, "$LATEST"),
        ({"FunctionName": name, "Qualifier": "$LATEST"}, f"{ARN}{name}:$LATEST", "$LATEST"),
        ({"FunctionName": f"{name}:1"}, f"{ARN}{name}:1", "1"),
        ({"FunctionName": f"000000000000:function:{name}:live"}, f"{ARN}{name}:live", "1"),
        ({"FunctionName": ARN + name, "Qualifier": "live"}, f"{ARN}{name}:live", "1"),
    ):
        found = lam.get_function_configuration(**request)
        assert (found["FunctionArn"], found["Version"]) == (arn, version)


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration"])
def test_not_found(lam: Any, refused: Any, unique: str, operation: str) -> None:
    call = getattr(lam, operation)
    error = "ResourceNotFoundException"
    assert refused(call, FunctionName=unique) == (error, f"Function not found: {ARN}{unique}")
    assert refused(call, FunctionName=unique, Qualifier="7") == (error, f"Function not found: {ARN}{unique}:7")


def test_another_region_is_out_of_reach(lam: Any, refused: Any) -> None:
    found = refused(lam.get_function, FunctionName="arn:aws:lambda:eu-west-1:000000000000:function:f")
    message = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    assert found == ("ResourceNotFoundException", message)


def test_two_qualifiers_have_to_agree(functions: Any, lam: Any, refused: Any) -> None:
    found = refused(lam.get_function, FunctionName=f"{functions.named()}:1", Qualifier="2")
    message = "The derived qualifier from the function name does not match the specified qualifier."
    assert found == ("InvalidParameterValueException", message)


def test_list_is_paged_and_leaves_state_out(penstock: Any, unique: str) -> None:
    client = penstock.client("lambda", account="111122223333")
    code = {"S3Bucket": "penstock.asset", "S3Key": __file__.rpartition("/")[0]}
    for number in range(5):
        client.create_function(
            FunctionName=f"{unique}-{number}",
            Runtime="python3.12",
            Handler="h.h",
            Role="arn:aws:iam::111122223333:role/r",
            Code=code,
            Publish=True,
        )
    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Functions"]) for page in pages] == [2, 2, 1]
    assert "State" not in pages[0]["Functions"][0]
    every = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [f["FunctionArn"].rpartition(":")[2] for f in every[:2]] == ["$LATEST", "1"]
    assert len(every) == 10

"""CreateFunction."""

import base64
import hashlib
from typing import Any

import pytest

from .conftest import ECHO, ROLE, zipped

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def test_answers_the_whole_configuration(functions: Any) -> None:
    code = zipped(ECHO)
    made = functions.create(Description="what it does", Timeout=7, Environment={"Variables": {"KEY": "1"}})
    name = made["FunctionName"]
    expected = {
        "FunctionArn": ARN + name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": ROLE,
        "Description": "what it does",
        "Timeout": 7,
        "MemorySize": 128,
        "Version": "$LATEST",
        "Environment": {"Variables": {"KEY": "1"}},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        "CodeSize": len(code),
        "CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(),
        "State": "Pending",
        "StateReasonCode": "Creating",
    }
    assert {key: made.get(key) for key in expected} == expected
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201


def test_is_active_once_created(functions: Any, lam: Any) -> None:
    found = lam.get_function_configuration(FunctionName=functions.named())
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_name_may_be_an_arn(functions: Any, unique: str) -> None:
    assert functions.create(FunctionName=ARN + unique)["FunctionName"] == unique


def test_a_name_is_taken_once(functions: Any, refused: Any) -> None:
    name = functions.named()
    assert refused(functions.create, FunctionName=name) == (
        "ResourceConflictException",
        f"Function already exist: {name}",
    )


def test_publish_answers_version_1(functions: Any) -> None:
    made = functions.create(Publish=True)
    assert (made["Version"], made["FunctionArn"]) == ("1", f"{ARN}{made['FunctionName']}")


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({"Role": "r"}, "ValidationException",
         "1 validation error detected: Value 'r' at 'role' failed to satisfy constraint: Member must satisfy regular "
         "expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"),
        ({"Timeout": 0}, "ValidationException",
         "1 validation error detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value "
         "greater than or equal to 1"),
        ({"Timeout": 901}, "ValidationException",
         "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value "
         "less than or equal to 900"),
        ({"MemorySize": 127}, "ValidationException",
         "1 validation error detected: Value '127' at 'memorySize' failed to satisfy constraint: Member must have "
         "value greater than or equal to 128"),
        ({"Runtime": "python2.7"}, "InvalidParameterValueException", "The runtime parameter of python2.7 is no longer"),
        ({"Runtime": "cobol"}, "InvalidParameterValueException", "Value cobol at 'runtime' failed to satisfy"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Code": {"S3Bucket": "nobody", "S3Key": "x"}}, "InvalidParameterValueException",
         "Error occurred while GetObject."),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException",
         "Lambda was unable to configure your environment variables because the environment variables you have "
         "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
         "this request: AWS_REGION"),
        ({"Environment": {"Variables": {"LONG": "x" * 4097}}}, "InvalidParameterValueException",
         "Lambda was unable to configure your environment variables because the environment variables you have "
         "provided exceeded the 4KB limit."),
        ({"Layers": [f"arn:aws:lambda:us-east-1:000000000000:layer:l{i}:1" for i in range(6)]},
         "InvalidParameterValueException", "Cannot reference more than 5 layers."),
        ({"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:none:1"]}, "InvalidParameterValueException",
         "Layer version arn:aws:lambda:us-east-1:000000000000:layer:none:1 does not exist."),
        ({"PackageType": "Image", "Code": {"ImageUri": "i"}}, "InvalidParameterValueException",
         "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."),
        ({"Tags": {str(i): "" for i in range(51)}}, "InvalidParameterValueException",
         "Number of tags exceeds resource tag limit."),
    ],
)  # fmt: skip
def test_what_is_refused(functions: Any, refused: Any, settings: Any, code: str, message: str) -> None:
    found = refused(functions.create, **settings)
    assert found[0] == code
    assert found[1].startswith(message)


def test_handler_and_runtime_are_mandatory(lam: Any, refused: Any, unique: str) -> None:
    found = refused(lam.create_function, FunctionName=unique, Role=ROLE, Code={"ZipFile": zipped(ECHO)})
    message = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    assert found == ("InvalidParameterValueException", message)


def test_nothing_is_left_of_a_refused_function(functions: Any, refused: Any, lam: Any, unique: str) -> None:
    refused(functions.create, FunctionName=unique, Environment={"Variables": {"AWS_REGION": "x"}})
    assert refused(lam.get_function, FunctionName=unique)[0] == "ResourceNotFoundException"


def test_code_may_be_a_directory_of_this_machine(functions: Any, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text(ECHO)
    name = functions.named(Code={"S3Bucket": "penstock.asset", "S3Key": str(tmp_path)})
    assert functions.invoke(name, {"in": "place"}) == {"in": "place"}


def test_a_directory_that_is_not_there(functions: Any, refused: Any) -> None:
    code = {"S3Bucket": "penstock.asset", "S3Key": "/nowhere"}
    assert refused(functions.create, Code=code)[1].startswith("The code directory /nowhere does not exist")


def test_what_is_active_is_another_revision(functions: Any, lam: Any, refused: Any) -> None:
    made = functions.create()
    name, pending = made["FunctionName"], made["RevisionId"]
    active = lam.get_function_configuration(FunctionName=name)["RevisionId"]
    assert pending != active
    stale = refused(lam.update_function_configuration, FunctionName=name, Description="d", RevisionId=pending)
    assert stale[0] == "PreconditionFailedException"
    updating = lam.update_function_configuration(FunctionName=name, Description="d", RevisionId=active)["RevisionId"]
    assert updating not in (active, lam.get_function_configuration(FunctionName=name)["RevisionId"])


@pytest.mark.parametrize("runtime", ["python3.11", "nodejs22.x", "provided.al2023"])
def test_runtimes_without_snapshots(functions: Any, refused: Any, runtime: str) -> None:
    assert refused(functions.create, Runtime=runtime, SnapStart={"ApplyOn": "PublishedVersions"}) == (
        "InvalidParameterValueException",
        f"{runtime} is not supported for SnapStart enabled functions.",
    )

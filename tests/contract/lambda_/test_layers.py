"""Layers: publish, read, delete, attach, share."""

import io
import json
import zipfile
from typing import Any


def layer_zip(**files: str) -> bytes:
    """Files by their path, with `__` for `/`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path.replace("__", "/") + ".py", text)
    return buffer.getvalue()


def publish(lam: Any, name: str, data: bytes, **settings: Any) -> Any:
    return lam.publish_layer_version(LayerName=name, Content={"ZipFile": data}, **settings)


def test_functions_import_from_layers(functions: Any, lam: Any, unique: str) -> None:
    one = publish(lam, f"{unique}-1", layer_zip(python__shared="NAME = 'one'", python__first="NAME = 'first'"))
    two = publish(lam, f"{unique}-2", layer_zip(python__shared="NAME = 'two'"))
    name = functions.named(
        "import first, shared\ndef handler(event, context): return [first.NAME, shared.NAME]",
        Layers=[one["LayerVersionArn"], two["LayerVersionArn"]],
    )
    assert functions.invoke(name) == ["first", "two"]
    layers = lam.get_function_configuration(FunctionName=name)["Layers"]
    assert [layer["Arn"] for layer in layers] == [one["LayerVersionArn"], two["LayerVersionArn"]]
    lam.delete_layer_version(LayerName=f"{unique}-1", VersionNumber=1)
    assert functions.invoke(name) == ["first", "two"]


def test_versions(lam: Any, refused: Any, unique: str) -> None:
    data = layer_zip(python__x="")
    first = publish(lam, unique, data, Description="d", CompatibleRuntimes=["python3.12"], LicenseInfo="MIT")
    assert first["Version"] == 1
    assert first["LayerVersionArn"] == f"arn:aws:lambda:us-east-1:000000000000:layer:{unique}:1"
    assert first["Content"]["CodeSize"] == len(data)
    publish(lam, unique, data)
    listed = lam.list_layer_versions(LayerName=unique)["LayerVersions"]
    assert [version["Version"] for version in listed] == [2, 1]
    fitting = lam.list_layer_versions(LayerName=unique, CompatibleRuntime="python3.12")["LayerVersions"]
    assert [version["Version"] for version in fitting] == [1]
    assert lam.get_layer_version(LayerName=unique, VersionNumber=1)["Description"] == "d"
    assert lam.get_layer_version_by_arn(Arn=first["LayerVersionArn"])["LicenseInfo"] == "MIT"
    lam.delete_layer_version(LayerName=unique, VersionNumber=2)
    assert publish(lam, unique, data)["Version"] == 3
    (layer,) = [entry for entry in lam.list_layers()["Layers"] if entry["LayerName"] == unique]
    assert layer["LatestMatchingVersion"]["Version"] == 3
    assert refused(lam.get_layer_version, LayerName=unique, VersionNumber=2) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_two_versions_of_a_layer_do_not_go_together(functions: Any, lam: Any, refused: Any, unique: str) -> None:
    arns = [publish(lam, unique, layer_zip(python__x=str(i)))["LayerVersionArn"] for i in range(2)]
    found = refused(functions.create, Layers=arns)
    assert found == (
        "InvalidParameterValueException",
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{arns[0]} and {arns[1]} are versions of the same layer.",
    )


def test_layers_of_other_accounts(functions: Any, refused: Any) -> None:
    public = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:7"
    name = functions.named(
        "import aws_lambda_powertools\ndef handler(event, context): return aws_lambda_powertools.__name__",
        Layers=[public],
    )
    assert functions.invoke(name) == "aws_lambda_powertools"
    unknown = "arn:aws:lambda:us-east-1:017000801446:layer:other:7"
    code, message = refused(functions.create, Layers=[unknown])
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: lambda:GetLayerVersion on resource: {unknown}" in message


def test_permissions(lam: Any, refused: Any, unique: str) -> None:
    publish(lam, unique, layer_zip(python__x=""))
    key = {"LayerName": unique, "VersionNumber": 1}
    none = refused(lam.get_layer_version_policy, **key)
    assert none == ("ResourceNotFoundException", "No policy is associated with the given resource.")
    request = {**key, "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "111122223333"}
    made = lam.add_layer_version_permission(**request)
    assert json.loads(made["Statement"])["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert refused(lam.add_layer_version_permission, **request)[0] == "ResourceConflictException"
    policy = lam.get_layer_version_policy(**key)
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(made["Statement"])]
    assert policy["RevisionId"] == made["RevisionId"]
    lam.remove_layer_version_permission(**key, StatementId="s")
    assert refused(lam.get_layer_version_policy, **key) == none

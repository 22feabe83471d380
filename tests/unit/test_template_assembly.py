"""Cloud assemblies and what else can be given: stacks, their order, environments and assets."""

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.base.errors import PenstockError
from penstock.template.source import load
from penstock.template.synth import Environment
from penstock.template.types import location

HERE = Environment("000000000000", "us-east-1")
QUEUE = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}


def stack(name: str, *dependencies: str, environment: str = "unknown-account/unknown-region", **more: Any) -> Any:
    return {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{environment}",
        "properties": {"templateFile": f"{name}.template.json", **more},
        "dependencies": [*dependencies, f"{name}.assets"],
    }


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_stacks_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    artifacts = {"B": stack("B", "A"), "A": stack("A"), "C": stack("C", stackName="named", tags={"team": "x"})}
    files = {f"{name}.template.json": QUEUE for name in "ABC"}
    write(tmp_path, {"manifest.json": {"artifacts": artifacts}, **files})
    found = load(tmp_path, tmp_path, HERE)
    assert [each.name for each in found] == ["A", "B", "named"]
    assert found[1].depends_on == ("A",)
    assert found[2].tags == {"team": "x"}
    assert (found[0].account, found[0].region) == ("000000000000", "us-east-1")


def test_an_environment_that_the_app_names(tmp_path: Path) -> None:
    artifacts = {"A": stack("A", environment="111111111111/eu-west-1")}
    write(tmp_path, {"manifest.json": {"artifacts": artifacts}, "A.template.json": QUEUE})
    found = load(tmp_path, tmp_path, HERE)[0]
    assert (found.account, found.region) == ("111111111111", "eu-west-1")


def test_assets(tmp_path: Path) -> None:
    bucket = "assets-${AWS::AccountId}-${AWS::Region}"
    files = {
        "code": {"source": {"path": "asset.code"}, "destinations": {"d": {"bucketName": bucket, "objectKey": "c.zip"}}},
        "kept": {"source": {"path": "asset.kept"}, "destinations": {"d": {"bucketName": bucket, "objectKey": "k.zip"}}},
    }
    image = {"directory": "asset.image", "dockerFile": "Dev", "dockerBuildArgs": {"A": "1"}, "dockerBuildTarget": "t"}
    images = {"img": {"source": image, "destinations": {"d": {"repositoryName": "r", "imageTag": "tag1"}}}}
    manifest = {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}}
    write(
        tmp_path,
        {
            "manifest.json": {"artifacts": {"A": stack("A"), "A.assets": manifest}},
            "A.template.json": QUEUE,
            "A.assets.json": {"files": files, "dockerImages": images},
            "origins.json": {"asset.code": str(tmp_path / "source")},
        },
    )
    assets = load(tmp_path, tmp_path, HERE)[0].assets
    assert assets.files == {
        ("assets-000000000000-us-east-1", "c.zip"): tmp_path / "source",
        ("assets-000000000000-us-east-1", "k.zip"): tmp_path / "asset.kept",
    }
    found = assets.images["tag1"]
    assert (found.directory, found.dockerfile) == (tmp_path / "asset.image", "Dev")
    assert (found.build_args, found.target) == ({"A": "1"}, "t")


def test_stages(tmp_path: Path) -> None:
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-prod"}}
    write(
        tmp_path,
        {
            "manifest.json": {"artifacts": {"Prod": nested}},
            "assembly-prod/manifest.json": {"artifacts": {"A": stack("A", stackName="Prod-A")}},
            "assembly-prod/A.template.json": QUEUE,
        },
    )
    assert [each.name for each in load(tmp_path, tmp_path, HERE)] == ["Prod-A"]


@pytest.mark.parametrize(
    ("file", "name"),
    [("orders.yaml", "orders"), ("my_app.template.json", "my-app"), ("9lives.yaml", "stack-9lives")],
)
def test_a_template_is_a_stack_of_its_name(tmp_path: Path, file: str, name: str) -> None:
    write(tmp_path, {file: QUEUE})
    assert load(tmp_path / file, tmp_path, HERE)[0].name == name


def test_a_directory_with_a_template(tmp_path: Path) -> None:
    write(tmp_path, {"billing/template.yaml": "Resources: {Q: {Type: 'AWS::SQS::Queue'}}"})
    assert load(tmp_path / "billing", tmp_path, HERE)[0].name == "billing"


SAM = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src, Runtime: python3.12}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Policies: [AmazonSQSFullAccess]
      Events: {Get: {Type: HttpApi, Properties: {Path: /hello, Method: get}}}
"""


def test_sam_templates(tmp_path: Path) -> None:
    write(tmp_path, {"hello/template.yaml": SAM, "hello/src/index.py": ""})
    told: list[str] = []
    for _ in range(2):
        found = load(tmp_path / "hello", tmp_path / "cache", HERE, told.append)[0]
    assert told == [f"Transforming {tmp_path / 'hello' / 'template.yaml'}"]
    resources = found.document.data["Resources"]
    assert resources["ServerlessHttpApi"]["Type"] == "AWS::ApiGatewayV2::Api"
    code = resources["Hello"]["Properties"]["Code"]
    assert found.assets.files[code["S3Bucket"], code["S3Key"]] == tmp_path / "hello" / "src"
    assert found.document.line(("Resources", "Hello")) == 5


def test_local_paths_are_assets(tmp_path: Path) -> None:
    template = """
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties: {Code: src, Handler: index.handler}
"""
    write(tmp_path, {"app.yaml": template, "src/index.py": ""})
    found = load(tmp_path / "app.yaml", tmp_path, HERE)[0]
    code = found.document.data["Resources"]["Function"]["Properties"]["Code"]
    assert found.assets.files[code["S3Bucket"], code["S3Key"]] == tmp_path / "src"


def test_a_local_path_that_is_not_there(tmp_path: Path) -> None:
    text = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: nope\n"
    write(tmp_path, {"app.yaml": text})
    with pytest.raises(PenstockError, match=r"app\.yaml:5 \(Resources/F/Properties/Code\): .*nope does not exist"):
        load(tmp_path / "app.yaml", tmp_path, HERE)


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({}, "nope", "nope does not exist"),
        ({"empty/readme.txt": ""}, "empty", "is no app: it has no cdk.json, manifest.json or template.yaml"),
        ({"manifest.json": "{"}, "", "manifest.json cannot be read"),
        ({"manifest.json": {"artifacts": {}}}, "", "has no stacks"),
        ({"a.yaml": "Transform: AWS::Serverless-2016-10-31"}, "a.yaml", "'Resources' section is required"),
    ],
)
def test_what_is_no_app(tmp_path: Path, files: dict[str, Any], path: str, message: str) -> None:
    write(tmp_path, files)
    with pytest.raises(PenstockError) as caught:
        load(tmp_path / path, tmp_path, HERE)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com/assets/a/b.json",
        "https://s3.us-east-1.amazonaws.com/assets/a/b.json",
        "https://s3-eu-west-1.amazonaws.com/assets/a/b.json",
        "https://assets.s3.amazonaws.com/a/b.json",
        "https://assets.s3.eu-west-1.amazonaws.com/a/b.json",
        "s3://assets/a/b.json",
    ],
)
def test_s3_urls(url: str) -> None:
    assert location(url) == ("assets", "a/b.json")


def test_other_urls() -> None:
    assert location("https://example.com/assets/a.json") is None

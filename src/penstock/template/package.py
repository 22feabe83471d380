"""Local paths in a template, as `aws cloudformation package` accepts them.

Rule: the path becomes an S3 location of a bucket that only Penstock knows, and the location an asset.
https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.base.errors import PenstockError
from penstock.template.document import Document
from penstock.template.provider import Assets

BUCKET = "penstock-local-files"


def _location(key: str) -> dict[str, str]:
    return {"S3Bucket": BUCKET, "S3Key": key}


def _bucket_and_key(key: str) -> dict[str, str]:
    return {"Bucket": BUCKET, "Key": key}


def _url(key: str) -> str:
    return f"https://s3.amazonaws.com/{BUCKET}/{key}"


def _uri(key: str) -> str:
    return f"s3://{BUCKET}/{key}"


# (resource type, property) -> what stands for the file in the property's own form
_PROPERTIES: dict[tuple[str, str], Callable[[str], Any]] = {
    ("AWS::ApiGateway::RestApi", "BodyS3Location"): _bucket_and_key,
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"): _bucket_and_key,
    ("AWS::CloudFormation::Stack", "TemplateURL"): _url,
    ("AWS::Lambda::Function", "Code"): _location,
    ("AWS::Lambda::LayerVersion", "Content"): _location,
    ("AWS::Serverless::Api", "DefinitionUri"): _uri,
    ("AWS::Serverless::Application", "Location"): _url,
    ("AWS::Serverless::Function", "CodeUri"): _uri,
    ("AWS::Serverless::HttpApi", "DefinitionUri"): _uri,
    ("AWS::Serverless::LayerVersion", "ContentUri"): _uri,
    ("AWS::Serverless::StateMachine", "DefinitionUri"): _uri,
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"): _bucket_and_key,
}


def local_files(document: Document, folder: Path) -> tuple[Document, Assets]:
    """The document with every local path replaced, and the assets these are. Paths are relative to `folder`."""
    data = copy.deepcopy(document.data)
    files: dict[tuple[str, str], Path] = {}
    for kind, properties, path in _places(data):
        for key, form in ((key, form) for (other, key), form in _PROPERTIES.items() if other == kind):
            given = properties.get(key)
            if isinstance(given, str) and "://" not in given:
                found = _existing(document, folder, given, (*path, key))
                name = str(found).lstrip("/")
                files[BUCKET, name] = found
                properties[key] = form(name)
    return (replace(document, data=data, processed=True), Assets(files)) if files else (document, Assets())


def _places(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """(resource type, its properties, their path), SAM's Globals included."""
    resources, defaults = data.get("Resources"), data.get("Globals")
    for name, body in resources.items() if isinstance(resources, dict) else ():
        if isinstance(body, dict) and isinstance(body.get("Properties"), dict):
            yield str(body.get("Type")), body["Properties"], ("Resources", name, "Properties")
    for name, body in defaults.items() if isinstance(defaults, dict) else ():
        if isinstance(body, dict):
            yield f"AWS::Serverless::{name}", body, ("Globals", name)


def _existing(document: Document, folder: Path, given: str, path: tuple[str, ...]) -> Path:
    found = (folder / given).resolve()
    if not found.exists():
        raise PenstockError(f"{document.where(path)}: {found} does not exist")
    return found

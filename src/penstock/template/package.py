"""Local paths in a template, as `aws cloudformation package` accepts them.

Rule: the path becomes an S3 location of a bucket that only Penstock knows, and the location an asset.
https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

import copy
from collections.abc import Callable
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


# (resource type, property) -> what stands for the file in the property's own form
_PROPERTIES: dict[tuple[str, str], Callable[[str], Any]] = {
    ("AWS::ApiGateway::RestApi", "BodyS3Location"): _bucket_and_key,
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"): _bucket_and_key,
    ("AWS::CloudFormation::Stack", "TemplateURL"): _url,
    ("AWS::Lambda::Function", "Code"): _location,
    ("AWS::Lambda::LayerVersion", "Content"): _location,
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"): _bucket_and_key,
}


def local_files(document: Document, folder: Path) -> tuple[Document, Assets]:
    """The document with every local path replaced, and the assets these are. Paths are relative to `folder`."""
    data = copy.deepcopy(document.data)
    files: dict[tuple[str, str], Path] = {}
    resources = data.get("Resources")
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        for (kind, key), form in _PROPERTIES.items():
            given = properties.get(key) if isinstance(properties, dict) and resource.get("Type") == kind else None
            if isinstance(given, str) and "://" not in given:
                path = _existing(document, folder, given, ("Resources", name, "Properties", key))
                files[BUCKET, str(path)] = path
                properties[key] = form(str(path))  # type: ignore[index]
    return replace(document, data=data), Assets(files)


def _existing(document: Document, folder: Path, given: str, path: tuple[str, ...]) -> Path:
    found = (folder / given).resolve()
    if not found.exists():
        raise PenstockError(f"{document.where(path)}: {found} does not exist")
    return found

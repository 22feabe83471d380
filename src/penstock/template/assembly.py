"""A cloud assembly (cdk.out) -> its stacks, in the order in which they depend on each other.

Rule: paths only, nothing is copied. A staged asset whose source is known (see synth.py) is taken from there.
https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/cloud-assembly-schema
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.base.errors import PenstockError
from penstock.template import document
from penstock.template.document import Document
from penstock.template.graph import order
from penstock.template.lookups import Network, network
from penstock.template.provider import Assets, ImageAsset
from penstock.template.synth import NETWORKS, ORIGINS, Environment

_UNKNOWN = ("unknown-account", "unknown-region")


@dataclass(frozen=True, slots=True)
class Stack:
    """A template and what it is deployed with."""

    name: str
    document: Document
    account: str
    region: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()  # names of other stacks
    assets: Assets = field(default_factory=Assets)
    networks: tuple[Network, ...] = ()  # that the app was told of when it looked for its VPC


def stacks(folder: Path, environment: Environment) -> tuple[Stack, ...]:
    """The stacks of the assembly in `folder` and of those nested in it, each after those it depends on."""
    found = {stack.name: stack for stack in _stacks(folder.resolve(), environment, _networks(folder))}
    if not found:
        raise PenstockError(f"{folder} has no stacks")
    needs = {name: [other for other in stack.depends_on if other in found] for name, stack in found.items()}
    return tuple(found[name] for name in order(needs))


def _stacks(folder: Path, environment: Environment, networks: list[Network]) -> Iterator[Stack]:
    artifacts = _json(folder / "manifest.json").get("artifacts", {})
    origins = _json(folder / ORIGINS) if (folder / ORIGINS).exists() else {}
    names = {key: _stack_name(key, body) for key, body in artifacts.items() if _is_stack(body)}
    for key, body in artifacts.items():
        if body["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / body["properties"]["directoryName"], environment, networks)
        elif _is_stack(body):
            account, region = _environment(body.get("environment", ""), environment)
            properties = body["properties"]
            template = document.read(folder / properties["templateFile"])
            yield Stack(
                name=names[key],
                document=template,
                account=account,
                region=region,
                parameters=properties.get("parameters", {}),
                tags=properties.get("tags", {}),
                depends_on=tuple(names[other] for other in body.get("dependencies", ()) if other in names),
                assets=_assets(folder, origins, _asset_manifests(folder, body, artifacts), account, region),
                networks=tuple(each for each in networks if _uses(template, each)),
            )


def _networks(folder: Path) -> list[Network]:
    """What the app was told of, in an assembly that was synthesized here."""
    file = folder / NETWORKS
    return [network(item) for item in json.loads(file.read_text())] if file.exists() else []


def _uses(template: Document, given: Network) -> bool:
    text = json.dumps(template.data, default=str)
    return any(id in text for id in given.ids)


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise PenstockError(f"{file} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise PenstockError(f"{file} is not a file of a cloud assembly")
    return data


def _is_stack(artifact: Mapping[str, Any]) -> bool:
    return bool(artifact["type"] == "aws:cloudformation:stack")


def _stack_name(key: str, artifact: Mapping[str, Any]) -> str:
    return str(artifact["properties"].get("stackName", key))


def _environment(text: str, default: Environment) -> tuple[str, str]:
    """(account, region) of `aws://account/region`; what the app leaves open is the default."""
    account, _, region = text.removeprefix("aws://").partition("/")
    return (
        default.account if account in ("", *_UNKNOWN) else account,
        default.region if region in ("", *_UNKNOWN) else region,
    )


def _asset_manifests(
    folder: Path, stack: Mapping[str, Any], artifacts: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    for name in stack.get("dependencies", ()):
        artifact = artifacts.get(name, {})
        if artifact.get("type") == "cdk:asset-manifest":
            yield _json(folder / artifact["properties"]["file"])


def _assets(
    folder: Path, origins: Mapping[str, str], manifests: Iterator[dict[str, Any]], account: str, region: str
) -> Assets:
    def filled(text: str) -> str:
        return (
            text.replace("${AWS::AccountId}", account)
            .replace("${AWS::Region}", region)
            .replace("${AWS::Partition}", "aws")
        )

    def place(path: str) -> Path:
        return (folder / origins.get(path, path)).resolve()

    files: dict[tuple[str, str], Path] = {}
    images: dict[str, ImageAsset] = {}
    for manifest in manifests:
        for asset in manifest.get("files", {}).values():
            for target in asset["destinations"].values():
                if "path" in asset["source"]:
                    files[filled(target["bucketName"]), filled(target["objectKey"])] = place(asset["source"]["path"])
        for asset in manifest.get("dockerImages", {}).values():
            for target in asset["destinations"].values():
                if "directory" in asset["source"]:
                    images[filled(target["imageTag"])] = _image(asset["source"], place(asset["source"]["directory"]))
    return Assets(files, images)


def _image(source: Mapping[str, Any], directory: Path) -> ImageAsset:
    return ImageAsset(
        directory=directory,
        dockerfile=source.get("dockerFile", "Dockerfile"),
        build_args=source.get("dockerBuildArgs", {}),
        target=source.get("dockerBuildTarget"),
    )

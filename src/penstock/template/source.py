"""What the user gave -> stacks.

Rule: a directory with cdk.json is a CDK app, one with manifest.json a cloud assembly, anything else a template file. A
directory that is none of these, but holds CDK apps, stands for all of them.
"""

import re
from pathlib import Path

from penstock.base.errors import PenstockError
from penstock.template import assembly, document, package, sam
from penstock.template.assembly import Stack
from penstock.template.model import SERVERLESS, transforms
from penstock.template.synth import Environment, Progress, synthesize

_TEMPLATES = tuple(f"template.{suffix}" for suffix in ("yaml", "yml", "json"))
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")


def load(
    path: Path, cache: Path, environment: Environment, progress: Progress = lambda text: None
) -> tuple[Stack, ...]:
    """The stacks of an app, in the order in which to deploy them.

    path: a CDK app's directory, one that holds several, a cloud assembly, a template file, or a directory with a
    template.yaml.
    cache: where synthesized assemblies are kept. PenstockError when it is none of these, or cannot be read.
    """
    if (path / "cdk.json").is_file():
        return assembly.stacks(synthesize(path, cache, environment, progress), environment)
    if (path / "manifest.json").is_file():
        return assembly.stacks(path, environment)
    if (apps := parts(path)) != [path]:
        return tuple(stack for app in apps for stack in load(app, cache, environment, progress))
    return (_template(_file(path), cache, environment, progress),)


def parts(path: Path) -> list[Path]:
    """What can be loaded by itself: the CDK apps right below a directory that is nothing of its own, else the path."""
    if not path.is_dir() or any((path / name).is_file() for name in ("cdk.json", "manifest.json", *_TEMPLATES)):
        return [path]
    return sorted(file.parent for file in path.glob("*/cdk.json")) or [path]


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.exists():
        raise PenstockError(f"{path} does not exist")
    for name in _TEMPLATES:
        if (path / name).is_file():
            return path / name
    raise PenstockError(
        f"{path} is no app: it has no cdk.json, manifest.json or template.yaml; name an app's directory or a template"
    )


def _template(file: Path, cache: Path, environment: Environment, progress: Progress) -> Stack:
    found, assets = package.local_files(document.read(file), file.resolve().parent)
    if SERVERLESS in transforms(found.data):
        found = sam.transform(found, cache, environment.region, progress)
    return Stack(_stack_name(file), found, environment.account, environment.region, assets=assets)


def _stack_name(file: Path) -> str:
    """The file's name, or its directory's when the file is just called template."""
    stem = file.resolve().parent.name if file.name in _TEMPLATES else file.stem.removesuffix(".template")
    name = _NOT_IN_A_NAME.sub("-", stem).strip("-")
    return name if name[:1].isalpha() else f"stack-{name}".rstrip("-")

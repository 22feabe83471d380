"""Lock files of poetry and pipenv -> the requirements that they pin. Reads files, installs nothing.

The tools themselves are not needed: what they would install stands in their lock files, version by version.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.compute.containers.files import BuildError


def poetry(project: Path) -> list[str]:
    """What `poetry install` installs of others' packages. A lock file that knows no groups has all of them."""
    return list(_poetry(tomllib.loads(_read(project, "poetry.lock"))))


def _poetry(lock: dict[str, Any]) -> Iterator[str]:
    for package in lock.get("package", ()):
        markers = package.get("markers", "")
        if "main" in package.get("groups", ["main"]) and not package.get("optional") and "source" not in package:
            marker = markers.get("main", "") if isinstance(markers, dict) else markers
            yield f"{package['name']}=={package['version']}" + (f" ; {marker}" if marker else "")


def pipenv(project: Path) -> list[str]:
    """What `pipenv install --deploy` and `pipenv sync` install."""
    return list(_pipenv(json.loads(_read(project, "Pipfile.lock"))))


def _pipenv(lock: dict[str, Any]) -> Iterator[str]:
    for name, package in lock.get("default", {}).items():
        if "version" in package:
            extras = f"[{','.join(package['extras'])}]" if package.get("extras") else ""
            marker = f" ; {package['markers']}" if package.get("markers") else ""
            yield f"{name}{extras}{package['version']}{marker}"


def _read(project: Path, name: str) -> str:
    try:
        return (project / name).read_text()
    except OSError:
        raise BuildError(f"there is no {name} in the image; is it copied before?") from None

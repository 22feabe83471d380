"""What differs between deployments, read from `environments/<name>.json`.

| member | what |
|---|---|
| `deployment`, `environment` | the stack is called `<deployment>-<environment>`, the API's stage `<environment>` |
| `region`, `availabilityZones` | where it runs, in two zones or more |
| `cidr` | the VPC's addresses; each zone's subnet gets a /24 of them |
| `port`, `count`, `cpu`, `memory` | of the tasks: where they listen, how many, CPU units (1024 are a vCPU), MiB |
| `image` | a directory with a Dockerfile, from this app's; or `<repository>:<tag>` in the account's ECR |
"""

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "environments"


@dataclass(frozen=True, slots=True)
class Environment:
    deployment: str
    environment: str
    region: str
    cidr: str
    availability_zones: tuple[str, ...]
    port: int
    count: int
    image: str
    cpu: int
    memory: int


def read(name: str, folder: Path = FOLDER) -> Environment:
    """SystemExit, which says what is wrong, for an environment that is not there or not complete."""
    file = folder / f"{name}.json"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.json")))
        raise SystemExit(f"There is no environment {name}: write {file}. There are: {known}.")
    given: dict[str, Any] = json.loads(file.read_text())
    names = {_camel(field.name): field.name for field in fields(Environment)}
    if given.keys() != names.keys():
        wrong = ", ".join(sorted(given.keys() ^ names.keys()))
        raise SystemExit(f"{file}: missing or not known: {wrong}.")
    values: dict[str, Any] = {
        names[key]: tuple(value) if isinstance(value, list) else value for key, value in given.items()
    }
    return Environment(**values)


def _camel(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)

"""Functions from container images: the command of the image, or our worker where it is that of Lambda's base images.

The image is built as ECS's are (see `containers/`), its files are read-only for its environments. An entry point of its
own (awslambdaric, or any program) finds the Runtime API at AWS_LAMBDA_RUNTIME_API.
Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
"""

import dataclasses
import posixpath
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penstock.base.lazy import lazily
from penstock.compute.functions import nodejs
from penstock.compute.functions.bootstrap import NoEntrypoint
from penstock.compute.functions.preparation import Prepared

if TYPE_CHECKING:
    from penstock.compute.containers.model import ContainerSpec

_containers = lazily("penstock.compute.containers.launch")
PYTHON = Path(sys.executable)
PYTHON_WORKER = Path(__file__).parent.parent / "python" / "program.py"
_ENTRY_POINT = "lambda-entrypoint.sh"
_RUNTIME = Path("var/runtime/bootstrap")  # of an image for `provided`
_TASK_ROOT = Path("var/task")
# boto3 and what it needs: all of it runs with any Python, so Penstock's own serves for that of Lambda's images.
_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


class Program(NamedTuple):
    argv: list[str]
    variables: dict[str, str]
    directory: Path


def program(
    container: "ContainerSpec", prepared: Prepared, host: dict[str, str], memory: int, scratch: Path
) -> Program:
    """`host` are the variables that Lambda adds to the image's. Raises NoEntrypoint."""
    image, root = prepared.image, prepared.root
    assert image is not None
    assert root is not None
    entry = container.entry_point or image.config.entry_point or ()
    command = container.command or image.config.command or ()
    added = {**host, "LAMBDA_TASK_ROOT": str(root / _TASK_ROOT), "_HANDLER": (*command, "")[0]}
    if entry and posixpath.basename(entry[0]) == _ENTRY_POINT:
        runtime = image.config.environment.get("AWS_EXECUTION_ENV", "").removeprefix("AWS_Lambda_")
        entry = _own(runtime, command, image.bins, root, memory)
        if runtime.startswith("nodejs"):
            added["NODE_PATH"] = nodejs.module_path(root / _TASK_ROOT, (root / "opt",), prepared.node_modules)
        if runtime.startswith("python"):
            added["PENSTOCK_LIBRARIES"] = str(_libraries(scratch / "libraries"))
    whole = dataclasses.replace(container, entry_point=entry or None, command=command or None)
    try:
        started = _containers.launch(whole, image, root, added, "")
    except _containers.CannotStart as error:
        raise NoEntrypoint(str(error)) from None
    return Program(started.argv, started.variables, started.directory)


def _own(runtime: str, command: tuple[str, ...], bins: tuple[Path, ...], root: Path, memory: int) -> tuple[str, ...]:
    """What stands for the entry point of Lambda's base images."""
    if not command:
        raise NoEntrypoint("entrypoint requires the handler name to be the first argument")
    if (root / _RUNTIME).is_file():
        return (f"/{_RUNTIME}",)
    if runtime.startswith("python"):
        return ("python3", str(PYTHON_WORKER))
    if runtime.startswith("nodejs"):
        return tuple(nodejs.arguments(bins[-1] / "node", memory))
    raise NoEntrypoint(
        f"there is no runtime for {runtime} on this machine, nor a bootstrap in /var/runtime of the image"
    )


def _libraries(folder: Path) -> Path:
    """A directory with those libraries and nothing else, to be looked at last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LIBRARIES:
        spec = find_spec(name)
        origin = Path(spec.origin) if spec is not None and spec.origin else None
        place = origin.parent if origin is not None and origin.name == "__init__.py" else origin
        if place is not None and (folder / place.name).resolve() != place:
            (folder / place.name).unlink(missing_ok=True)
            (folder / place.name).symlink_to(place)
    return folder

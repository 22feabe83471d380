"""Where this machine has the Python or the Node that an image is built from.

A candidate is asked for its version before it is believed: a shim may lead nowhere.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from penstock.base import nodejs

_PYTHON_VERSION = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
OWN = Path(sys.executable)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@cache
def python(version: str) -> Path | None:
    """An interpreter of `version` ("3.12"; "3" or "" for any), the runtime's own where it fits; None: there is none."""
    if version in (RUNNING, "3", ""):
        return OWN
    candidates = (path for path in _pythons(version) if _answer([str(path), "-c", _PYTHON_VERSION]) == version)
    return next(candidates, None)


def _pythons(version: str) -> Iterator[Path]:
    places = (
        (Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions", f"{version}.*"),
        (Path.home() / ".local/share/uv/python", f"cpython-{version}*"),
    )
    for folder, names in places:
        yield from (install / "bin" / f"python{version}" for install in sorted(folder.glob(names), reverse=True))
    if found := shutil.which(f"python{version}"):
        yield Path(found)


@cache
def node(major: str) -> Path | None:
    """A Node: of that major version where there is one, else any, that of a package too; None where there is none."""
    versions = Path(os.environ.get("NVM_DIR") or Path.home() / ".nvm") / "versions" / "node"
    fitting = sorted(versions.glob(f"v{major}.*/bin/node")) if major else []
    if fitting:
        return fitting[-1]
    found = shutil.which("node")
    return Path(found) if found else nodejs.packaged()


@cache
def npm(node: Path) -> tuple[str, ...] | None:
    """The command of the npm that belongs to a Node, else of any; None where there is none."""
    script = node.resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.is_file():
        return str(node), str(script)
    found = shutil.which("npm", path=str(node.parent)) or shutil.which("npm")
    return (found,) if found else None


@cache
def node_major(program: Path) -> str:
    return _answer([str(program), "--version"]).removeprefix("v").partition(".")[0]


def uv() -> str | None:
    """uv of the runtime's environment, else the user's."""
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


def _answer(argv: list[str]) -> str:
    """What a program prints; "" where it cannot be run."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""

"""Which files of an app matter while it runs, and what for. Reads the assembly only, never the app's own code.

Rule: code that functions run from where it lies takes effect by itself; any other file of an app may be one that a
synthesis reads, so its change means another look. Folders that tools fill, and what the editor leaves, mean nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from penstock.template import inputs
from penstock.template.assembly import Stack

_LEFT_BY_EDITORS = ("~", ".pyc", ".swp", ".swx", ".tmp")
_CDK_SUFFIX = re.compile(r"[0-9A-F]{8}$")
_CODE = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}


class Code(NamedTuple):
    """Code that runs from where it lies: of `folder` the entries in `parts`, or all."""

    name: str  # the function's or the layer's
    folder: Path
    parts: frozenset[str] | None

    def holds(self, path: Path) -> bool:
        if not path.is_relative_to(self.folder):
            return False
        return self.parts is None or self.parts.issuperset(path.relative_to(self.folder).parts[:1])


@dataclass(frozen=True, slots=True)
class Watched:
    """`roots` are the folders to watch, `read` is what a synthesis read."""

    apps: tuple[Path, ...]
    roots: tuple[Path, ...]
    code: tuple[Code, ...] = ()
    read: frozenset[Path] = frozenset()

    def matters(self, path: Path) -> bool:
        if path in self.read:
            return True
        root = next((root for root in self.roots if path.is_relative_to(root)), None)
        if root is None or path.name.endswith(_LEFT_BY_EDITORS):
            return False
        folders = path.relative_to(root).parts[:-1]
        return not any(folder.startswith(".") or folder in inputs.NOT_INPUT for folder in folders)

    def known(self, path: Path) -> bool:
        """Whether it is certain that something is made of the file, whatever git is told to ignore."""
        return path in self.read or path in self.apps or bool(self.running(path))

    def running(self, path: Path) -> list[str]:
        """The functions and layers whose code lies where the file does."""
        return [code.name for code in self.code if code.holds(path)]


def watched(apps: Iterable[Path], stacks: Iterable[Stack] = ()) -> Watched:
    """What to look at for these apps, of which `stacks` are what they were last synthesized to."""
    given, known = tuple(app.resolve() for app in apps), tuple(stacks)
    code = tuple(place for stack in known for place in _code(stack))
    read = frozenset(path for stack in known for path in _read(stack))
    own = [app if app.is_dir() else app.parent for app in given]
    outside = [path.parent for path in read if not any(path.is_relative_to(folder) for folder in own)]
    # A folder that holds the app itself, or the user's home, would be far more than what was read there.
    further = [folder for folder in outside if not any(each.is_relative_to(folder) for each in (*own, Path.home()))]
    return Watched(given, _outermost([*own, *further, *(each.folder for each in code)]), code, read)


def _code(stack: Stack) -> Iterator[Code]:
    """What is run from where it lies, not a copy in the assembly."""
    assets = {key: path for (_, key), path in stack.assets.files.items()}
    for name, body in stack.document.data.get("Resources", {}).items():
        if not isinstance(body, dict) or body.get("Type") not in _CODE:
            continue
        properties, metadata = body.get("Properties") or {}, body.get("Metadata") or {}
        location = properties.get(_CODE[body["Type"]])
        key = str(location.get("S3Key", "")) if isinstance(location, dict) else ""
        path = assets.get(key)
        live = metadata.get("penstock:source") or (path if path and not path.name.startswith("asset.") else None)
        if live is not None and Path(live).is_dir():
            yield Code(_CDK_SUFFIX.sub("", name), Path(live).resolve(), _parts(stack, key))


def _parts(stack: Stack, key: str) -> frozenset[str] | None:
    """What of a folder the asset takes: the CDK's copy in the assembly tells."""
    file = stack.document.file
    staged = file.parent / f"asset.{Path(key).stem}" if file and key else None
    return frozenset(entry.name for entry in staged.iterdir()) if staged and staged.is_dir() else None


def _read(stack: Stack) -> Iterator[Path]:
    """What the synthesis of the stack read: it is noted beside the assembly."""
    file = stack.document.file
    note = file.parent.parent / "inputs.json" if file else None
    if note is not None and note.is_file():
        yield from map(Path, json.loads(note.read_text())["files"])


def _outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    kept: list[Path] = []
    for folder in sorted(set(folders), key=lambda each: len(each.parts)):
        if folder.is_dir() and not any(folder.is_relative_to(other) for other in kept):
            kept.append(folder)
    return tuple(sorted(kept))

"""What an image calls `/app/x` is `<root>/app/x` here: there is no chroot, so paths are rewritten where they are given.

Rule: in arguments and in values of variables, an absolute path that exists in the image's root is one in that root, and
so is one whose directory exists there (a file still to be made), unless the machine itself has that path. Paths that a
program has in its own code are beyond reach. Programs are found in the image's Python or Node first, then in the
image, then on this machine.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Behind a space, "=", ":", ",", "#!", a quote or a bracket; behind "://" (sqlite:////app/x.db) only with its own slash.
_PATH = re.compile(r"""(?P<before>^|[\s=:,;!"'(\[>]|:///?)(?P<path>/(?!/)[^\s:=,;"'()\[\]<>]*)""", re.M)

LONGEST_NAME = 255  # bytes, of Linux's file systems


@dataclass(frozen=True, slots=True)
class Places:
    """`root` is the container's file system, `bins` where the programs of its Python and Node are."""

    root: Path
    bins: tuple[Path, ...] = ()

    def path(self, path: str) -> str:
        """One absolute path of the image."""
        if max(map(len, path.split("/"))) > LONGEST_NAME:
            return path  # it only looks like one
        place = self.root / path.lstrip("/")
        if os.path.lexists(place):
            return str(place)
        if (program := self._installed(path)) is not None:
            return str(program)
        directory = place.parent
        if not os.path.lexists(path) and directory != self.root and directory.is_dir():
            return str(place)
        return path

    def text(self, text: str) -> str:
        """A value or an argument in which there may be paths of the image."""
        return _PATH.sub(lambda match: match["before"] + self.path(match["path"]), text) if "/" in text else text

    def argv(self, argv: Sequence[str], search: str) -> list[str]:
        """A command as it can be executed; `search` is its PATH."""
        return [self._program(argv[0], search), *map(self.text, argv[1:])]

    def directory(self, path: str) -> Path:
        """A working directory: always one in the root, made if it is not there."""
        place = self.root / path.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def variables(self, variables: Mapping[str, str]) -> dict[str, str]:
        mapped = {name: self.text(value) for name, value in variables.items()}
        inside = [str(self.root / entry.lstrip("/")) for entry in variables.get("PATH", "").split(":") if entry]
        bins = [str(folder) for folder in self.bins]
        return {**mapped, "PATH": ":".join([*bins, *filter(os.path.isdir, inside), *_own_path(bins)])}

    def _program(self, name: str, search: str) -> str:
        if not name.startswith("/"):
            return name
        found = self.path(name)
        return found if Path(found).exists() else shutil.which(Path(name).name, path=search) or name

    def _installed(self, path: str) -> Path | None:
        """`/opt/venv/bin/uvicorn` and `/usr/local/bin/python` are those of the image's Python here."""
        folder, _, name = path.rpartition("/")
        if not folder.endswith("/bin") or not name:
            return None
        return next((place / name for place in self.bins if (place / name).exists()), None)


def _own_path(bins: Sequence[str]) -> list[str]:
    """The machine's programs, without those of the runtime's own environment: an image must not find them."""
    own = {str(Path(sys.prefix) / "bin")} - set(bins)
    return [entry for entry in os.environ.get("PATH", os.defpath).split(":") if entry and entry not in own]

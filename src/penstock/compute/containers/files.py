"""Files on their way into an image's root directory: COPY and ADD.

Nothing is ever written outside the root, whatever links the copied files bring along.
Source: https://docs.docker.com/reference/dockerfile/#copy
"""

import hashlib
import os
import posixpath
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.base.errors import PenstockError
from penstock.compute.containers import ignore

_GLOB = re.compile(r"[*?\[]")


class BuildError(PenstockError):
    """The image cannot be built; the text says what stands in the way."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Where COPY takes from: a build context, or the root of another stage; `root` has no link in its path.

    `closed`: nothing is found through links to directories outside. Those of a stage lead to installed packages.
    """

    root: Path
    ignored: Callable[[str], bool] = lambda path: False
    exceptions: bool = False  # something inside an ignored directory may not be ignored
    closed: bool = False

    def find(self, source: str) -> list[Path]:
        """The files and directories that a source of COPY names. Raises BuildError where there is none."""
        found = self.look(source)
        if not found:
            raise BuildError(f'"{source}": not found')
        return found

    def look(self, source: str) -> list[Path]:
        """The same; empty where there is none."""
        path = posixpath.normpath("/" + source).lstrip("/")
        if _GLOB.search(path):
            found = [self.root / name for name in self._globbed(path)]
        else:
            found = [self.root / path] if os.path.lexists(self.root / path) else []
        return [file for file in found if self._open(file) and (not self.ignored(self.name(file)) or file.is_dir())]

    def _open(self, file: Path) -> bool:
        return not self.closed or file == self.root or file.parent.resolve().is_relative_to(self.root)

    def name(self, file: Path) -> str:
        name = file.relative_to(self.root).as_posix()
        return "" if name == "." else name

    def _globbed(self, path: str) -> Iterator[str]:
        """Level by level, as `*` never reaches over a "/"."""
        names = [""]
        for part in path.split("/"):
            expression = re.compile(ignore.pattern(part), re.S)
            names = [
                posixpath.join(name, child)
                for name in names
                if (self.root / name).is_dir()
                for child in sorted(entry.name for entry in (self.root / name).iterdir())
                if expression.fullmatch(child)
            ]
        yield from names

    def files(self, top: Path) -> Iterator[Path]:
        """All files and links under `top` (or itself) that are not ignored, and directories ahead of what they hold."""
        if not top.is_dir() or top.is_symlink():
            yield top
            return
        for entry in sorted(os.scandir(top), key=lambda entry: entry.name):
            path = Path(entry.path)
            hidden = self.ignored(self.name(path))
            if entry.is_dir(follow_symlinks=False):
                if not hidden:
                    yield path
                if self.exceptions or not hidden:
                    yield from self.files(path)
            elif not hidden:
                yield path


def context(directory: Path, dockerfile: str) -> Tree:
    """The build context without what .dockerignore names; one beside the Dockerfile takes precedence (BuildKit)."""
    directory = directory.resolve()
    for file in (directory / f"{dockerfile}.dockerignore", directory / ".dockerignore"):
        if file.is_file():
            lines = file.read_text().splitlines()
            exceptions = any(line.strip().startswith("!") for line in lines)
            return Tree(directory, ignore.matcher(lines), exceptions, closed=True)
    return Tree(directory, closed=True)


def digest(tree: Tree, tops: Sequence[Path] = ()) -> str:
    """SHA-256 of names, modes and contents."""
    total = hashlib.sha256()
    for top in tops or (tree.root,):
        for file in tree.files(top):
            total.update(f"{tree.name(file)}\0{file.lstat().st_mode}\0".encode())
            if file.is_symlink():
                total.update(str(file.readlink()).encode())
            elif file.is_file():
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def stamp(tree: Tree) -> int:
    """A number that changes with the files (names, modes, sizes, times): looking is cheap, reading may not be."""
    found = ((str(file), file.lstat()) for file in tree.files(tree.root))
    return hash(tuple((name, status.st_mode, status.st_size, status.st_mtime_ns) for name, status in found))


def inside(root: Path, path: str) -> Path:
    """The place of an absolute path of the image. Raises BuildError for one that a link leads out of the root."""
    name = posixpath.normpath("/" + path).lstrip("/")
    if not name:
        return root
    place = root / name
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise BuildError(f"{path} leads out of the image")
    return place


def make_directory(root: Path, path: str) -> Path:
    """The directory at an absolute path of the image."""
    place = inside(root, posixpath.join(path, "x")).parent
    place.mkdir(parents=True, exist_ok=True)
    return place


def copy(tree: Tree, sources: Sequence[str], root: Path, target: str, mode: int | None = None) -> None:
    """COPY of `sources` to the absolute path `target`; a link given as a source is followed. Raises BuildError."""
    found = [file for source in sources for file in tree.find(source)]
    place = inside(root, target)
    into = target.endswith("/") or len(found) > 1 or place.is_dir()
    for top in found:
        inward = top.is_symlink() and top.resolve().is_relative_to(tree.root)
        real = top.resolve() if inward else top
        outward = top.is_symlink() and not inward
        if outward and top.is_dir() and not place.exists():
            _copy_file(top, place, mode)  # a link into a cache: installed packages
        elif real.is_dir() and not outward:
            _copy_directory(tree, real, root, target, mode)
        else:
            _copy_file(real, inside(root, posixpath.join(target, top.name)) if into else place, mode)


def _copy_directory(tree: Tree, top: Path, root: Path, target: str, mode: int | None) -> None:
    make_directory(root, target)
    for file in tree.files(top):
        _copy_file(file, inside(root, posixpath.join(target, file.relative_to(top).as_posix())), mode)


def _copy_file(file: Path, place: Path, mode: int | None) -> None:
    if file.is_dir() and not file.is_symlink():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        place.unlink()
    shutil.copy2(file, place, follow_symlinks=False)
    if mode is not None and not place.is_symlink():
        place.chmod(mode)


def extract(archive: Path, root: Path, target: str) -> bool:
    """ADD of a local archive: its contents go to `target`. False where the file is none."""
    if archive.is_dir() or not tarfile.is_tarfile(archive):
        return False
    with tarfile.open(archive) as content:
        content.extractall(make_directory(root, target), filter="data")
    return True


def write(root: Path, target: str, content: str, mode: int | None = None) -> None:
    """A file whose content stands in the Dockerfile."""
    place = inside(root, target)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)
    if mode is not None:
        place.chmod(mode)

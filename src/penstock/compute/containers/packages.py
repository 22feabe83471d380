"""What an image installs with pip, uv or venv -> what to install here. Reads requirement files, installs nothing.

An `Install` has a key that says what is installed and not where it lies: equal keys are one cached environment.
"""

import argparse
import dataclasses
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.compute.containers.files import BuildError, Tree, digest

SYSTEM = "/usr/local"  # where pip puts packages in the official Python images
_TOOLS = re.compile(r"(pip|wheel|uv|pipx)\b(?!-)")
_EXTRAS = re.compile(r"(?P<path>[^\[]+)(?P<extras>\[[^\]]*\])?")
_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*==\s*(?P<version>[\w.+!-]+)")
_INCLUDE = re.compile(r"(?:-r|--requirement)(?:\s+|=)(\S+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)(?:\s+|=)(\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(\S+)")


_READ: tuple[tuple[str, ...], ...] = (
    ("-r", "--requirement", "--requirements"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
)
_PASSED_WITH_VALUE: tuple[tuple[str, ...], ...] = (
    ("-i", "--index-url"),
    ("--extra-index-url",),
    ("-f", "--find-links"),
    ("--only-binary",),
    ("--no-binary",),
)
_PASSED = ("--pre", "--no-deps", "--require-hashes", "--no-index")
_DROPPED_WITH_VALUE: tuple[tuple[str, ...], ...] = (
    ("-p", "--python"),
    ("--cache-dir",),
    ("--default-timeout",),
    ("--link-mode",),
    ("--log",),
    ("--progress-bar",),
    ("--retries",),
    ("--root-user-action",),
    ("--timeout",),
    ("--trusted-host",),
    ("-w", "--wheel-dir"),
)


@dataclass(frozen=True, slots=True)
class Install:
    """One `pip install` (`lines` and `constraints` are requirement files) or `uv sync` (of the directory `project`, or
    of `files`, name and content, where the project itself is not installed).

    `place` is where the image has it, a path that COPY --from may name.
    """

    key: str
    place: str = SYSTEM
    lines: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    project: Path | None = None
    files: tuple[tuple[str, str], ...] = ()

    def concerns(self, path: str) -> bool:
        """Whether COPY --from of `path` takes these packages along."""
        path = path.rstrip("/")
        return self.place == path or self.place.startswith(f"{path}/") or path.startswith(f"{self.place}/")

    def moved(self, path: str, target: str) -> "Install":
        """The packages after COPY --from of `path` to `target`."""
        path, target = path.rstrip("/"), target.rstrip("/")
        inside = self.place == path or self.place.startswith(f"{path}/")
        return dataclasses.replace(self, place=target + self.place[len(path) :]) if inside else self

    def pins(self) -> dict[str, str] | None:
        """Name -> version, where it is nothing but pinned packages; else None."""
        if self.project or self.files or self.constraints or self.options:
            return None
        found = [_PIN.fullmatch(line) for line in self.lines]
        return {match["name"]: match["version"] for match in found if match} if all(found) else None


@dataclass(slots=True)
class _Collected:
    """Requirements as pip is given them, and the same with contents in place of local paths."""

    lines: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)

    def file(self, file: Path, root: Path) -> None:
        for line in _logical_lines(file):
            if match := _INCLUDE.fullmatch(line):
                self.file(_within(file.parent, match[1], root), root)
            elif match := _CONSTRAINT.fullmatch(line):
                self.constrain(_within(file.parent, match[1], root))
            elif match := _EDITABLE.fullmatch(line):
                self.requirement(match[1], file.parent, root)
            else:
                self.requirement(line, file.parent, root)

    def constrain(self, file: Path) -> None:
        lines = list(_logical_lines(file))
        self.constraints += lines
        self.key += [f"-c {line}" for line in lines]

    def requirement(self, text: str, base: Path, root: Path) -> None:
        """A line of a requirement file, or a word behind `pip install`."""
        match = _EXTRAS.fullmatch(text)
        if text.startswith("-") or match is None or not _is_path(match["path"], base):
            self.lines.append(text)
            self.key.append(text)
            return
        path, extras = _within(base, match["path"], root), match["extras"] or ""
        if not path.exists():
            raise BuildError(f"pip install {text}: there is no {match['path']} in the image")
        self.lines.append(f"{path}{extras}")
        self.key.append(f"{path.name}{extras} {digest(Tree(path.parent), [path])}")


def _is_path(text: str, base: Path) -> bool:
    return text in (".", "..") or text.startswith(("./", "../", "/")) or (text.endswith(".whl") and "://" not in text)


def _within(base: Path, text: str, root: Path) -> Path:
    """A path as the image means it: absolute ones begin at its root."""
    return root / text.lstrip("/") if text.startswith("/") else Path(os.path.normpath(base / text))


def _logical_lines(file: Path) -> Iterator[str]:
    """Lines of a requirement file without comments; those that go on are joined."""
    try:
        text = file.read_text()
    except OSError:
        raise BuildError(f"pip install -r: there is no {file.name} in the image; is it copied before?") from None
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if stripped := re.sub(r"(^|\s)#.*", "", line).strip():
            yield " ".join(stripped.split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pip install", add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    for names in _READ:
        parser.add_argument(*names, action="append", default=[])
    parser.add_argument("-t", "--target")
    parser.add_argument("--prefix")
    parser.add_argument("--user", action="store_true")
    for names in _PASSED_WITH_VALUE:
        parser.add_argument(*names, action="append", dest=names[-1], default=[])
    for name in _PASSED:
        parser.add_argument(name, action="store_true", dest=name)
    for names in _DROPPED_WITH_VALUE:
        parser.add_argument(*names)
    return parser


_PIP = _parser()


def pip_install(argv: Sequence[str], cwd: Path, root: Path, place: str, known: Sequence[Install]) -> Install | None:
    """`argv` is what follows `pip install` (or `pip wheel`). None where there is nothing to install here: pip itself,
    or files of packages that are `known` already. Raises BuildError.
    """
    try:
        given, _ = _PIP.parse_known_intermixed_args(list(argv))
    except (argparse.ArgumentError, TypeError) as error:
        raise BuildError(f"pip install {' '.join(argv)}: {error}") from None
    collected = _Collected()
    for file in given.requirement:
        collected.file(_within(cwd, file, root), root)
    for file in given.constraint:
        collected.constrain(_within(cwd, file, root))
    for word in (*given.editable, *given.words):
        if not _TOOLS.match(word) and not (
            word.startswith("/") and any(known_one.concerns(word) for known_one in known)
        ):
            collected.requirement(word, cwd, root)
    if not any(not line.startswith("-") for line in collected.lines):
        return None
    return _install(given, collected, place)


def _install(given: Any, collected: _Collected, place: str) -> Install:
    options = [f"{names[-1]}={value}" for names in _PASSED_WITH_VALUE for value in getattr(given, names[-1])]
    options += [name for name in _PASSED if getattr(given, name)]
    place = given.target or given.prefix or given.wheel_dir or ("/root/.local" if given.user else place)
    return Install(
        _key("pip", *collected.key, *options),
        place,
        tuple(collected.lines),
        tuple(collected.constraints),
        tuple(options),
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def uv_sync(argv: Sequence[str], cwd: Path, place: str) -> Install:
    """`argv` is what follows `uv sync`. The project is installed as a copy: the environment outlives the image.

    Raises BuildError.
    """
    if not (cwd / "pyproject.toml").is_file():
        raise BuildError("uv sync: there is no pyproject.toml in the image; is it copied before?")
    options = [word for word in argv if word not in ("--no-editable", "--no-cache", "--compile-bytecode", "--active")]
    if {"--no-install-project", "--no-install-workspace"}.intersection(options) or not _is_package(cwd):
        found = [file for file in (cwd / "pyproject.toml", cwd / "uv.lock") if file.exists()]
        texts = tuple((file.name, file.read_text()) for file in found)
        return Install(_key("uv sync", *options, repr(texts)), place, options=tuple(options), files=texts)
    return Install(_key("uv sync", *options, digest(Tree(cwd))), place, options=tuple(options), project=cwd)


def _is_package(project: Path) -> bool:
    """Whether uv installs the project itself: only what has a build system is one, unless it says so."""
    try:
        document = tomllib.loads((project / "pyproject.toml").read_text())
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"uv sync: pyproject.toml cannot be read: {error}") from None
    return bool(document.get("tool", {}).get("uv", {}).get("package", "build-system" in document))

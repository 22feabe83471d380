"""A Dockerfile's text -> its stages and their instructions. Pure: nothing is read, nothing replaced.

Written because no library on PyPI reads here-documents and flags; the rules are BuildKit's.
Source: https://docs.docker.com/reference/dockerfile/
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.base.errors import PenstockError
from penstock.compute.containers import words

INSTRUCTIONS = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"}
    | {"MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_WITH_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
_WITH_FLAGS = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})

_CONTINUED = re.compile(r"(?<!\\)\\[ \t]*$")
_COMMENT = re.compile(r"\s*#")
_ESCAPE_DIRECTIVE = re.compile(r"\s*#\s*escape\s*=\s*(\S)", re.I)
_HEREDOC = re.compile(r"\d*<<(-?)(['\"]?)([^\s<'\"]+)\2")
_FLAG = re.compile(r"--([a-z-]+)(?:=(.*))?")
_FROM = re.compile(r"(?P<base>\S+)(?:\s+as\s+(?P<name>\S+))?", re.I)


class DockerfileError(PenstockError):
    """The Dockerfile cannot be read; the message names its line."""


@dataclass(frozen=True, slots=True)
class Heredoc:
    """Lines that stand in the Dockerfile itself; `literal` ones are not searched for variables."""

    name: str
    content: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """`value` is what stands behind name and flags; `argv` is that where it is a JSON array (the exec form)."""

    name: str
    value: str
    line: int = 0
    flags: tuple[tuple[str, str], ...] = ()
    argv: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()

    def flag(self, name: str) -> str | None:
        """The last value of a flag; "" where it has none, None where it is not given."""
        return dict(self.flags).get(name)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"

    def inner(self) -> "Instruction":
        """The instruction behind ONBUILD, or the CMD behind HEALTHCHECK."""
        return _instruction(self.value, self.line, ())


@dataclass(frozen=True, slots=True)
class Stage:
    """What follows one FROM. `base` may hold variables, `name` is "" where it has none."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """`arguments` are the ARG instructions ahead of the first stage."""

    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    def find(self, name: str) -> Stage | None:
        """The stage of that name or number; as in BuildKit, the last one of a name and in any case of letters."""
        if name.isdecimal():
            return self.stages[int(name)] if int(name) < len(self.stages) else None
        return next((stage for stage in reversed(self.stages) if stage.name.lower() == name.lower()), None)


def parse(text: str) -> Dockerfile:
    """Raises DockerfileError."""
    arguments: list[Instruction] = []
    starts: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in instructions(text):
        if instruction.name == "FROM":
            starts.append((instruction, []))
        elif starts:
            starts[-1][1].append(instruction)
        elif instruction.name == "ARG":
            arguments.append(instruction)
        else:
            raise DockerfileError(f"line {instruction.line}: no build stage in current context")
    if not starts:
        raise DockerfileError("the Dockerfile has no FROM")
    return Dockerfile(tuple(arguments), tuple(_stage(start, tuple(body)) for start, body in starts))


def _stage(start: Instruction, body: tuple[Instruction, ...]) -> Stage:
    match = _FROM.fullmatch(start.value)
    if match is None:
        raise DockerfileError(f"line {start.line}: FROM requires either one or three arguments")
    return Stage(match["base"], match["name"] or "", body, start.line)


def instructions(text: str) -> Iterator[Instruction]:
    """All instructions in order. Raises DockerfileError."""
    lines = text.removeprefix("\ufeff").splitlines()
    _refuse_other_escapes(lines)
    position = 0
    while position < len(lines):
        first = position
        logical, position = _logical_line(lines, position)
        if logical.strip():
            heredocs, position = _heredocs(logical, lines, position, first + 1)
            yield _instruction(logical.strip(), first + 1, heredocs)


def _refuse_other_escapes(lines: list[str]) -> None:
    for line in lines:
        if not _COMMENT.match(line):
            return
        directive = _ESCAPE_DIRECTIVE.match(line)
        if directive and directive[1] != "\\":
            raise DockerfileError(f"line 1: escape={directive[1]} is for Windows images")


def _logical_line(lines: list[str], position: int) -> tuple[str, int]:
    """A line and what continues it, comments and empty lines between left out; and the position behind them."""
    joined = ""
    while position < len(lines):
        line = lines[position]
        position += 1
        if _COMMENT.match(line) or (joined and not line.strip()):
            if joined:
                continue
            return "", position
        if not (continued := _CONTINUED.search(line)):
            return joined + line, position
        joined += line[: continued.start()]
    return joined, position


def _heredocs(logical: str, lines: list[str], position: int, number: int) -> tuple[tuple[Heredoc, ...], int]:
    if logical.split(None, 1)[0].upper() not in _WITH_HEREDOCS or "<<" not in logical:
        return (), position
    found = []
    for word in words.split(logical):
        if match := _HEREDOC.fullmatch(word):
            content, position = _heredoc_body(lines, position, match[3], strip_tabs=bool(match[1]), number=number)
            found.append(Heredoc(match[3], content, literal=bool(match[2])))
    return tuple(found), position


def _heredoc_body(lines: list[str], position: int, name: str, *, strip_tabs: bool, number: int) -> tuple[str, int]:
    body: list[str] = []
    for index in range(position, len(lines)):
        line = lines[index].lstrip("\t") if strip_tabs else lines[index]
        if line == name:
            return "".join(f"{text}\n" for text in body), index + 1
        body.append(line)
    raise DockerfileError(f"line {number}: unterminated heredoc {name}")


def _instruction(text: str, line: int, heredocs: tuple[Heredoc, ...]) -> Instruction:
    name, *rest = text.split(None, 1)
    name = name.upper()
    if name not in INSTRUCTIONS:
        raise DockerfileError(f"line {line}: unknown instruction: {name}")
    value = rest[0].strip() if rest else ""
    flags, value = _flags(value) if name in _WITH_FLAGS else ((), value)
    if not value:
        raise DockerfileError(f"line {line}: {name} requires at least one argument")
    return Instruction(name, value, line, flags, _argv(value) if name in _WITH_JSON else None, heredocs)


def _flags(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The `--name=value` words at the beginning, and the rest."""
    flags: list[tuple[str, str]] = []
    while text.startswith("--"):
        word = text.split(None, 1)[0]
        match = _FLAG.fullmatch(word)
        if match is None:
            break
        flags.append((match[1], match[2] or ""))
        text = text[len(word) :].lstrip()
    return tuple(flags), text


def _argv(value: str) -> tuple[str, ...] | None:
    """The exec form: a JSON array of strings; anything else is the shell form, as in Docker."""
    if not value.startswith("["):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return tuple(found) if all(isinstance(item, str) for item in found) else None


def pairs(value: str) -> list[tuple[str, str]]:
    """The raw `name=value` pairs of ENV and LABEL; also the old form `ENV name value with spaces`."""
    items = words.split(value)
    if "=" not in items[0]:
        return [(items[0], value[len(items[0]) :].strip())]
    return [(name, rest) for name, _, rest in (item.partition("=") for item in items)]

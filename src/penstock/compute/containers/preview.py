"""What of a Dockerfile will not be done here, told from its text before anything is built.

Only stages that the image needs are looked at. Values of variables are not known yet, so this may say less than the
notes of the image that is built (`stage.Config.notes`), never something else.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from penstock.compute.containers import dockerfile, run, shell, words
from penstock.compute.containers.base import base
from penstock.compute.containers.dockerfile import Dockerfile, DockerfileError, Instruction, Stage
from penstock.compute.containers.model import ImageSource

_URLS = ("http://", "https://", "git@", "git://", "ssh://")


class Weight(Enum):
    INVALID = auto()  # `docker build` would refuse it
    UNSUPPORTED = auto()
    INERT = auto()  # it prepares a system, which there is none of


class Remark(NamedTuple):
    weight: Weight
    line: int | None
    subject: str
    reason: str


def preview(source: ImageSource) -> list[Remark]:
    """The remarks on an image asset's Dockerfile, in its order; none on an image that is no asset."""
    if source.directory is None:
        return []
    try:
        description = dockerfile.parse((source.directory / source.dockerfile).read_text())
        known = _arguments(description, source)
        stage = description.stages[-1] if source.target is None else description.find(source.target)
        if stage is None:
            raise DockerfileError(f"target stage {source.target!r} could not be found")
        needed = _needed(description, stage, known)
        return [remark for one in description.stages if one in needed for remark in _stage(description, one, known)]
    except (DockerfileError, words.BadSubstitution, OSError, UnicodeDecodeError) as error:
        return [Remark(Weight.INVALID, None, "", str(error))]


def _arguments(description: Dockerfile, source: ImageSource) -> dict[str, str]:
    known: dict[str, str] = {}
    for instruction in description.arguments:
        for name, value in dockerfile.pairs(instruction.value):
            known[name] = source.build_args.get(name, words.expand(value, known))
    return known


def _needed(description: Dockerfile, stage: Stage, known: dict[str, str]) -> list[Stage]:
    """The stage and all that it starts or copies from."""
    needed: list[Stage] = []
    waiting = [stage]
    while waiting:
        one = waiting.pop()
        if one not in needed:
            needed.append(one)
            names = [words.expand(one.base, known), *(each.flag("from") for each in one.instructions)]
            waiting += [found for name in names if name and (found := description.find(name)) is not None]
    return needed


def _stage(description: Dockerfile, stage: Stage, known: dict[str, str]) -> Iterator[Remark]:
    name = words.expand(stage.base, known)
    if description.find(name) is None and not base(name).known:
        reason = "what this image holds beside an interpreter is not here"
        yield Remark(Weight.UNSUPPORTED, stage.line, f"FROM {name}", reason)
    for instruction in stage.instructions:
        if instruction.name == "RUN":
            yield from _run(instruction)
        elif instruction.name in ("ADD", "COPY"):
            yield from _copy(description, instruction)


def _run(instruction: Instruction) -> Iterator[Remark]:
    text = "\n".join(heredoc.content for heredoc in instruction.heredocs) or instruction.value
    if instruction.argv is not None:
        commands = [shell.Command(" ".join(instruction.argv), instruction.argv)]
    else:
        commands = list(shell.commands(text, {}))
    for command in commands:
        if reason := run.obstacle(command):
            weight = Weight.INERT if reason == run.SYSTEM else Weight.UNSUPPORTED
            yield Remark(weight, instruction.line, f"RUN {run.shortened(command.text)}", f"not run, {reason}")


def _copy(description: Dockerfile, instruction: Instruction) -> Iterator[Remark]:
    origin = instruction.flag("from") or ""
    if instruction.name == "ADD" and instruction.value.startswith(_URLS):
        yield Remark(Weight.UNSUPPORTED, instruction.line, str(instruction), "nothing is downloaded here")
    elif origin and "$" not in origin and description.find(origin) is None and "/uv:" not in f"{origin}:":
        subject = f"{instruction.name} --from={origin} {instruction.value}"
        yield Remark(Weight.UNSUPPORTED, instruction.line, subject, "that image is not here")

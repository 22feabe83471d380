"""A Dockerfile and its context -> the stage that was asked for, built into a directory.

Only stages that it needs are built. Instructions mean what BuildKit gives them, but for RUN (see `run.py`) and for what
is the base image's: of that nothing is there but its interpreter.
"""

import asyncio
import copy
import platform
import posixpath
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from penstock.compute.containers import dockerfile, files, run, words
from penstock.compute.containers.base import Base, base
from penstock.compute.containers.dockerfile import Dockerfile, DockerfileError, Instruction, Stage
from penstock.compute.containers.environments import Environments
from penstock.compute.containers.files import BuildError, Tree
from penstock.compute.containers.stage import Building
from penstock.compute.supervisor import Supervisor

_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
_PLATFORM = {"OS": "linux", "ARCH": _ARCHITECTURE, "PLATFORM": f"linux/{_ARCHITECTURE}"}
_KNOWN_COPY_FLAGS = frozenset({"from", "chown", "chmod", "link", "keep-git-dir", "checksum"})
_URL = re.compile(r"(?:https?|git|ssh)://|git@")


class Builder:
    """Builds one image. `arguments` are the build arguments given from outside."""

    def __init__(
        self,
        name: str,
        context: Tree,
        description: Dockerfile,
        arguments: dict[str, str],
        folder: Path,
        environments: Environments,
        supervisor: Supervisor,
    ) -> None:
        self.name = name
        self.context = context
        self.environments = environments
        self.supervisor = supervisor
        self._description = description
        self._given = arguments
        self._folder = folder
        self._built: dict[int, Building] = {}
        self._global = self._arguments_ahead()

    def _arguments_ahead(self) -> dict[str, str]:
        known = {f"{side}{name}": value for name, value in _PLATFORM.items() for side in ("TARGET", "BUILD")}
        for instruction in self._description.arguments:
            for name, value in dockerfile.pairs(instruction.value):
                known[name] = self._given.get(name, words.expand(value, known))
        return known

    async def build(self, target: str | None = None) -> Building:
        """The last stage, or the one called `target`. Raises BuildError, DockerfileError."""
        stage = self._description.stages[-1] if target is None else self._description.find(target)
        if stage is None:
            raise DockerfileError(f"target stage {target!r} could not be found")
        built = await self._stage(stage)
        await run.provide(built, self.environments)
        return built

    async def _stage(self, stage: Stage) -> Building:
        number = self._description.stages.index(stage)
        if number not in self._built:
            self._built[number] = building = await self._begin(stage, self._folder / f"stage-{number}")
            triggers, building.triggers = building.triggers, []
            for instruction in (*triggers, *stage.instructions):
                await self._perform(building, instruction)
        return self._built[number]

    async def _begin(self, stage: Stage, root: Path) -> Building:
        """What FROM gives: a copy of another stage, or what is known of a base image."""
        name = words.expand(stage.base, self._global)
        if not name:
            raise DockerfileError(f"line {stage.line}: base name ({stage.base}) should not be blank")
        parent = self._description.find(name)
        if parent is not None and self._description.stages.index(parent) < self._description.stages.index(stage):
            return await self._continue(await self._stage(parent), root)
        root.mkdir(parents=True)
        start = base(name)
        building = Building(image=self.name, root=root, python=start.python, node=start.node)
        building.config.command = start.command
        if start.function:
            _begin_function(building, start.function)
        self._note_unknown(building, start, name)
        return building

    async def _continue(self, parent: Building, root: Path) -> Building:
        await asyncio.to_thread(files.copy, Tree(parent.root), ["."], root, "/")
        return Building(
            image=self.name,
            root=root,
            config=copy.deepcopy(parent.config),
            python=parent.python,
            node=parent.node,
            installs=list(parent.installs),
            venv=parent.venv,
            triggers=list(parent.triggers),
            own_command=parent.own_command,
        )

    def _note_unknown(self, building: Building, start: Base, name: str) -> None:
        if not start.known:
            building.note(f"FROM {name}: what this image holds beside an interpreter is not here")

    async def _perform(self, stage: Building, instruction: Instruction) -> None:
        try:
            await _INSTRUCTIONS[instruction.name](self, stage, instruction)
        except words.BadSubstitution as error:
            raise DockerfileError(f"line {instruction.line}: {error}") from None
        except BuildError as error:
            raise BuildError(f"line {instruction.line}: {error}") from None

    async def stage(self, name: str) -> Building | None:
        """The stage that COPY --from names; None for an image, of which nothing is here."""
        found = self._description.find(name)
        return await self._stage(found) if found is not None else None

    def argument(self, name: str, default: str | None, stage: Building) -> str | None:
        """The value of an ARG of a stage: given, its own default, or that of the ARG ahead of all stages."""
        if name in self._given:
            return self._given[name]
        return default if default is not None else self._global.get(name)


def _begin_function(building: Building, runtime: str) -> None:
    """What Lambda's base images say of themselves; AWS_EXECUTION_ENV is how one knows them afterwards."""
    building.config.environment.update(
        LAMBDA_TASK_ROOT="/var/task", LAMBDA_RUNTIME_DIR="/var/runtime", AWS_EXECUTION_ENV=f"AWS_Lambda_{runtime}"
    )
    building.config.working_directory = "/var/task"
    building.config.entry_point = ("/lambda-entrypoint.sh",)
    building.config.command = None
    for folder in ("/var/task", "/var/runtime"):
        files.make_directory(building.root, folder)


# -- instructions --------------------------------------------------------------------------------------


async def _arg(builder: Builder, stage: Building, instruction: Instruction) -> None:
    for item in words.split(instruction.value):
        name, equals, default = item.partition("=")
        value = builder.argument(name, words.expand(default, stage.variables) if equals else None, stage)
        if value is not None:
            stage.arguments[name] = value


async def _env(builder: Builder, stage: Building, instruction: Instruction) -> None:
    before = stage.variables  # all values of one ENV see the variables as they were ahead of it
    for name, value in dockerfile.pairs(instruction.value):
        stage.config.environment[words.expand(name, before)] = words.expand(value, before)


async def _workdir(builder: Builder, stage: Building, instruction: Instruction) -> None:
    path = words.expand(instruction.value, stage.variables)
    stage.config.working_directory = posixpath.normpath(posixpath.join(stage.config.working_directory, path))
    files.make_directory(stage.root, stage.config.working_directory)


async def _copy(builder: Builder, stage: Building, instruction: Instruction) -> None:
    *sources, target, mode = _operands(stage, instruction)
    permissions = int(mode, 8) if re.fullmatch("[0-7]+", mode) else None
    for name, _ in instruction.flags:
        if name not in _KNOWN_COPY_FLAGS:
            stage.note(f"{instruction}: --{name} has no effect here")
    for heredoc in instruction.heredocs:
        content = heredoc.content if heredoc.literal else words.fill(heredoc.content, stage.variables)
        place = posixpath.join(target, heredoc.name) if target.endswith("/") or len(sources) else target
        files.write(stage.root, place, content, permissions)
    sources = [
        source for source in sources if not (instruction.name == "ADD" and _added(builder, stage, source, target))
    ]
    if sources:
        await _copy_from(builder, stage, instruction, sources, target, permissions)


def _operands(stage: Building, instruction: Instruction) -> tuple[str, ...]:
    """Sources, the absolute target, and --chmod; here-documents are not among the sources."""
    raw = instruction.argv or words.split(instruction.value)
    given = [
        words.expand(word, stage.variables) for word in raw if not (instruction.heredocs and word.startswith("<<"))
    ]
    target = posixpath.join(stage.config.working_directory, given[-1])
    if given[-1] in (".", "./") or given[-1].endswith(("/.", "/")):
        target = posixpath.normpath(target).rstrip("/") + "/"
    if len(given) < 2 and not instruction.heredocs:
        raise DockerfileError(f"line {instruction.line}: {instruction.name} requires at least two arguments")
    return (*given[:-1], target, instruction.flag("chmod") or "")


def _added(builder: Builder, stage: Building, source: str, target: str) -> bool:
    """What ADD does beyond COPY: archives are unpacked. What it would download is noted."""
    if _URL.match(source):
        stage.note(f"ADD {source}: nothing is downloaded here")
        return True
    found = builder.context.find(source)
    return len(found) == 1 and files.extract(found[0], stage.root, target)


async def _copy_from(
    builder: Builder, stage: Building, instruction: Instruction, sources: list[str], target: str, mode: int | None
) -> None:
    name = words.expand(instruction.flag("from") or "", stage.variables)
    if not name:
        await asyncio.to_thread(files.copy, builder.context, sources, stage.root, target, mode)
        return
    other = await builder.stage(name)
    if other is None:
        if not re.search(r"(^|/)uv(:|$)", name):
            stage.note(f"{instruction.name} --from={name} {' '.join(sources)}: that image is not here")
        return
    tree = Tree(other.root)
    for source in sources:
        path = posixpath.join("/", source)
        inherited = [install.moved(path, target) for install in other.installs if install.concerns(path)]
        stage.installs += [install for install in inherited if install not in stage.installs]
        if not inherited or tree.look(source):
            await asyncio.to_thread(files.copy, tree, [source], stage.root, target, mode)


async def _run(builder: Builder, stage: Building, instruction: Instruction) -> None:
    bound = [place for name, value in instruction.flags if name == "mount" for place in _bind(builder, stage, value)]
    await run.run(stage, instruction, builder.environments, builder.supervisor)
    for place in bound:
        place.unlink(missing_ok=True)


def _bind(builder: Builder, stage: Building, mount: str) -> list[Path]:
    """`--mount=type=bind,source=uv.lock,target=uv.lock`: a file of the context that is there for one RUN."""
    fields = dict(item.partition("=")[::2] for item in mount.split(","))
    source = fields.get("source") or fields.get("src") or ""
    target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
    if fields.get("type", "bind") != "bind" or "from" in fields or not source:
        return []
    path = posixpath.join(stage.config.working_directory, target)
    place = files.inside(stage.root, path)
    if place.exists() or not all(file.is_file() for file in builder.context.find(source)):
        return []
    files.copy(builder.context, [source], stage.root, path)
    return [place]


async def _command(builder: Builder, stage: Building, instruction: Instruction) -> None:
    stage.config.command = _exec_form(stage, instruction)
    stage.own_command = True


async def _entry_point(builder: Builder, stage: Building, instruction: Instruction) -> None:
    stage.config.entry_point = _exec_form(stage, instruction)
    if not stage.own_command:
        stage.config.command = None  # an ENTRYPOINT resets the CMD of the base image


def _exec_form(stage: Building, instruction: Instruction) -> tuple[str, ...]:
    return instruction.argv if instruction.argv is not None else (*stage.config.shell, instruction.value)


async def _shell(builder: Builder, stage: Building, instruction: Instruction) -> None:
    if not instruction.argv:
        raise DockerfileError(f"line {instruction.line}: SHELL requires the arguments to be in JSON form")
    stage.config.shell = instruction.argv


async def _expose(builder: Builder, stage: Building, instruction: Instruction) -> None:
    stage.config.ports += tuple(words.expand(word, stage.variables) for word in words.split(instruction.value))


async def _stop_signal(builder: Builder, stage: Building, instruction: Instruction) -> None:
    stage.config.stop_signal = words.expand(instruction.value, stage.variables)


async def _volume(builder: Builder, stage: Building, instruction: Instruction) -> None:
    for path in instruction.argv or words.split(instruction.value):
        files.make_directory(stage.root, words.expand(path, stage.variables))


async def _on_build(builder: Builder, stage: Building, instruction: Instruction) -> None:
    stage.triggers.append(instruction.inner())


async def _nothing(builder: Builder, stage: Building, instruction: Instruction) -> None:
    """LABEL and MAINTAINER tell nobody here; the process is the user's own; ECS does not look at a HEALTHCHECK."""


_INSTRUCTIONS: dict[str, Callable[[Builder, Building, Instruction], Awaitable[None]]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _command,
    "COPY": _copy,
    "ENTRYPOINT": _entry_point,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _nothing,
    "LABEL": _nothing,
    "MAINTAINER": _nothing,
    "ONBUILD": _on_build,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stop_signal,
    "USER": _nothing,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}

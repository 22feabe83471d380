"""`penstock up --watch`: brings apps up again when their files change, and says in one line what came of it.

Rule: a reload is the ordinary `up`, so nothing can differ from it: it synthesizes only when something that it read has
changed, and applies the difference. Function code is run from where it lies; a save needs no more than a new
environment at the next invocation, while invocations under way end in the old one.
"""

import ast
import asyncio
import contextlib
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.base.errors import AwsError, PenstockError
from penstock.base.lazy import lazily
from penstock.call import Config
from penstock.commands.bringup import cache_folder
from penstock.template.source import load
from penstock.template.synth import Environment
from penstock.template.watched import Watched, watched

if TYPE_CHECKING:
    import watchfiles
else:
    watchfiles = lazily("watchfiles")

Up = Callable[[list[str]], AsyncIterator[dict[str, Any]]]
_SHOWN = 3  # names in a line
_TROUBLE = (PenstockError, AwsError, OSError, ValueError)  # the latter where a file is only half written


async def watch(up: Up, apps: list[str], config: Config) -> AsyncGenerator[str, None]:
    """A line for each reload, after one that says what is being watched. The apps have been brought up before."""
    look = await _look(apps, config, watched(map(Path, apps)))
    while True:
        roots = look.roots
        async with contextlib.aclosing(_changes(roots)) as changes:
            await anext(changes)
            yield f"Watching {_some(map(str, roots))} for changes."
            async for paths in changes:
                if saved := await asyncio.to_thread(_relevant, look, paths, config.data):
                    failure, line = await _reload(up, apps, look, saved)
                    yield line
                    look = look if failure else await _look(apps, config, look)
                if look.roots != roots:
                    break


async def _look(apps: list[str], config: Config, before: Watched) -> Watched:
    """What the apps are made of now; as before where that cannot be read."""

    def read() -> Watched:
        environment, given = Environment(config.account, config.region), [Path(app) for app in apps]
        return watched(given, [stack for app in given for stack in load(app, cache_folder(), environment)])

    try:
        return await asyncio.to_thread(read)
    except _TROUBLE:
        return before


async def _changes(roots: Collection[Path]) -> AsyncGenerator[set[Path], None]:
    """The files of each burst of saves; first nothing, once none can be missed any more."""
    bursts = watchfiles.awatch(*roots, watch_filter=None)
    coming = asyncio.ensure_future(anext(bursts))
    try:
        await asyncio.wait((coming,), timeout=0)
        yield set()
        while True:
            yield {Path(path) for _, path in await coming}
            coming = asyncio.ensure_future(anext(bursts))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _relevant(look: Watched, paths: Iterable[Path], data: Path | None) -> list[Path]:
    found = [path for path in paths if look.matters(path) and not (data and path.is_relative_to(data.resolve()))]
    ignored = _ignored_by_git([path for path in found if not look.known(path)])
    return sorted(path for path in found if path not in ignored and not path.is_dir())


def _ignored_by_git(paths: list[Path]) -> set[Path]:
    """None, where git is not there or knows nothing of the files."""
    if not paths:
        return set()
    asked = "\0".join(map(str, paths))
    command = ["git", "-C", str(paths[0].parent), "check-ignore", "-z", "--stdin"]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True)
    except OSError:
        return set()
    return {Path(path) for path in done.stdout.split("\0") if path}


async def _reload(up: Up, apps: list[str], look: Watched, saved: list[Path]) -> tuple[bool, str]:
    """One `up`: whether it failed, and the line that says what it did, or why it could not."""
    time = asyncio.get_running_loop().time
    began = time()
    try:
        events = [event async for event in up(apps)]
    except _TROUBLE as error:
        return True, f"Not reloaded, what runs goes on: {_sentence(str(error))}"
    took = f"{time() - began:.2f} s" if time() - began < 1 else f"{time() - began:.1f} s"
    done = [event["done"] for event in events if "done" in event]
    changed = [text for text in done if not text.endswith(" 0 resources changed")]
    functions = sorted({name for path in saved for name in look.running(path)})
    effects = [*changed, *([f"new code for {_some(functions)}"] if functions else []), *_broken(saved)]
    files = _some(_short(path, look) for path in saved)
    if not effects:
        return False, f"Nothing changed by {files} ({took})."
    return False, f"Reloaded in {took}: {files} → {'; '.join(effects)}"


def _sentence(text: str) -> str:
    """The error, and of the app's last words the very last, which say what was wrong."""
    first, *more = text.splitlines()
    return " ".join([first, *more[-1:]])


def _broken(saved: Iterable[Path]) -> list[str]:
    """Python files that do not parse: whoever imports them fails until they do."""
    found = []
    for path in saved:
        if path.suffix == ".py" and path.is_file():
            try:
                ast.parse(path.read_bytes())
            except SyntaxError as error:
                found.append(f"{path.name} has an error in line {error.lineno}: {error.msg}")
    return found


def _short(path: Path, look: Watched) -> str:
    root = next((root for root in look.roots if path.is_relative_to(root)), path.parent)
    return str(path.relative_to(root))


def _some(names: Iterable[str]) -> str:
    """`a, b, c and 4 more`."""
    known = list(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more

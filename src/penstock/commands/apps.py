"""Which app each stack came from: the path that it was brought up with, kept with the runtime's data."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.base.store import Store

Json = dict[str, Any]

# Beside the clock's offset, in the kernel's own table.
_PUT = "INSERT OR REPLACE INTO penstock_meta VALUES ('app of ' || ?, ?)"
_ALL = "SELECT substr(name, 8), value FROM penstock_meta WHERE name LIKE 'app of %'"


def remember(store: Store, stack: str, app: Path) -> None:
    store.run(_PUT, stack, str(app))


def of(store: Store, stacks: Iterable[str]) -> list[Json]:
    """`{name, path, stacks}` for each app that has one of these stacks, in their order."""
    known: dict[str, str] = dict(store.all(_ALL))
    apps: dict[str, list[str]] = {}
    for stack in stacks:
        apps.setdefault(known.get(stack, ""), []).append(stack)
    return [{"name": name(path), "path": path, "stacks": found} for path, found in apps.items() if path]


def name(path: str) -> str:
    """What people call it: the directory, where the file is just called template."""
    file = Path(path)
    return file.parent.name if file.stem == "template" else file.stem if file.suffix else file.name

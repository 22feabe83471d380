"""Holds the rules of the code that a reader relies on: imports, sizes, docs, dependencies."""

import ast
import re
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "penstock"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_LINES = 400
MAX_FUNCTION = 60

# A room may import from itself and from the rooms named here.
LAYERS: dict[str, set[str]] = {
    "base": set(),
    "wire": {"base"},
    "iam": {"base", "wire"},
    "call": {"base", "wire", "iam"},
    "delivery": {"base", "wire", "iam", "call", "web"},
    "compute": {"base", "wire", "iam", "call", "web"},
    "web": {"base", "wire", "iam", "call"},
    "template": {"base", "wire", "iam", "call"},
    "services": {"base", "wire", "iam", "call", "delivery", "compute", "web", "template"},
    "commands": {"base", "wire", "call", "web", "compute", "template", "services"},
}
# What stands above the rooms: it wires them, for the CLI and for the pytest plugin.
EVERYTHING = {*LAYERS, "runtime", "testing"}
CLI = {"base", "call", "runtime"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for file in FILES:
        yield file, ast.parse(file.read_text())


def room(file: Path) -> str:
    parts = file.relative_to(SOURCE).parts
    return parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_point_one_way(file: Path) -> None:
    here = room(file)
    if here == "__init__":
        return
    allowed = LAYERS.get(here, CLI if here == "cli" else EVERYTHING) | {here}
    for name in imports(ast.parse(file.read_text())):
        parts = name.split(".")
        if parts[0] == "penstock" and len(parts) > 1:
            assert parts[1] in allowed, f"{file}: {here} must not import {name}"
            if here == "services" and parts[1] == "services" and len(parts) > 2:
                mine = file.relative_to(SOURCE).parts[1]
                assert parts[2] == mine, f"{file}: a service calls another, it never imports it ({name})"


SERVICES = sorted(path.parent.name for path in (SOURCE / "services").glob("*/__init__.py"))
CIRCULAR = {"stepfunctions"}  # machine and engine know each other's types


@pytest.mark.parametrize("service", [name for name in SERVICES if name not in CIRCULAR])
def test_files_of_a_room_import_one_way(service: str) -> None:
    """Imports for types count as well. Raises CycleError, which names the files."""
    modules = {_module(file): file for file in (SOURCE / "services" / service).rglob("*.py")}
    room = modules.pop(f"penstock.services.{service}")
    assert room.name == "__init__.py"
    TopologicalSorter({name: _imported(file, modules.keys() - {name}) for name, file in modules.items()}).prepare()


def _module(file: Path) -> str:
    return ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def _imported(file: Path, modules: set[str]) -> set[str]:
    """Those of `modules` that a file imports, or imports a name of."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    whole = {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
    parts = {node.module or "" for node in nodes if not {f"{node.module}.{a.name}" for a in node.names} <= modules}
    return (whole | parts) & modules


def test_no_import_stands_in_a_function() -> None:
    found = [
        f"{file.name}:{node.name}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    ]
    assert found == []


def test_files_and_functions_stay_small() -> None:
    long_files = [str(file.relative_to(SOURCE)) for file in FILES if file.read_text().count("\n") > MAX_LINES]
    long_functions = [
        f"{file.relative_to(SOURCE)}:{node.name}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_only_the_clock_reads_time() -> None:
    banned = re.compile(r"\btime\.time\(|\btime\.sleep\(|datetime\.(now|utcnow)\(\)")
    found = [str(file) for file in FILES if file.name != "clock.py" and banned.search(file.read_text())]
    assert found == []


def test_every_module_opens_with_its_rule() -> None:
    bare = [str(file.relative_to(SOURCE)) for file, tree in trees() if not ast.get_docstring(tree)]
    assert bare == []


def test_dependencies_stand_with_their_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = set(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        declared.update(extra)
    names = {re.split(r"[\[<>=;, ]", item, maxsplit=1)[0].lower() for item in declared} - {"penstock"}
    listed = set(re.findall(r"^\| `([\w.-]+)`", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert names == {name.lower() for name in listed}


def test_no_savepoint_is_open_while_something_is_awaited() -> None:
    """A savepoint belongs to one stretch of one turn: another operation's writes must not fall into it."""
    found = [
        f"{file.relative_to(SOURCE)}:{node.lineno}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and any("savepoint" in ast.unparse(item.context_expr) for item in node.items)
        and any(isinstance(inner, ast.Await) for inner in ast.walk(node))
    ]
    assert found == []

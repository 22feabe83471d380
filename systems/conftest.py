"""Several systems in one pytest process, each importing its own `domain`, `infra` and so on.

Whatever belongs to a system, collecting or running it, happens with that system's folder on the path and with its own
modules; those of the others wait aside. `<system>/conftest.py` does the same for a system on its own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from penstock.call import Config
from penstock.testing import TestRuntime, running

SYSTEMS = Path(__file__).parent

_current: Path | None = None
_aside: dict[Path, dict[str, ModuleType]] = {}


@pytest.fixture(scope="module")
def penstock() -> Iterator[TestRuntime]:
    """A runtime for each system alone: its containers end with its tests, and nobody else moves its clock.

    It enforces IAM: what a system's roles and policies do not grant is missing on AWS too.
    """
    with running(Config(port=0, enforce_iam=True)) as runtime:
        yield runtime


def pytest_collectstart(collector: pytest.Collector) -> None:
    _enter(collector.path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _enter(item.path)


def _enter(path: Path) -> None:
    global _current
    if not path.is_relative_to(SYSTEMS) or path == SYSTEMS:
        return
    system = SYSTEMS / path.relative_to(SYSTEMS).parts[0]
    if system.is_dir() and system != _current:
        if _current is not None:
            _aside[_current] = {name: sys.modules.pop(name) for name in _modules_of(_current)}
        sys.path[:] = [str(system), *(each for each in sys.path if Path(each).parent != SYSTEMS)]
        sys.modules.update(_aside.pop(system, {}))
        _current = system


def _modules_of(system: Path) -> list[str]:
    """Names of the modules that lie in the system's folder; not pytest's own of tests, which no code imports."""
    folder = f"{system}/"
    modules = list(sys.modules.items())  # a look at a lazy module may import others
    return [name for name, module in modules if _file(module).startswith(folder) and "tests" not in name]


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or ""

"""The reference says what the code does: drifted docs fail."""

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_coverage_is_that_of_the_code() -> None:
    assert (DOCS / "coverage.md").read_text() == generator().coverage(), "run docs/generate.py"


def test_the_command_line_is_described_as_it_is() -> None:
    assert (DOCS / "cli.md").read_text() == generator().command_line(), "run docs/generate.py"
